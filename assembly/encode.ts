import {
  CELL_OUTPUT,
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
  TAPE_MESSAGE_INDEX,
  TAPE_MESSAGE_LENGTHS,
  TAPE_MESSAGES,
  TAPE_OLDEST_F64,
  TAPE_OUTBOX_HIGH,
  TAPE_OUTBOX_LOW,
  TAPE_ROUTE,
  TAPE_SEQ,
  TAPE_STATUS,
  TAPE_TAIL,
  VERSION,
} from './protocol';
import { get } from './columns';
import { AS_F64, AS_I32 } from './ints';
import {
  AS_U32,
  writeBits,
  writeFloats,
  writeGaps,
  writeInts,
  writeInts64,
  writePresence,
  writeStrings,
  writeSymbols,
} from './write-columns';
import { closeOutput, ensure, moveOutput, openOutput, putByte, putCopy, putVarint, to } from './writer';
import { xxh32 } from './xxh32';

/** The varints and fixed integers of a head or a group's header together. */
const HEADER_BYTES: u64 = 128;

/**
 * Writes the frame that a tape describes, in one call: one with blobs up to its tail, any other with its check.
 *
 * Returns the length of what was written; traps where memory has reached its maximum.
 */
export function encodeFrame(tape: usize): u32 {
  openOutput();
  const output = to;
  writeHead(tape);
  const groups = get(tape, TAPE_GROUPS);
  let group = <usize>get(tape, TAPE_GROUP_RECORDS);
  ensure(10);
  putVarint(groups);
  for (let i: u32 = 0; i < groups; i++, group += GROUP_WORDS << 2) writeGroup(group);
  if (get(tape, TAPE_TAIL) == 0) {
    ensure(4);
    store<u32>(to, xxh32(output, to, 0));
    moveOutput(to + 4);
  }
  store<u32>(CELL_OUTPUT, <u32>output);
  closeOutput();
  return <u32>(to - output);
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
  if (kind != KIND_PUSH) writeGaps(get(tape, TAPE_SEQ), n, AS_F64, first - 1);
  writeInts(get(tape, TAPE_ROUTE), n, AS_I32);
  if (kind == KIND_RESPONSE) writeInts(get(tape, TAPE_STATUS), n, AS_I32);
  writeInts(get(tape, TAPE_ITEMS), n, AS_F64);
  if (kind == KIND_REQUEST) writeOrder(tape, flags, n);
  else if (flags != 0) writeMessages(tape);
}

function writeOrder(tape: usize, flags: u32, n: u32): void {
  if ((flags & FLAG_DEPS) != 0) {
    writeInts(get(tape, TAPE_DEP_COUNTS), n, AS_I32);
    writeInts(get(tape, TAPE_DEPS), get(tape, TAPE_DEP_SUM), AS_F64);
  }
  if ((flags & FLAG_ATOMIC) != 0) writeInts(get(tape, TAPE_ATOMIC), n, AS_I32);
}

function writeMessages(tape: usize): void {
  const k = get(tape, TAPE_MESSAGES);
  ensure(10);
  putVarint(k);
  writeGaps(get(tape, TAPE_MESSAGE_INDEX), k, AS_I32, -1);
  writeStrings(k, tape + ((TAPE_MESSAGE_LENGTHS - SLOT_VALUES) << 2));
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
  let type = program + ((PROGRAM_HEAD + 2 * fields) << 2);
  let slot = <usize>get(group, GROUP_SLOTS);
  for (let node: u32 = 0; node < nodes; node++, type += 4, slot += SLOT_WORDS << 2) {
    const n = get(slot, SLOT_COUNT);
    if (n > 0) writeColumn(load<u8>(type), n, slot);
  }

  const length = to - begin;
  const size: usize = length < 1 << 7 ? 1 : length < 1 << 14 ? 2 : length < 1 << 21 ? 3 : 4;
  if (size != guess) {
    ensure(size);
    memory.copy(lengthAt + size, begin, length);
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
    writeInts(values, n, AS_U32);
  } else if (op == OP_INT || op == OP_TIMESTAMP || op == OP_DATE) {
    writeInts(values, n, AS_F64);
  } else if (op == OP_F64) {
    writeFloats(values, n);
  } else if (op == OP_I64 || op == OP_UNIXID) {
    writeInts64(values, n);
    if (op == OP_UNIXID) writeInts64(get(slot, SLOT_SECOND), n);
  } else if (op == OP_STRING || op == OP_JSON) {
    writeStrings(n, slot);
  } else if (op == OP_SYMBOL) {
    writeSymbols(n, slot);
  } else {
    // The integers up to i32, enum positions, counts and lengths.
    writeInts(values, n, AS_I32);
  }
}
