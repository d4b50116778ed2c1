import {
  FLAG_ATOMIC,
  FLAG_DEPS,
  GROUP_PROGRAM,
  GROUP_RECORDS_F64,
  GROUP_ROUTE,
  GROUP_SLOTS,
  GROUP_TAIL,
  GROUP_WORDS,
  KIND_PUSH,
  KIND_REQUEST,
  KIND_RESPONSE,
  MAGIC,
  OP_BOOL,
  OP_DATE,
  OP_F64,
  OP_FILE,
  OP_I64,
  OP_INT,
  OP_JSON,
  OP_NULLABLE,
  OP_OPTIONAL,
  OP_STRING,
  OP_STRUCT,
  OP_SYMBOL,
  OP_TIMESTAMP,
  OP_U32,
  OP_UNIXID,
  PROGRAM_FIELDS,
  PROGRAM_HEAD,
  PROGRAM_NODES,
  SLOT_COUNT,
  SLOT_SECOND,
  SLOT_VALUES,
  SLOT_WORDS,
  TAPE_ATOMIC,
  TAPE_COUNT,
  TAPE_DEP_COUNTS,
  TAPE_DEP_SUM,
  TAPE_DEPS,
  TAPE_FIRST_F64,
  TAPE_FLAGS,
  TAPE_GROUP_RECORDS,
  TAPE_GROUPS,
  TAPE_ITEMS,
  TAPE_KIND,
  TAPE_MESSAGE_BYTES,
  TAPE_MESSAGE_INDEX,
  TAPE_MESSAGE_LENGTHS,
  TAPE_MESSAGE_TEXT,
  TAPE_MESSAGES,
  TAPE_OLDEST_F64,
  TAPE_OUTBOX_HIGH,
  TAPE_OUTBOX_LOW,
  TAPE_ROUTE,
  TAPE_SEQ,
  TAPE_STATUS,
  TAPE_TAIL,
  TAPE_TAIL_ADDRESS,
  VERSION,
} from './protocol';
import { get } from './columns';
import { allot } from './reader';
import {
  putScratch,
  setScratch,
  writeBits,
  writeFloats,
  writeInts,
  writeInts64,
  writePresence,
  writeScratch,
  writeStringColumn,
  writeStrings,
  writeSymbols,
} from './write-columns';
import { closeOutput, ensure, moveOutput, openOutput, putByte, putCopy, putVarint, to } from './writer';
import { xxh32 } from './xxh32';

/** The varints and fixed integers of a head or a group's header together. */
const HEADER_BYTES: u64 = 128;
const HEAD_BYTES: u64 = 11;

/** Where the frame written last begins. */
export let output: usize = 0;

/** Writes the frame that a tape describes, in one call. Returns its length; traps where memory has reached its maximum. */
export function encodeFrame(tape: usize): u32 {
  const groups = get(tape, TAPE_GROUPS);
  const records = <usize>get(tape, TAPE_GROUP_RECORDS);
  setScratch(allot((<u64>longestColumn(tape, records, groups)) << 3));
  openOutput();
  output = to;
  writeHead(tape);
  ensure(10);
  putVarint(groups);
  for (let i: u32 = 0; i < groups; i++) writeGroup(records + <usize>i * (GROUP_WORDS << 2));
  putCopy(get(tape, TAPE_TAIL_ADDRESS), get(tape, TAPE_TAIL));
  ensure(4);
  store<u32>(to, xxh32(output, to));
  moveOutput(to + 4);
  closeOutput();
  return <u32>(to - output);
}

/** The most values that one column has. */
function longestColumn(tape: usize, records: usize, groups: u32): u32 {
  const deps = get(tape, TAPE_DEP_SUM);
  let longest = get(tape, TAPE_COUNT);
  if (deps > longest) longest = deps;
  for (let i: u32 = 0; i < groups; i++) {
    const group = records + <usize>i * (GROUP_WORDS << 2);
    const count = get(get(group, GROUP_PROGRAM), PROGRAM_NODES);
    for (let node: u32 = 0; node < count; node++) {
      const n = get(slotOf(group, node), SLOT_COUNT);
      if (n > longest) longest = n;
    }
  }
  return longest;
}

function slotOf(group: usize, node: u32): usize {
  return <usize>get(group, GROUP_SLOTS) + <usize>node * (SLOT_WORDS << 2);
}

