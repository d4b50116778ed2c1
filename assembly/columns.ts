import {
  BAD_COUNT,
  BAD_LENGTH,
  BAD_MODE,
  BAD_PADDING,
  BAD_UTF8,
  LIMIT,
  OUT_OF_RANGE,
  SLOT_BAD,
  SLOT_COUNT,
  SLOT_EXTRA,
  SLOT_OFFSET,
  SLOT_SECOND,
  SLOT_TEXT,
  SLOT_TEXT_BYTES,
  SLOT_VALUES,
} from './protocol';
import { AS_F64, AS_I32, AS_I64, firstBeyond, readBounded32, readCounts, readInts, sum } from './ints';
import {
  allot,
  at,
  badOffset,
  byte,
  count,
  fault,
  input,
  MAX_SAFE,
  mark,
  maxUnits,
  raw,
  refuse,
  setBadOffset,
} from './reader';
import { cutsPair, hasPairs, NOT_UTF8, utf16Length } from './utf8';

// Columns of scalars (A.5) into the arena, each of n > 0 values. Field values that their type does not allow are marked
// where they are and stored as 0: they are judged when records are read, after everything else (A.7).

const PLAIN: u64 = 255;
const CANONICAL_NAN: u64 = 0x7ff8000000000000;
const INFINITY_BITS: u64 = 0x7ff0000000000000;
/** A bit for each byte. */
const ONES: u64 = 0x0101010101010101;

/** How many bits the column read last has set, or values the last presence. */
export let bitsSet: u32 = 0;

export function get(slot: usize, word: u32): u32 {
  return load<u32>(slot + (word << 2));
}

export function set(slot: usize, word: u32, content: u32): void {
  store<u32>(slot + (word << 2), content);
}

/** A column of values within [lowest, highest]. */
export function readWhole(n: u32, slot: usize, as: u32, lowest: i64, highest: i64): usize {
  const to = readInts(n, as);
  for (let i: u32 = 0; (i = firstBeyond(i, n, lowest, highest)) < n; i++) {
    markBad(slot, i);
    const place = to + ((<usize>i) << (as & 3));
    if (as == AS_I32) store<u32>(place, 0);
    else store<u64>(place, 0);
  }
  return to;
}

export function readUnixids(n: u32, slot: usize): usize {
  const ticks = readInts(n, AS_I64);
  const nodes = readInts(n, AS_I64);
  set(slot, SLOT_SECOND, <u32>nodes);
  for (let i: u32 = 0; i < n; i++) {
    const place = (<usize>i) << 3;
    if (load<i64>(ticks + place) > 0 && load<i64>(nodes + place) >= 0) continue;
    markBad(slot, i);
    store<i64>(ticks + place, 0);
    store<i64>(nodes + place, 0);
  }
  return ticks;
}

export function readFloats(n: u32, slot: usize): usize {
  const mode = byte();
  if (mode == PLAIN) return readPlain(n, slot);
  if (mode > 7) refuse(BAD_MODE, at - 1);
  const start = readWhole(n, slot, AS_F64, -MAX_SAFE, MAX_SAFE);
  let power: f64 = 1;
  for (let k: u32 = 0; k < mode; k++) power *= 10;
  for (let to = start, last = start + ((<usize>n) << 3); to < last; to += 8) store<f64>(to, load<f64>(to) / power);
  return start;
}

function readPlain(n: u32, slot: usize): usize {
  const from = raw((<u64>n) << 3);
  const to = allot((<u64>n) << 3);
  for (let i: u32 = 0; i < n; i++) {
    const place = (<usize>i) << 3;
    const bits = load<u64>(from + place);
    if ((bits & <u64>i64.MAX_VALUE) <= INFINITY_BITS || bits == CANONICAL_NAN) store<u64>(to + place, bits);
    else markBad(slot, i);
  }
  return to;
}

/** A column of bits as u8[n]. How many are set is left in `bitsSet`. */
export function readBits(n: u32): usize {
  const bytes = (n + 7) >> 3;
  let from = raw(bytes);
  const rest = n & 7;
  if (rest != 0 && <u32>load<u8>(at - 1) >> rest != 0) refuse(BAD_PADDING, from);
  const start = allot(n);
  bitsSet = 0;
  for (let to = start; from < at; from++, to += 8) {
    const byte = <u64>load<u8>(from);
    bitsSet += <u32>popcnt(byte);
    // Each of eight copies keeps one bit, which then is carried to the top of its byte.
    store<u64>(to, ((((byte * ONES) & 0x8040201008040201) + 0x7f * ONES) >> 7) & ONES);
  }
  return start;
}

/** Reads which of n values are present. How many are is left in `bitsSet`. */
export function readPresence(n: u32): usize {
  const start = at;
  const mode = byte();
  if (mode > 2) refuse(BAD_MODE, start);
  if (mode == 2) {
    const to = readBits(n);
    if (bitsSet == 0 || bitsSet == n) refuse(BAD_MODE, start);
    return to;
  }
  const to = allot(n);
  memory.fill(to, <u8>mode, n);
  bitsSet = mode * n;
  return to;
}

/**
 * Reads a column of strings, each at least `shortest` units long (1 for messages), and puts what is known of it into the
 * slot: address of u32[n] lengths and their sum, offset of the text in the frame, its bytes.
 */
export function readStrings(n: u32, shortest: i64, slot: usize): void {
  const lengths = readCounts(n, AS_I32, shortest);
  const units = sum;
  const start = mark;
  if (firstBeyond(0, n, 0, maxUnits) < n) fault(LIMIT);
  const text = inline.always(raw(units + inline.always(count())));
  const seen = utf16Length(text, at);
  if (seen == NOT_UTF8) refuse(BAD_UTF8, text);
  if (seen != <u32>units || (hasPairs && cutsPair(text, lengths, n))) refuse(BAD_LENGTH, start);
  set(slot, SLOT_VALUES, <u32>lengths);
  set(slot, SLOT_TEXT, <u32>(text - input));
  set(slot, SLOT_TEXT_BYTES, <u32>(at - text));
  set(slot, SLOT_EXTRA, <u32>units);
}

export function readSymbols(n: u32, slot: usize): void {
  const size = count();
  if (size < 1 || size > n) fault(BAD_COUNT);
  readStrings(<u32>size, 0, slot);
  const indices = size > 1 ? readBounded32(n, size - 1, OUT_OF_RANGE) : allot((<u64>n) << 2);
  set(slot, SLOT_SECOND, <u32>indices);
  set(slot, SLOT_EXTRA, <u32>size);
}

/** Marks value i of the column as one that its type does not allow. */
function markBad(slot: usize, i: u32): void {
  let marks = <usize>get(slot, SLOT_BAD);
  if (marks == 0) {
    marks = allot(get(slot, SLOT_COUNT));
    set(slot, SLOT_BAD, <u32>marks);
    // Columns are read in frame order, so the first one to get here is the first in the frame.
    if (badOffset == 0) setBadOffset(get(slot, SLOT_OFFSET));
  }
  store<u8>(marks + i, 1);
}
