import { BAD_COUNT } from './protocol';
import { allot, at, base, intsHead, refuse, SAFE_BITS, width } from './reader';

// Columns of ints (A.5) from their run of offsets into the arena. What was seen is left behind for those who judge it.

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
  return base + <i64>(load<u64>(offsets + <usize>i * width) & maskOf(width));
}

/** i32 takes the low half of a value, f64 the nearest double. */
function unpack<T>(n: u32, to: usize): void {
  const first = base;
  let low = i64.MAX_VALUE;
  let high = i64.MIN_VALUE;
  let total: u64 = 0;
  const last = to + <usize>n * sizeof<T>();
  // One loop for all widths: eight bytes are loaded at once and what is too much is masked away. A loop for each width was
  // no faster, and four times the code.
  const mask = maskOf(width);
  const step = <usize>width;
  for (let p = offsets; to < last; to += sizeof<T>(), p += step) {
    const v = first + <i64>(load<u64>(p) & mask);
    store<T>(to, <T>v);
    total += v;
    low = min(low, v);
    high = max(high, v);
  }
  least = low;
  greatest = high;
  // n is below 2^21, so a sum of values below 2^32 is exact; greater ones are added with care.
  sum = high >>> 32 == 0 ? total : sumUp(n);
}

export function within(lowest: i64, highest: i64): bool {
  return least >= lowest && greatest <= highest;
}

/** A column of values that shape the frame, as i32[n]: refused with `why` at its offset. */
export function readBounded32(n: u32, lowest: i64, highest: i64, why: i32): usize {
  const start = at;
  const to = readInts<i32>(n);
  if (!within(lowest, highest)) refuse(why, start);
  return to;
}

/** A column of counts as T[n], their sum in `sum`. i32 cuts counts beyond 2^32, the sum does not. */
export function readCounts<T>(n: u32): usize {
  const start = at;
  const to = readInts<T>(n);
  if (<u64>(least | greatest) >> SAFE_BITS != 0) refuse(BAD_COUNT, start);
  return to;
}

/** Refuses the counts that begin at `start` where there would be too many of what they count. */
export function judgeSum(start: usize): void {
  if (sum >> SAFE_BITS != 0) refuse(BAD_COUNT, start);
}

/** A column of n > 0 values as T[n]. */
export function readInts<T>(n: u32): usize {
  offsets = intsHead(n);
  const to = allot(<u64>n * sizeof<T>());
  unpack<T>(n, to);
  return to;
}

function sumUp(n: u32): u64 {
  let total: u64 = 0;
  for (let i: u32 = 0; i < n; i++) {
    const v = <u64>valueAt(i);
    // Stuck at 2^53, or above where a value was: either is refused.
    if ((total | v) >> SAFE_BITS != 0) return (<u64>1) << SAFE_BITS;
    total += v;
  }
  return total;
}

function maskOf(bytes: u32): u64 {
  return bytes == 0 ? 0 : u64.MAX_VALUE >> ((8 - <u64>bytes) << 3);
}

function min(a: i64, b: i64): i64 {
  return a < b ? a : b;
}

function max(a: i64, b: i64): i64 {
  return a > b ? a : b;
}
