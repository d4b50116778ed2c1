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
  OP_I16,
  OP_I32,
  OP_I64,
  OP_INT,
  OP_LIST,
  OP_NULLABLE,
  OP_OPTIONAL,
  OP_STRUCT,
  OP_SYMBOL,
  OP_TIMESTAMP,
  OP_U8,
  OP_U16,
  OP_U32,
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
  get,
  readBits,
  readFloats,
  readListCounts,
  readPresence,
  readStringColumn,
  readSymbolColumn,
  readUnixids,
  readWhole,
  set,
} from './columns';
import { readCounts, sum } from './ints';
import {
  allot,
  at,
  badOffset,
  budget,
  charge,
  count,
  end,
  input,
  MAX_SAFE,
  maxUnits,
  moveTo,
  raw,
  refuse,
  run,
  setBadOffset,
  setBudget,
  setWindow,
  value,
  varint,
} from './reader';
import { distinct, recordsOf, routeFrom } from './routes';

const MAX_DATE_MS: i64 = 8640000000000000;
/** The children of a `file`. */
const FILE_FIELDS: u32 = 5;

// The group that is being read: its shape's nodes, its slots, the next of both, and what is left of its part of the tail.
let nodes: usize = 0;
let slots: usize = 0;
let node: u32 = 0;
let tailLeft: u64 = 0;
let tailAt: u64 = 0;

/** The sum of the groups' tails so far; at most 2^63, frames being what they are. */
export let tails: u64 = 0;

/** Reads all groups (A.4), up to the blob tail. `whole` is the budget that the frame began with. */
export function readGroups(kind: u32, tape: usize, routeTable: usize, maxGroups: u64, whole: u64): bool {
  const start = at;
  tails = 0;
  if (!count()) return false;
  if (value != distinct) return refuse(BAD_COUNT, start);
  if (value > maxGroups) return refuse(LIMIT, start);
  const groups = <u32>value;
  if (!allot(<u64>groups * (GROUP_WORDS << 2))) return false;
  let group = run;
  set(tape, TAPE_GROUPS, groups);
  set(tape, TAPE_GROUP_RECORDS, <u32>group);
  let expected: u32 = 0;
  for (let i: u32 = 0; i < groups; i++) {
    const routeAt = at;
    expected = routeFrom(expected);
    if (!varint()) return false;
    if (value >= <u64>ROUTE_COUNT) return refuse(OUT_OF_RANGE, routeAt);
    if (value != expected) return refuse(BAD_ORDER, routeAt);
    if (!readGroup(kind, group, expected, routeTable, whole)) return false;
    expected++;
    group += GROUP_WORDS << 2;
  }
  return true;
}

