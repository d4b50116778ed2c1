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
import {
  AS_F64,
  AS_I32,
  AS_I64,
  greatest,
  judgeSum,
  least,
  readBounded32,
  readCounts,
  readInts,
  sum,
  toDoubles,
  valueAt,
  within,
} from './ints';
import { allot, at, badOffset, byte, count, input, MAX_SAFE, maxUnits, raw, refuse, setBadOffset } from './reader';
import { cutsPair, hasPairs, NOT_UTF8, utf16Length } from './utf8';

// Columns of scalars (A.5) into the arena, each of n > 0 values. Field values that their type does not allow are marked
// where they are and stored as 0: they are judged when records are read, after everything else (A.7).

const PLAIN: u64 = 255;
const CANONICAL_NAN: u64 = 0x7ff8000000000000;
const INFINITY_BITS: u64 = 0x7ff0000000000000;

export function get(slot: usize, word: u32): u32 {
  return load<u32>(slot + (word << 2));
}

export function set(slot: usize, word: u32, content: u32): void {
  store<u32>(slot + (word << 2), content);
}

/** A column of values within [lowest, highest]. */
export function readWhole(n: u32, slot: usize, as: u32, lowest: i64, highest: i64): void {
  const to = readInts(n, as);
  set(slot, SLOT_VALUES, <u32>to);
  if (within(lowest, highest)) return;
  for (let i: u32 = 0; i < n; i++) {
    const v = valueAt(i);
    if (v >= lowest && v <= highest) continue;
    markBad(slot, i);
    const place = to + ((<usize>i) << (as & 3));
    if (as == AS_I32) store<u32>(place, 0);
    else store<u64>(place, 0);
  }
}

/** A column of doubles within [-most, most], written as whole numbers. */
export function readDoubles(n: u32, slot: usize, most: i64): void {
  readWhole(n, slot, AS_F64, -most, most);
}

export function readUnixids(n: u32, slot: usize): void {
  const ticks = readInts(n, AS_I64);
  const nodes = readInts(n, AS_I64);
  set(slot, SLOT_VALUES, <u32>ticks);
  set(slot, SLOT_SECOND, <u32>nodes);
  for (let i: u32 = 0; i < n; i++) {
    const place = (<usize>i) << 3;
    if (load<i64>(ticks + place) > 0 && load<i64>(nodes + place) >= 0) continue;
    markBad(slot, i);
    store<i64>(ticks + place, 0);
    store<i64>(nodes + place, 0);
  }
}

export function readFloats(n: u32, slot: usize): void {
  const mode = byte();
  if (mode == PLAIN) {
    readPlain(n, slot);
    return;
  }
  if (mode > 7) refuse(BAD_MODE, at - 1);
  readWhole(n, slot, AS_I64, -MAX_SAFE, MAX_SAFE);
  let power: f64 = 1;
  for (let k: u32 = 0; k < mode; k++) power *= 10;
  toDoubles(get(slot, SLOT_VALUES), n, power);
}

function readPlain(n: u32, slot: usize): void {
  const from = raw((<u64>n) << 3);
  const to = allot((<u64>n) << 3);
  set(slot, SLOT_VALUES, <u32>to);
  memory.copy(to, from, (<usize>n) << 3);
  for (let i: u32 = 0; i < n; i++) {
    const place = to + ((<usize>i) << 3);
    const bits = load<u64>(place);
    if ((bits & <u64>i64.MAX_VALUE) <= INFINITY_BITS || bits == CANONICAL_NAN) continue;
    markBad(slot, i);
    store<u64>(place, 0);
  }
}

/** A column of bits as u8[n]. Returns how many are set. */
export function readBits(n: u32, slot: usize): u32 {
  const bytes = (n + 7) >> 3;
  const from = raw(bytes);
  const rest = n & 7;
  if (rest != 0 && <u32>load<u8>(at - 1) >> rest != 0) refuse(BAD_PADDING, from);
  const to = allot(n);
  set(slot, SLOT_VALUES, <u32>to);
  let present: u32 = 0;
  for (let i: u32 = 0; i < n; i++) {
    const bit = (<u32>load<u8>(from + (i >> 3)) >> (i & 7)) & 1;
    store<u8>(to + i, <u8>bit);
    present += bit;
  }
  return present;
}

/** Reads which of n values are present. Returns how many are. */
export function readPresence(n: u32, slot: usize): u32 {
  const start = at;
  const mode = byte();
  let present = mode * n;
  if (mode < 2) {
    const to = allot(n);
    set(slot, SLOT_VALUES, <u32>to);
    memory.fill(to, <u8>mode, n);
  } else {
    if (mode == 2) present = readBits(n, slot);
    if (mode > 2 || present == 0 || present == n) refuse(BAD_MODE, start);
  }
  set(slot, SLOT_EXTRA, present);
  return present;
}

/** Reads how many elements each of n lists has. Returns how many there are. */
export function readListCounts(n: u32, slot: usize): u64 {
  const start = at;
  set(slot, SLOT_VALUES, <u32>readCounts(n, AS_I32));
  judgeSum(start);
  set(slot, SLOT_EXTRA, <u32>sum);
  return sum;
}

/**
 * Reads a column of strings, each at least `shortest` units long (1 for messages), and puts what is known of it into the
 * slot: address of u32[n] lengths, offset of the text in the frame, its bytes. Returns the sum of lengths.
 */
export function readStrings(n: u32, shortest: i64, slot: usize): u32 {
  const start = at;
  const lengths = readCounts(n, AS_I32);
  const units = sum;
  if (least < shortest) refuse(BAD_COUNT, start);
  if (<u64>greatest > maxUnits) refuse(LIMIT, start);
  const excess = count();
  const text = raw(units + excess);
  const seen = utf16Length(text, at);
  if (seen == NOT_UTF8) refuse(BAD_UTF8, text);
  if (seen != <u32>units || (hasPairs && cutsPair(text, lengths, n))) refuse(BAD_LENGTH, start);
  set(slot, SLOT_VALUES, <u32>lengths);
  set(slot, SLOT_TEXT, <u32>(text - input));
  set(slot, SLOT_TEXT_BYTES, <u32>(at - text));
  return <u32>units;
}

export function readStringColumn(n: u32, slot: usize): void {
  set(slot, SLOT_EXTRA, readStrings(n, 0, slot));
}

export function readSymbolColumn(n: u32, slot: usize): void {
  const start = at;
  const size = count();
  if (size < 1 || size > n) refuse(BAD_COUNT, start);
  readStringColumn(<u32>size, slot);
  const indices = size > 1 ? readBounded32(n, 0, size - 1, OUT_OF_RANGE) : allot((<u64>n) << 2);
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
