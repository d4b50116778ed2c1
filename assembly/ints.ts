import { BAD_COUNT, BAD_MODE } from './protocol';
import { allot, at, byte, fault, MAX_SAFE, raw, refuse, SAFE_BITS, setMark, varint } from './reader';

// Columns of ints (A.5) from their run of offsets into the arena. What was seen is left behind for those who judge it.

// What a column is unpacked to: the lowest two bits are those of the size, as a shift.
/** The low half of a value. */
export const AS_I32: u32 = 2;
export const AS_I64: u32 = 3;
/** The nearest double. */
export const AS_F64: u32 = 7;

/** The sum of the counts read last; from 2^53 on only that it is so much. */
export let sum: u64 = 0;

// The column read last: value i is base + offset i, offsets are `width` bytes each from `offsets` on.
let base: i64 = 0;
let width: u32 = 0;
/** The bits of eight bytes that are an offset's. */
let bits: u64 = 0;
let offsets: usize = 0;
/** The greatest of them. */
let greatest: u64 = 0;

/** A column of values that shape the frame, as i32[n]: refused with `why` where one is not within [0, highest]. */
export function readBounded32(n: u32, highest: i64, why: i32): usize {
  const to = readInts(n, AS_I32);
  if (firstBeyond(0, n, 0, highest) < n) fault(why);
  return to;
}

/** A column of counts, none below `lowest`, their sum in `sum`. i32 cuts counts beyond 2^32, the sum does not. */
export function readCounts(n: u32, as: u32, lowest: i64): usize {
  const to = readInts(n, as);
  if (firstBeyond(0, n, lowest, MAX_SAFE) < n) fault(BAD_COUNT);
  // As doubles where counts are large: below 2^53 each step is exact, and what has got there does not come back.
  if ((base + greatest) >>> 32 != 0) {
    let total: f64 = 0;
    for (let i: u32 = 0; i < n; i++) total += <f64>valueAt(i);
    sum = <u64>total;
  }
  return to;
}

/** Refuses the counts read last where there would be too many of what they count. */
export function judgeSum(): void {
  if (sum >> SAFE_BITS != 0) fault(BAD_COUNT);
}

/** The first of the values read last, from value i on, that is not within [lowest, highest]; n where all are. */
export function firstBeyond(i: u32, n: u32, lowest: i64, highest: i64): u32 {
  const span = <u64>(highest - lowest);
  // No value is below base: that and the greatest tell enough, but of a base that no value has.
  if (<u64>(base - lowest) <= span && greatest <= <u64>(highest - base)) return n;
  while (i < n && <u64>(valueAt(i) - lowest) <= span) i++;
  return i;
}

/** A column of n > 0 values. */
export function readInts(n: u32, as: u32): usize {
  const begin = at;
  width = 0;
  if (n > 1) {
    width = byte();
    if (width > 8) refuse(BAD_MODE, at - 1);
  }
  const zigzag = varint();
  const first = <i64>(zigzag >> 1) ^ -(<i64>(zigzag & 1));
  // The run is judged before n values are made of it.
  let p = inline.always(raw(<u64>n * width));
  setMark(begin);
  base = first;
  offsets = p;
  const start = inline.always(allot((<u64>n) << (as & 3)));
  // One loop for all widths: eight bytes are loaded at once, and what is too much is masked away; eight are stored, and
  // what is too much is overwritten by the next value. Loops of their own were no faster.
  const mask = width == 0 ? 0 : u64.MAX_VALUE >> ((8 - <u64>width) << 3);
  const step = <usize>width;
  const stride = (<usize>1) << (as & 3);
  let most: u64 = 0;
  let total: u64 = 0;
  let to = start;
  for (const last = start + ((<usize>n) << (as & 3)); to < last; to += stride, p += step) {
    const offset = load<u64>(p) & mask;
    const v = first + <i64>offset;
    if (as == AS_F64) store<f64>(to, <f64>v);
    else store<i64>(to, v);
    most = offset > most ? offset : most;
    total += v;
  }
  // What the last value of four bytes has left behind it.
  store<u32>(to, 0);
  bits = mask;
  greatest = most;
  sum = total;
  return start;
}

function valueAt(i: u32): i64 {
  // Eight bytes at once may reach past the run; there is always memory behind the frame.
  return base + (load<u64>(offsets + <usize>i * width) & bits);
}
