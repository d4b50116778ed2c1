import { BAD_COUNT } from './protocol';
import { allot, at, base, intsHead, MAX_SAFE, refuse, run, width } from './reader';

// Columns of ints (A.5) from their run of offsets into the arena. What was seen is left behind for those who judge it.

/** The least and the greatest of the values that were unpacked last. */
export let least: i64 = 0;
export let greatest: i64 = 0;
/** Their sum; meaningful where none is negative; at most 2^53, from where on it is no sum any more. */
export let sum: u64 = 0;

/** Value i of the column whose head was read last. */
export function valueAt(offsets: usize, i: u32): i64 {
  // Eight bytes at once may reach past the run; there is always memory behind the frame.
  return base + <i64>(load<u64>(offsets + <usize>i * width) & maskOf(width));
}

/** Unpacks n values to `to` as T: i32 takes the low half, f64 the nearest double. */
export function unpack<T>(n: u32, to: usize, offsets: usize): void {
  const first = base;
  let low = i64.MAX_VALUE;
  let high = i64.MIN_VALUE;
  let total: u64 = 0;
  const last = to + (<usize>n * sizeof<T>());
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
  sum = (high >>> 32) == 0 ? total : sumUp(n, offsets);
}

export function within(lowest: i64, highest: i64): bool {
  return least >= lowest && greatest <= highest;
}

/** A column of values that shape the frame, as i32 at `run`: refused with `why` at its offset. */
export function readBounded32(n: u32, lowest: i64, highest: i64, why: i32): bool {
  const start = at;
  if (!intsHead(n)) return false;
  const offsets = run;
  if (!allot(<u64>n << 2)) return false;
  unpack<i32>(n, run, offsets);
  return within(lowest, highest) || refuse(why, start);
}

/** A column of counts as T at `run`, their sum in `sum`. u32 cuts counts beyond 2^32, the sum does not. */
export function readCounts<T>(n: u32): bool {
  const start = at;
  if (!intsHead(n)) return false;
  const offsets = run;
  if (!allot(<u64>n * sizeof<T>())) return false;
  unpack<T>(n, run, offsets);
  return within(0, MAX_SAFE) || refuse(BAD_COUNT, start);
}

function sumUp(n: u32, offsets: usize): u64 {
  let total: u64 = 0;
  for (let i: u32 = 0; i < n; i++) {
    const v = <u64>valueAt(offsets, i);
    total = v > MAX_SAFE || total + v > MAX_SAFE ? MAX_SAFE + 1 : total + v;
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
