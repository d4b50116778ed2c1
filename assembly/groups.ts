import {
  BAD_COUNT,
  BAD_LENGTH,
  BAD_ORDER,
  GROUP_FIELDS_READ,
  GROUP_FIELDS_WRITTEN,
  GROUP_MISMATCH,
  GROUP_PROGRAM,
  GROUP_READ,
  GROUP_RECORDS_F64,
  GROUP_ROUTE,
  GROUP_SLOTS,
  GROUP_STATE,
  GROUP_TAIL,
  GROUP_TAIL_START,
  GROUP_UNSUPPORTED,
  GROUP_WORDS,
  KIND_REQUEST,
  LIMIT,
  OP_BOOL,
  OP_BYTES,
  OP_DATE,
  OP_ENUM,
  OP_F64,
  OP_FILE,
  OP_I8,
  OP_I32,
  OP_I64,
  OP_INT,
  OP_LIST,
  OP_OPTIONAL,
  OP_STRUCT,
  OP_SYMBOL,
  OP_TIMESTAMP,
  OP_U8,
  OP_UNIXID,
  OUT_OF_RANGE,
  PROGRAM_FIELDS,
  PROGRAM_HEAD,
  PROGRAM_NODES,
  ROUTE_COUNT,
  ROUTE_NO_SHAPE,
  SLOT_COUNT,
  SLOT_EXTRA,
  SLOT_OFFSET,
  SLOT_TEXT,
  SLOT_VALUES,
  SLOT_WORDS,
  TAPE_GROUP_RECORDS,
  TAPE_GROUPS,
} from './protocol';
import {
  bitsSet,
  get,
  readBits,
  readFloats,
  readPresence,
  readStrings,
  readSymbols,
  readUnixids,
  readWhole,
  set,
} from './columns';
import { AS_F64, AS_I32, AS_I64, judgeSum, readCounts, readInts, sum } from './ints';
import {
  allot,
  at,
  badOffset,
  budget,
  charge,
  count,
  end,
  fault,
  input,
  MAX_SAFE,
  mark,
  maxUnits,
  moveTo,
  raw,
  refuse,
  setBadOffset,
  setBudget,
  setWindow,
  varint,
} from './reader';
import { distinct, routeFrom, takeRecords } from './routes';

const MAX_DATE_MS: i64 = 8640000000000000;
/** The children of a `file`. */
const FILE_FIELDS: u32 = 5;

// The group that is being read: its shape's nodes, its slots, the next of both, and what is left of its part of the tail.
let nodes: usize = 0;
let slots: usize = 0;
let node: u32 = 0;
let tailLeft: u64 = 0;

/** The sum of the groups' tails up to this one's; at most 2^63, frames being what they are. */
export let tails: u64 = 0;

/** Reads all groups (A.4), up to the blob tail. `whole` is the budget that the frame began with. */
export function readGroups(kind: u32, tape: usize, routeTable: usize, maxGroups: u64, whole: u64): void {
  tails = 0;
  const counted = count();
  if (counted != distinct) fault(BAD_COUNT);
  if (counted > maxGroups) fault(LIMIT);
  const groups = <u32>counted;
  let group = allot(<u64>groups * (GROUP_WORDS << 2));
  set(tape, TAPE_GROUPS, groups);
  set(tape, TAPE_GROUP_RECORDS, <u32>group);
  let expected: u32 = 0;
  for (let i: u32 = 0; i < groups; i++) {
    expected = routeFrom(expected);
    const route = varint();
    if (route >= <u64>ROUTE_COUNT) fault(OUT_OF_RANGE);
    if (route != expected) fault(BAD_ORDER);
    readGroup(kind, group, expected, routeTable, whole);
    expected++;
    group += GROUP_WORDS << 2;
  }
}

function readGroup(kind: u32, group: usize, route: u32, routeTable: usize, whole: u64): void {
  const frameEnd = end;
  const length = count();
  const lengthAt = mark;
  if (length > <u64>(frameEnd - at)) fault(BAD_COUNT);
  const windowEnd = at + <usize>length;
  setWindow(windowEnd);
  const tail = count();
  const tailPlace = mark;
  const written = count();
  if (written == 0 || 2 * written > <u64>(windowEnd - at)) fault(BAD_COUNT);
  const signs = raw(2 * written);
  tails += tail;

  const n = takeRecords(route);
  const entry = load<u32>(routeTable + ((<usize>route) << 2));
  const program: usize = entry > <u32>ROUTE_NO_SHAPE ? <usize>entry : 0;
  let state: u32 = program != 0 ? compare(program, signs, <u32>written) : GROUP_UNSUPPORTED;
  if (state == GROUP_READ) {
    const fields = get(program, PROGRAM_FIELDS);
    const read = <u32>written < fields ? <u32>written : fields;
    const badBefore = badOffset;
    tailLeft = tail;
    readFields(program, fields, read, n);
    // Charged for the values a reader makes for fields the writer did not know. A reader of answers whose defaults alone
    // exceed the budget would never get past a frame that is no fault of its writer's: it marks the group instead.
    const values = (fields - read) * n;
    if (values <= budget) {
      setBudget(budget - values, maxUnits);
    } else {
      if (kind == KIND_REQUEST || values <= whole) refuse(LIMIT, lengthAt);
      state = GROUP_MISMATCH;
    }
    if (<u32>written <= fields) {
      if (at != windowEnd) refuse(BAD_LENGTH, lengthAt);
      if (tailLeft != 0) refuse(BAD_LENGTH, tailPlace);
    }
    if (state == GROUP_READ) {
      set(group, GROUP_FIELDS_READ, read);
      set(group, GROUP_SLOTS, <u32>slots);
    } else {
      setBadOffset(badBefore);
    }
  }
  moveTo(windowEnd);
  setWindow(frameEnd);

  set(group, GROUP_ROUTE, route);
  set(group, GROUP_STATE, state);
  store<f64>(group + (GROUP_RECORDS_F64 << 2), <f64>n);
  set(group, GROUP_FIELDS_WRITTEN, <u32>written);
  set(group, GROUP_PROGRAM, <u32>program);
  set(group, GROUP_TAIL, <u32>tail);
  set(group, GROUP_TAIL_START, <u32>(tails - tail));
}