function readGroup(kind: u32, group: usize, route: u32, routeTable: usize, whole: u64): bool {
  const frameEnd = end;
  const lengthAt = at;
  if (!count()) return false;
  if (value > <u64>(frameEnd - at)) return refuse(BAD_COUNT, lengthAt);
  const windowEnd = at + <usize>value;
  setWindow(windowEnd);
  const tailPlace = at;
  if (!count()) return false;
  const tail = value;
  const fieldsAt = at;
  if (!count()) return false;
  const written = value;
  if (written == 0 || 2 * written > <u64>(windowEnd - at)) return refuse(BAD_COUNT, fieldsAt);
  if (!raw(2 * written)) return false;

  const n = recordsOf(route);
  const entry = load<u32>(routeTable + (<usize>route << 2));
  const program: usize = entry > <u32>ROUTE_NO_SHAPE ? <usize>entry : 0;
  let state: u32 = program != 0 ? compare(program, run, <u32>written) : GROUP_UNSUPPORTED;
  if (state == GROUP_READ) {
    const fields = get(program, PROGRAM_FIELDS);
    const read = <u32>written < fields ? <u32>written : fields;
    const badBefore = badOffset;
    tailLeft = tail;
    tailAt = tails;
    if (!readFields(program, fields, read, n)) return false;
    // Charged for the values a reader makes for fields the writer did not know. A reader of answers whose defaults alone
    // exceed the budget would never get past a frame that is no fault of its writer's: it marks the group instead.
    const missing = <u64>(fields - read);
    if (missing != 0) {
      // n may be anything below 2^53 here only if nothing was charged for it: no field read costs nothing.
      const values = n > MAX_SAFE / missing ? MAX_SAFE : n * missing;
      if (values <= budget) setBudget(budget - values, maxUnits);
      else if (kind == KIND_REQUEST || values <= whole) return refuse(LIMIT, lengthAt);
      else state = GROUP_MISMATCH;
    }
    if (<u32>written <= fields) {
      if (at != windowEnd) return refuse(BAD_LENGTH, lengthAt);
      if (tailLeft != 0) return refuse(BAD_LENGTH, tailPlace);
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
  set(group, GROUP_TAIL_START, <u32>tails);
  tails += tail;
  return true;
}

/** Whether the fields written are those the reader knows, as far as both go, and what is missing may be missing. */
function compare(program: usize, signs: usize, written: u32): u32 {
  const fields = get(program, PROGRAM_FIELDS);
  for (let i: u32 = 0; i < fields; i++) {
    const field = get(program, PROGRAM_HEAD + 2 * i);
    if (i >= written) {
      if (field >> 16 != 0) return GROUP_MISMATCH;
    } else if (<u32>load<u16>(signs + (<usize>i << 1)) != (field & 0xffff)) {
      return GROUP_MISMATCH;
    }
  }
  return GROUP_READ;
}

/** Reads the columns of the first `read` fields into the group's slots. */
function readFields(program: usize, fields: u32, read: u32, n: u64): bool {
  if (!allot(<u64>get(program, PROGRAM_NODES) * (SLOT_WORDS << 2))) return false;
  slots = run;
  nodes = program + ((PROGRAM_HEAD + 2 * fields) << 2);
  node = 0;
  for (let i: u32 = 0; i < read; i++) if (!readColumn(n, 1)) return false;
  return true;
}

/**
 * Reads the column of n values of the next type node, and those of the nodes below it, into their slots.
 *
 * Each value costs `weight` of the budget: 1, or 0 inside of a `file`, which has paid for its columns. A recursion of at
 * most 17 levels: shapes are no deeper (A.8).
 */
function readColumn(n: u64, weight: u64): bool {
  const word = load<u32>(nodes + (<usize>node << 2));
  const slot = slots + <usize>node * (SLOT_WORDS << 2);
  const op = word & 255;
  node++;
  set(slot, SLOT_COUNT, <u32>n);
  set(slot, SLOT_OFFSET, <u32>(at - input));
  if (op == OP_STRUCT) return readStruct(word >> 8, n, weight);
  if (!charge(n * weight * (op == OP_FILE ? 12 : op == OP_BYTES ? 8 : 1))) return false;
  if (op == OP_FILE) return readStruct(FILE_FIELDS, n, 0);
  const small = <u32>n;
  if (op == OP_OPTIONAL || op == OP_NULLABLE) {
    if (small != 0 && !readPresence(small, slot)) return false;
    return readColumn(get(slot, SLOT_EXTRA), weight);
  }
  if (op == OP_LIST) {
    if (small == 0) return readColumn(0, weight);
    return readListCounts(small, slot) && readColumn(sum, weight);
  }
  return small == 0 || readScalars(op, word >> 8, small, slot);
}

function readStruct(fields: u32, n: u64, weight: u64): bool {
  for (let i: u32 = 0; i < fields; i++) if (!readColumn(n, weight)) return false;
  return true;
}

function readScalars(op: u32, argument: u32, n: u32, slot: usize): bool {
  switch (op) {
    case OP_BOOL:
      return readBits(n, slot);
    case OP_U8:
      return readWhole<i32>(n, slot, 0, 0xff);
    case OP_U16:
      return readWhole<i32>(n, slot, 0, 0xffff);
    case OP_U32:
      return readWhole<i32>(n, slot, 0, 0xffffffff);
    case OP_I8:
      return readWhole<i32>(n, slot, -0x80, 0x7f);
    case OP_I16:
      return readWhole<i32>(n, slot, -0x8000, 0x7fff);
    case OP_I32:
      return readWhole<i32>(n, slot, i32.MIN_VALUE, i32.MAX_VALUE);
    case OP_ENUM:
      return readWhole<i32>(n, slot, 0, <i64>argument - 1);
    case OP_INT:
    case OP_TIMESTAMP:
      return readWhole<f64>(n, slot, -(<i64>MAX_SAFE), MAX_SAFE);
    case OP_DATE:
      return readWhole<f64>(n, slot, -MAX_DATE_MS, MAX_DATE_MS);
    case OP_F64:
      return readFloats(n, slot);
    case OP_I64:
      return readWhole<i64>(n, slot, i64.MIN_VALUE, i64.MAX_VALUE);
    case OP_UNIXID:
      return readUnixids(n, slot);
    case OP_SYMBOL:
      return readSymbolColumn(n, slot);
    case OP_BYTES:
      return readBlobs(n, slot);
    default:
      return readStringColumn(n, slot);
  }
}

function readBlobs(n: u32, slot: usize): bool {
  const start = at;
  if (!readCounts<u32>(n)) return false;
  if (sum > tailLeft) return refuse(BAD_LENGTH, start);
  set(slot, SLOT_VALUES, <u32>run);
  set(slot, SLOT_TEXT, <u32>tailAt);
  tailLeft -= sum;
  tailAt += sum;
  return true;
}
