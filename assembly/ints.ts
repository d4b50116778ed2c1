import { BAD_COUNT } from './protocol';
import { allot, at, base, intsHead, refuse, SAFE_BITS, width } from './reader';

// Columns of ints (A.5) from their run of offsets into the arena. What was seen is left behind for those who judge it.

// What a column is unpacked to: the lowest two bits are those of the size, as a shift.
/** The low half of a value. */
export const AS_I32: u32 = 2;
export const AS_I64: u32 = 3;
/** The nearest double. */
export const AS_F64: u32 = 7;

/** The least and the greatest of the values that were unpacked last. */
export let least: i64 = 0;
export let greatest: i64 = 0;
/** Their sum, meaningful where none is negative; from 2^53 on only that it is so much. */
export let sum: u64 = 0;

/** Where the offsets of the column read last begin. */
let offsets: usize = 0;

/** Value i of the column whose head was read last. */
export function valueAt(i: u32): i64 {
  // Eight bytes at once may reach past the run; there is always memory behind the frame.
  return base + <i64>(load<u64>(offsets + <usize>i * width) & mask());
}

export function within(lowest: i64, highest: i64): bool {
  return least >= lowest && greatest <= highest;
}

/** A column of values that shape the frame, as i32[n]: refused with `why` at its offset. */
export function readBounded32(n: u32, lowest: i64, highest: i64, why: i32): usize {
  const start = at;
  const to = readInts(n, AS_I32);
  if (!within(lowest, highest)) refuse(why, start);
  return to;
}

/** A column of counts, their sum in `sum`. i32 cuts counts beyond 2^32, the sum does not. */
export function readCounts(n: u32, as: u32): usize {
  const start = at;
  const to = readInts(n, as);
  if (<u64>(least | greatest) >> SAFE_BITS != 0) refuse(BAD_COUNT, start);
  return to;
}

/** Refuses the counts that begin at `start` where there would be too many of what they count. */
export function judgeSum(start: usize): void {
  if (sum >> SAFE_BITS != 0) refuse(BAD_COUNT, start);
}

/** A column of n > 0 values. */
export function readInts(n: u32, as: u32): usize {
  offsets = intsHead(n);
  const start = allot((<u64>n) << (as & 3));
  const first = base;
  let low = i64.MAX_VALUE;
  let high = i64.MIN_VALUE;
  let total: u64 = 0;
  // One loop for all widths: eight bytes are loaded at once, and what is too much is masked away; eight are stored, and
  // what is too much is overwritten by the next value. Loops of their own were no faster.
  const bits = mask();
  const step = <usize>width;
  const stride = (<usize>1) << (as & 3);
  let p = offsets;
  let to = start;
  for (const last = start + ((<usize>n) << (as & 3)); to < last; to += stride, p += step) {
    const v = first + <i64>(load<u64>(p) & bits);
    store<i64>(to, v);
    total += v;
    low = min(low, v);
    high = max(high, v);
  }
  // What the last value of four bytes has left behind it.
  store<u32>(to, 0);
  least = low;
  greatest = high;
  if (as == AS_F64) toDoubles(start, n, 1);
  // n is below 2^21, so a sum of values below 2^32 is exact; greater ones are added with care.
  sum = high >>> 32 == 0 ? total : sumUp(n);
  return start;
}

/** Makes doubles of i64[n], divided by a power of ten. */
export function toDoubles(from: usize, n: u32, power: f64): void {
  for (const last = from + ((<usize>n) << 3); from < last; from += 8) {
    store<f64>(from, <f64>load<i64>(from) / power);
  }
}

/** As doubles: below 2^53 each step is exact, and what has got there does not come back. */
function sumUp(n: u32): u64 {
  let total: f64 = 0;
  for (let i: u32 = 0; i < n; i++) total += <f64>valueAt(i);
  return <u64>total;
}

function mask(): u64 {
  return width == 0 ? 0 : u64.MAX_VALUE >> ((8 - <u64>width) << 3);
}

function min(a: i64, b: i64): i64 {
  return a < b ? a : b;
}

function max(a: i64, b: i64): i64 {
  return a > b ? a : b;
}