/** Whether the fields written are those the reader knows, as far as both go, and what is missing may be missing. */
function compare(program: usize, signs: usize, written: u32): u32 {
  const fields = get(program, PROGRAM_FIELDS);
  for (let i: u32 = 0; i < fields; i++) {
    const field = get(program, PROGRAM_HEAD + 2 * i);
    if (i >= written) {
      if (field >> 16 != 0) return GROUP_MISMATCH;
    } else if (<u32>load<u16>(signs + ((<usize>i) << 1)) != (field & 0xffff)) {
      return GROUP_MISMATCH;
    }
  }
  return GROUP_READ;
}

/** Reads the columns of the first `read` fields into the group's slots. */
function readFields(program: usize, fields: u32, read: u32, n: u64): void {
  slots = allot(<u64>get(program, PROGRAM_NODES) * (SLOT_WORDS << 2));
  nodes = program + ((PROGRAM_HEAD + 2 * fields) << 2);
  node = 0;
  readColumns(read, n, 1);
}

function readColumns(columns: u32, n: u64, weight: u64): void {
  for (let i: u32 = 0; i < columns; i++) readColumn(n, weight);
}

/**
 * Reads the column of n values of the next type node, and those of the nodes below it, into their slots.
 *
 * Each value costs `weight` of the budget: 1, or 0 inside of a `file`, which has paid for its columns. A recursion of at
 * most 17 levels: shapes are no deeper (A.8).
 */
function readColumn(n: u64, weight: u64): void {
  const word = load<u32>(nodes + ((<usize>node) << 2));
  const slot = slots + <usize>node * (SLOT_WORDS << 2);
  const op = word & 255;
  node++;
  set(slot, SLOT_COUNT, <u32>n);
  set(slot, SLOT_OFFSET, <u32>(at - input));
  if (op == OP_STRUCT) {
    readColumns(word >> 8, n, weight);
    return;
  }
  inline.always(charge(n * weight * (op == OP_FILE ? 12 : op == OP_BYTES ? 8 : 1)));
  if (op == OP_FILE) {
    readColumns(FILE_FIELDS, n, 0);
    return;
  }
  let inner: u64 = 0;
  const small = <u32>n;
  if (small != 0) {
    const values = readValues(op, word >> 8, small, slot);
    if (values != 0) set(slot, SLOT_VALUES, <u32>values);
    if (op == OP_LIST) inner = sum;
    else inner = bitsSet;
    if (op >= <u32>OP_OPTIONAL) set(slot, SLOT_EXTRA, <u32>inner);
  }
  // optional, nullable, list: the last numbers but those of struct and file.
  if (op >= <u32>OP_OPTIONAL) readColumn(inner, weight);
}

/** Returns the address of what was read, or 0 where the slot has it already. */
function readValues(op: u32, argument: u32, n: u32, slot: usize): usize {
  if (op == OP_BOOL) return readBits(n);
  if (op <= <u32>OP_I32) {
    // u8, u16, u32, i8, i16, i32: three widths, without a sign first.
    const signed = op >= <u32>OP_I8;
    const bits = 8 << (op - (signed ? OP_I8 : OP_U8));
    const highest = ((<i64>1) << (bits - i32(signed))) - 1;
    return readWhole(n, slot, AS_I32, signed ? ~highest : 0, highest);
  }
  if (op == OP_ENUM) return readWhole(n, slot, AS_I32, 0, <i64>argument - 1);
  if (op == OP_INT || op == OP_TIMESTAMP || op == OP_DATE) {
    const most = op == OP_DATE ? MAX_DATE_MS : MAX_SAFE;
    return readWhole(n, slot, AS_F64, -most, most);
  }
  if (op == OP_F64) return readFloats(n, slot);
  if (op == OP_I64) return readInts(n, AS_I64);
  if (op == OP_UNIXID) return readUnixids(n, slot);
  if (op == OP_BYTES) return readBlobs(n, slot);
  if (op == OP_LIST) {
    const counts = readCounts(n, AS_I32, 0);
    judgeSum();
    return counts;
  }
  if (op >= <u32>OP_OPTIONAL) return readPresence(n);
  if (op == OP_SYMBOL) readSymbols(n, slot);
  else readStrings(n, 0, slot);
  return 0;
}

function readBlobs(n: u32, slot: usize): usize {
  const counts = readCounts(n, AS_I32, 0);
  if (sum > tailLeft) fault(BAD_LENGTH);
  set(slot, SLOT_TEXT, <u32>(tails - tailLeft));
  tailLeft -= sum;
  return counts;
}
