import {
  FLAG_ATOMIC,
  FLAG_DEPS,
  FLAG_MESSAGES,
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
  PROGRAM_FIELDS,
  PROGRAM_HEAD,
  PROGRAM_NODES,
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
  VERSION,
} from '../../../../assembly/protocol.ts';
import { xxh32 } from '../../xxh32.ts';
import { writeColumns, writeStrings } from './encode-columns.ts';
import { writeInts32, writeIntsF64 } from './write-ints.ts';
import type { Writer } from './writer.ts';

/**
 * Writes the frame that a tape describes, behind everything that stands in the arena: one with blobs up to its tail, any
 * other with its check.
 *
 * @returns The length of what was written; it begins where the writer was opened.
 */
export function encodeFrame(w: Writer, tapeAddress: number): number {
  const tape = tapeAddress >>> 2;
  w.open();
  const start = w.at;
  writeHead(w, tape);

  const { u32 } = w.arena;
  const count = u32[tape + TAPE_GROUPS] as number;
  const records = (u32[tape + TAPE_GROUP_RECORDS] as number) >>> 2;
  w.varint(count);
  for (let i = 0; i < count; i++) writeGroup(w, records + i * GROUP_WORDS);

  if (u32[tape + TAPE_TAIL] === 0) w.u32(xxh32(w.arena.view, start, w.at, 0));
  return w.at - start;
}

function writeHead(w: Writer, tape: number): void {
  const word = (index: number): number => w.arena.u32[tape + index] as number;
  const double = (index: number): number => w.arena.f64[(tape + index) >>> 1] as number;
  const kind = word(TAPE_KIND);
  const flags = word(TAPE_FLAGS);
  const n = word(TAPE_COUNT);
  w.byte(MAGIC);
  w.byte((VERSION << 4) | kind);
  w.varint(flags);
  if (kind !== KIND_PUSH) {
    w.u32(word(TAPE_OUTBOX_LOW));
    w.u32(word(TAPE_OUTBOX_HIGH));
    w.varint(double(TAPE_FIRST_F64));
  }
  if (kind === KIND_REQUEST) w.varint(double(TAPE_OLDEST_F64));
  w.varint(n);
  if (kind !== KIND_PUSH) writeGapsF64(w, word(TAPE_SEQ), n, double(TAPE_FIRST_F64) - 1);
  writeInts32(w, word(TAPE_ROUTE), n);
  if (kind === KIND_RESPONSE) writeInts32(w, word(TAPE_STATUS), n);
  writeIntsF64(w, w.arena.f64, word(TAPE_ITEMS) >>> 3, n);
  if (kind === KIND_REQUEST) {
    if ((flags & FLAG_DEPS) !== 0) {
      writeInts32(w, word(TAPE_DEP_COUNTS), n);
      writeIntsF64(w, w.arena.f64, word(TAPE_DEPS) >>> 3, word(TAPE_DEP_SUM));
    }
    if ((flags & FLAG_ATOMIC) !== 0) writeInts32(w, word(TAPE_ATOMIC), n);
  } else if (kind === KIND_RESPONSE && (flags & FLAG_MESSAGES) !== 0) {
    const k = word(TAPE_MESSAGES);
    w.varint(k);
    writeGaps32(w, word(TAPE_MESSAGE_INDEX), k);
    writeStrings(w, word(TAPE_MESSAGE_LENGTHS), k, word(TAPE_MESSAGE_TEXT), word(TAPE_MESSAGE_BYTES));
  }
}

function writeGroup(w: Writer, group: number): void {
  const { u32, f64 } = w.arena;
  const program = (u32[group + GROUP_PROGRAM] as number) >>> 2;
  const slots = (u32[group + GROUP_SLOTS] as number) >>> 2;
  const fields = u32[program + PROGRAM_FIELDS] as number;
  const nodes = u32[program + PROGRAM_NODES] as number;
  w.varint(u32[group + GROUP_ROUTE] as number);

  // The length stands before what it measures. A guess of its size by the number of records is mostly right; where it is
  // not, the group moves by a byte or two.
  const records = f64[(group + GROUP_RECORDS_F64) >>> 1] as number;
  const guess = records < 8 ? 1 : records < 512 ? 2 : 3;
  const lengthAt = w.at;
  w.ensure(guess);
  w.at += guess;
  w.varint(u32[group + GROUP_TAIL] as number);
  w.varint(fields);
  for (let i = 0; i < fields; i++) {
    const sign = w.arena.u32[program + PROGRAM_HEAD + 2 * i] as number;
    w.byte(sign);
    w.byte(sign >>> 8);
  }
  writeColumns(w, program + PROGRAM_HEAD + 2 * fields, slots, nodes);

  const begin = lengthAt + guess;
  const length = w.at - begin;
  const size = length < 1 << 7 ? 1 : length < 1 << 14 ? 2 : length < 1 << 21 ? 3 : 4;
  if (size !== guess) {
    w.ensure(size);
    w.arena.u8.copyWithin(lengthAt + size, begin, begin + length);
  }
  w.at = lengthAt;
  w.varint(length);
  w.at = lengthAt + size + length;
}

/** Ascending or not, each number as its distance from the one before it, less one. */
function writeGapsF64(w: Writer, address: number, n: number, before: number): void {
  const gaps = w.scratch(n);
  const { f64 } = w.arena;
  let last = before;
  for (let i = 0; i < n; i++) {
    const value = f64[(address >>> 3) + i] as number;
    gaps[i] = value - last - 1;
    last = value;
  }
  writeIntsF64(w, gaps, 0, n);
}

function writeGaps32(w: Writer, address: number, n: number): void {
  const gaps = w.scratch(n);
  const { i32 } = w.arena;
  let last = -1;
  for (let i = 0; i < n; i++) {
    const value = i32[(address >>> 2) + i] as number;
    gaps[i] = value - last - 1;
    last = value;
  }
  writeIntsF64(w, gaps, 0, n);
}
