import {
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
  SLOT_COUNT,
  SLOT_EXTRA,
  SLOT_SECOND,
  SLOT_TEXT,
  SLOT_TEXT_BYTES,
  SLOT_VALUES,
  SLOT_WORDS,
} from '../../../../assembly/protocol.ts';
import { writeFloats } from './write-floats.ts';
import { writeInts32, writeInts64, writeIntsF64, writeUints32 } from './write-ints.ts';
import type { Writer } from './writer.ts';

/**
 * Writes the columns of a group. Slots stand in preorder, as the columns do, so one walk along both does it: a wrapper's
 * own column comes before what it wraps.
 *
 * @param nodes Word index of the shape's nodes, `slots` of their slots.
 */
export function writeColumns(w: Writer, nodes: number, slots: number, count: number): void {
  for (let node = 0; node < count; node++) {
    const { u32 } = w.arena;
    const slot = slots + node * SLOT_WORDS;
    const n = u32[slot + SLOT_COUNT] as number;
    if (n > 0) writeColumn(w, (u32[nodes + node] as number) & 255, n, slot);
  }
}

function writeColumn(w: Writer, op: number, n: number, slot: number): void {
  const { u32, f64 } = w.arena;
  const values = u32[slot + SLOT_VALUES] as number;
  switch (op) {
    case OP_STRUCT:
    case OP_FILE:
      return;
    case OP_BOOL:
      writeBits(w, values, n);
      return;
    case OP_OPTIONAL:
    case OP_NULLABLE:
      writePresence(w, values, n, u32[slot + SLOT_EXTRA] as number);
      return;
    case OP_U32:
      writeUints32(w, values, n);
      return;
    case OP_INT:
    case OP_TIMESTAMP:
    case OP_DATE:
      writeIntsF64(w, f64, values >>> 3, n);
      return;
    case OP_F64:
      writeFloats(w, values, n);
      return;
    case OP_I64:
      writeInts64(w, values, n);
      return;
    case OP_UNIXID:
      writeInts64(w, values, n);
      writeInts64(w, u32[slot + SLOT_SECOND] as number, n);
      return;
    case OP_STRING:
    case OP_JSON:
      writeStrings(w, values, n, u32[slot + SLOT_TEXT] as number, u32[slot + SLOT_TEXT_BYTES] as number);
      return;
    case OP_SYMBOL:
      writeSymbols(w, n, slot);
      return;
    default:
      // The integers up to i32, enum positions, counts and lengths.
      writeInts32(w, values, n);
  }
}

/**
 * @param lengths Address of u32[n], in UTF-16 units.
 * @param text Address of the UTF-8.
 */
export function writeStrings(w: Writer, lengths: number, n: number, text: number, bytes: number): void {
  const { u32 } = w.arena;
  const from = lengths >>> 2;
  let units = 0;
  for (let i = from; i < from + n; i++) units += u32[i] as number;
  writeInts32(w, lengths, n);
  w.varint(bytes - units);
  w.copy(text, bytes);
}

function writeSymbols(w: Writer, n: number, slot: number): void {
  const { u32 } = w.arena;
  const size = u32[slot + SLOT_EXTRA] as number;
  const indices = u32[slot + SLOT_SECOND] as number;
  w.varint(size);
  writeStrings(
    w,
    u32[slot + SLOT_VALUES] as number,
    size,
    u32[slot + SLOT_TEXT] as number,
    u32[slot + SLOT_TEXT_BYTES] as number,
  );
  if (size > 1) writeInts32(w, indices, n);
}

function writePresence(w: Writer, values: number, n: number, present: number): void {
  const mode = present === 0 ? 0 : present === n ? 1 : 2;
  w.byte(mode);
  if (mode === 2) writeBits(w, values, n);
}

/** @param values Address of u8[n], each 0 or 1. */
function writeBits(w: Writer, values: number, n: number): void {
  const bytes = (n + 7) >>> 3;
  w.ensure(bytes);
  const { u8, view } = w.arena;
  let at = w.at;
  for (let from = values; at < w.at + bytes; from += 8) {
    u8[at++] = fourBits(view.getInt32(from, true)) | (fourBits(view.getInt32(from + 4, true)) << 4);
  }
  // What stands behind the last value is another column.
  u8[at - 1] = (u8[at - 1] as number) & (0xff >>> (-n & 7));
  w.at = at;
}

/** The lowest bit of each of four bytes. */
function fourBits(bytes: number): number {
  return Math.imul(bytes & 0x01010101, 0x10204080) >>> 28;
}
