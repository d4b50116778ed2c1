import { SLOT_EXTRA, SLOT_SECOND, SLOT_TEXT, SLOT_TEXT_BYTES, SLOT_VALUES } from './protocol';
import { get } from './columns';
import { AS_F64, AS_I32 } from './ints';
import { ensure, moveOutput, putByte, putCopy, putVarint, to } from './writer';

// Columns (A.5) from the arena to the frame: the least base and the least width, so there is one form only.

const PLAIN: u32 = 255;
const POWERS: u32 = 8;
const CANONICAL_NAN: u64 = 0x7ff8000000000000;
const MAX_SAFE: f64 = 9007199254740991;
/** Width byte and base. */
const HEAD_BYTES: u64 = 11;
/** The mode of a column of floats, the head of one of ints, words stored past the last value, and what alignment takes. */
const SCRATCH_GAP: u64 = 32;
/** As decoding has them (ints.ts), and those without a sign. */
export const AS_U32: u32 = 6;

/** Room for one column of i64 behind what the column itself may take, to work out what is written. */
let scratch: usize = 0;

function openScratch(n: u32): void {
  const bytes = (<u64>n) << 3;
  ensure(SCRATCH_GAP + 2 * bytes);
  scratch = (to + <usize>(SCRATCH_GAP + bytes)) & ~7;
}

/**
 * A column of n values: i32, u32, or doubles that are safe integers.
 *
 * Widened first, so that one loop finds base and width for all types: it reads them from the cache, and each further copy
 * of that loop would be 200 bytes.
 */
export function writeInts(from: usize, n: u32, as: u32): void {
  widen(from, n, as);
  writeInts64(scratch, n);
}

/** Each number as its distance from the one before it, less one. */
export function writeGaps(from: usize, n: u32, as: u32, before: i64): void {
  widen(from, n, as);
  for (let p = scratch, last = scratch + ((<usize>n) << 3); p < last; p += 8) {
    const v = load<i64>(p);
    store<i64>(p, v - before - 1);
    before = v;
  }
  writeInts64(scratch, n);
}

function widen(from: usize, n: u32, as: u32): void {
  openScratch(n);
  let p = scratch;
  const last = p + ((<usize>n) << 3);
  if (as == AS_F64) {
    for (; p < last; p += 8, from += 8) store<i64>(p, <i64>load<f64>(from));
    return;
  }
  const mask = i64x2.splat(as == AS_U32 ? <i64>u32.MAX_VALUE : -1);
  // Two at once; the one behind the last does no harm.
  for (; p < last; p += 16, from += 8) v128.store(p, v128.and(v128.load32x2_s(from), mask));
}

/** A column of i64[n]. */
export function writeInts64(from: usize, n: u32): void {
  if (n == 0) return;
  const last = from + ((<usize>n) << 3);
  let least = load<i64>(from);
  let greatest = least;
  for (let p = from; p < last; p += 8) {
    const v = load<i64>(p);
    least = v < least ? v : least;
    greatest = v > greatest ? v : greatest;
  }
  const width = (71 - <u32>clz(greatest - least)) >> 3;
  ensure(HEAD_BYTES + <u64>n * width);
  if (n > 1) putByte(width);
  putVarint((least << 1) ^ (least >> 63));
  if (width == 0) return;
  let at = to;
  // Eight bytes each time: what is too much is zero, and the next value stands over it.
  for (let p = from; p < last; p += 8, at += width) store<u64>(at, load<i64>(p) - least);
  moveOutput(at);
}

/** A column of doubles. */
export function writeFloats(from: usize, n: u32): void {
  openScratch(n);
  const mode = scale(from, n);
  putByte(mode);
  if (mode != PLAIN) {
    writeInts64(scratch, n);
    return;
  }
  for (let i: u32 = 0; i < n; i++) {
    const v = load<f64>(from + ((<usize>i) << 3));
    // One NaN on the wire, whichever of them the engine keeps.
    store<u64>(to + ((<usize>i) << 3), v == v ? reinterpret<u64>(v) : CANONICAL_NAN);
  }
  moveOutput(to + ((<usize>n) << 3));
}

/**
 * Finds the least k that serves every value, and writes v * 10^k of each to `scratch`.
 *
 * Returns PLAIN where there is none.
 */
function scale(from: usize, n: u32): u32 {
  let k: u32 = 0;
  let power: f64 = 1;
  // Round and round until n values in a row are served by the same k: those before the last rise were done with a lesser.
  for (let i: u32 = 0, served: u32 = 0; served < n; ) {
    const v = load<f64>(from + ((<usize>i) << 3));
    const r = nearest(v * power);
    const whole = <i64>r;
    // The same bits, because -0 is not 0 there.
    if (abs(r) <= MAX_SAFE && reinterpret<u64>(<f64>whole / power) == reinterpret<u64>(v)) {
      store<i64>(scratch + ((<usize>i) << 3), whole);
      served++;
      if (++i == n) i = 0;
    } else {
      if (++k == POWERS) return PLAIN;
      power *= 10;
      served = 0;
    }
  }
  return k;
}

/** u32[n] lengths in UTF-16 units, and the UTF-8 itself. */
export function writeStrings(n: u32, slot: usize): void {
  const lengths = <usize>get(slot, SLOT_VALUES);
  const bytes = get(slot, SLOT_TEXT_BYTES);
  let units: u32 = 0;
  for (let i: u32 = 0; i < n; i++) units += load<u32>(lengths + ((<usize>i) << 2));
  writeInts(lengths, n, AS_I32);
  ensure(10);
  putVarint(bytes - units);
  putCopy(get(slot, SLOT_TEXT), bytes);
}

export function writeSymbols(n: u32, slot: usize): void {
  const size = get(slot, SLOT_EXTRA);
  ensure(10);
  putVarint(size);
  writeStrings(size, slot);
  if (size > 1) writeInts(get(slot, SLOT_SECOND), n, AS_I32);
}

export function writePresence(n: u32, slot: usize): void {
  const present = get(slot, SLOT_EXTRA);
  const mode: u32 = present == 0 ? 0 : present == n ? 1 : 2;
  ensure(1);
  putByte(mode);
  if (mode == 2) writeBits(get(slot, SLOT_VALUES), n);
}

/** u8[n], each 0 or 1. */
export function writeBits(from: usize, n: u32): void {
  ensure((<u64>n + 7) >> 3);
  for (let i: u32 = 0; i < n; i += 16) {
    const bits = i8x16.bitmask(i8x16.shl(v128.load(from + i), 7));
    const rest = n - i;
    store<u16>(to + (i >> 3), <u16>(rest < 16 ? bits & ((1 << rest) - 1) : bits));
  }
  moveOutput(to + ((n + 7) >> 3));
}