function writeHead(tape: usize): void {
  const kind = get(tape, TAPE_KIND);
  const flags = get(tape, TAPE_FLAGS);
  const n = get(tape, TAPE_COUNT);
  ensure(HEADER_BYTES);
  putByte(MAGIC);
  putByte((VERSION << 4) | kind);
  putVarint(flags);
  let first: i64 = 1;
  if (kind != KIND_PUSH) {
    first = <i64>load<f64>(tape + (TAPE_FIRST_F64 << 2));
    store<u32>(to, get(tape, TAPE_OUTBOX_LOW));
    store<u32>(to, get(tape, TAPE_OUTBOX_HIGH), 4);
    moveOutput(to + 8);
    putVarint(first);
  }
  if (kind == KIND_REQUEST) putVarint(<u64>load<f64>(tape + (TAPE_OLDEST_F64 << 2)));
  putVarint(n);
  if (kind != KIND_PUSH) writeGaps<f64>(get(tape, TAPE_SEQ), n, <f64>first - 1);
  writeInts<i32>(get(tape, TAPE_ROUTE), n);
  if (kind == KIND_RESPONSE) writeInts<i32>(get(tape, TAPE_STATUS), n);
  writeInts<f64>(get(tape, TAPE_ITEMS), n);
  if (kind == KIND_REQUEST) writeOrder(tape, flags, n);
  else if (flags != 0) writeMessages(tape);
}

function writeOrder(tape: usize, flags: u32, n: u32): void {
  if ((flags & FLAG_DEPS) != 0) {
    writeInts<i32>(get(tape, TAPE_DEP_COUNTS), n);
    writeInts<f64>(get(tape, TAPE_DEPS), get(tape, TAPE_DEP_SUM));
  }
  if ((flags & FLAG_ATOMIC) != 0) writeInts<i32>(get(tape, TAPE_ATOMIC), n);
}

function writeMessages(tape: usize): void {
  const k = get(tape, TAPE_MESSAGES);
  ensure(10);
  putVarint(k);
  writeGaps<i32>(get(tape, TAPE_MESSAGE_INDEX), k, -1);
  const text = <usize>get(tape, TAPE_MESSAGE_TEXT);
  writeStrings(get(tape, TAPE_MESSAGE_LENGTHS), k, text, get(tape, TAPE_MESSAGE_BYTES));
}

/** Each number as its distance from the one before it, less one. */
function writeGaps<T>(from: usize, n: u32, before: f64): void {
  let last = before;
  for (let i: u32 = 0; i < n; i++) {
    const v = <f64>load<T>(from + <usize>i * sizeof<T>());
    putScratch(i, <i64>(v - last - 1));
    last = v;
  }
  writeScratch(n);
}

function writeGroup(group: usize): void {
  const program = <usize>get(group, GROUP_PROGRAM);
  const fields = get(program, PROGRAM_FIELDS);
  const nodes = get(program, PROGRAM_NODES);
  ensure(HEADER_BYTES + 2 * <u64>fields);
  putVarint(get(group, GROUP_ROUTE));
  // The length stands before what it measures. A guess of its size by the number of records is mostly right; where it is
  // not, the group moves by a byte or two.
  const records = load<f64>(group + (GROUP_RECORDS_F64 << 2));
  const guess: usize = records < 8 ? 1 : records < 512 ? 2 : 3;
  const lengthAt = to;
  const begin = lengthAt + guess;
  moveOutput(begin);
  putVarint(get(group, GROUP_TAIL));
  putVarint(fields);
  for (let i: u32 = 0; i < fields; i++) {
    store<u16>(to, <u16>get(program, PROGRAM_HEAD + 2 * i));
    moveOutput(to + 2);
  }
  const types = program + ((PROGRAM_HEAD + 2 * fields) << 2);
  for (let node: u32 = 0; node < nodes; node++) {
    const slot = slotOf(group, node);
    const n = get(slot, SLOT_COUNT);
    if (n > 0) writeColumn(load<u32>(types + ((<usize>node) << 2)) & 255, n, slot);
  }

  const length = to - begin;
  const size: usize = length < 1 << 7 ? 1 : length < 1 << 14 ? 2 : length < 1 << 21 ? 3 : 4;
  if (size != guess) {
    ensure(size);
    memory.copy(lengthAt + size, begin, length);
    // A group that moved down leaves its last bytes behind it, where zeros are promised.
    if (size < guess) memory.fill(lengthAt + size + length, 0, guess - size);
  }
  moveOutput(lengthAt);
  putVarint(length);
  moveOutput(lengthAt + size + length);
}

function writeColumn(op: u32, n: u32, slot: usize): void {
  const values = <usize>get(slot, SLOT_VALUES);
  if (op == OP_STRUCT || op == OP_FILE) return;
  if (op == OP_BOOL) {
    writeBits(values, n);
  } else if (op == OP_OPTIONAL || op == OP_NULLABLE) {
    writePresence(n, slot);
  } else if (op == OP_U32) {
    writeInts<u32>(values, n);
  } else if (op == OP_INT || op == OP_TIMESTAMP || op == OP_DATE) {
    writeInts<f64>(values, n);
  } else if (op == OP_F64) {
    writeFloats(values, n);
  } else if (op == OP_I64 || op == OP_UNIXID) {
    writeInts64(values, n);
    if (op == OP_UNIXID) writeInts64(get(slot, SLOT_SECOND), n);
  } else if (op == OP_STRING || op == OP_JSON) {
    writeStringColumn(n, slot);
  } else if (op == OP_SYMBOL) {
    writeSymbols(n, slot);
  } else {
    // The integers up to i32, enum positions, counts and lengths.
    writeInts<i32>(values, n);
  }
}
