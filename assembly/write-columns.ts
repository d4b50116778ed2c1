import { SLOT_EXTRA, SLOT_SECOND, SLOT_TEXT, SLOT_TEXT_BYTES, SLOT_VALUES } from './protocol';
import { get } from './columns';
import { ensure, moveOutput, putByte, putCopy, putSvarint, putVarint, to } from './writer';

// Columns (A.5) from the arena to the frame: the least base and the least width, so there is one form only.

const PLAIN: u32 = 255;
const POWERS: u32 = 8;
const CANONICAL_NAN: u64 = 0x7ff8000000000000;
const TWO_52: f64 = 4503599627370496;
const MAX_SAFE: f64 = 9007199254740991;
/** Width byte and base. */
const HEAD_BYTES: u64 = 11;

/** A column of n values of type T; doubles are safe integers. */
export function writeInts<T>(from: usize, n: u32): bool {
  if (n == 0) return true;
  const last = from + <usize>n * sizeof<T>();
  let least = <i64>load<T>(from);
  let greatest = least;
  for (let p = from + sizeof<T>(); p < last; p += sizeof<T>()) {
    const v = <i64>load<T>(p);
    least = v < least ? v : least;
    greatest = v > greatest ? v : greatest;
  }
  const spread = <u64>(greatest - least);
  const width = (71 - <u32>clz(spread)) >> 3;
  if (!ensure(HEAD_BYTES + <u64>n * width)) return false;
  if (n > 1) putByte(width);
  putSvarint(least);
  if (width == 0) return true;
  let at = to;
  // Eight bytes each time: what is too much is zero, and the next value stands over it.
  for (let p = from; p < last; p += sizeof<T>(), at += width) store<u64>(at, <u64>(<i64>load<T>(p) - least));
  moveOutput(at);
  return true;
}

/** A column of doubles; `scratch` has room for n. */
export function writeFloats(from: usize, n: u32, scratch: usize): bool {
  const mode = scale(from, n, scratch);
  if (!ensure(1 + (<u64>n << 3))) return false;
  putByte(mode);
  if (mode != PLAIN) return writeInts<f64>(scratch, n);
  for (let i: u32 = 0; i < n; i++) {
    const v = load<f64>(from + (<usize>i << 3));
    // One NaN on the wire, whichever of them the engine keeps.
    store<u64>(to + (<usize>i << 3), v == v ? reinterpret<u64>(v) : CANONICAL_NAN);
  }
  moveOutput(to + (<usize>n << 3));
  return true;
}

/**
 * Finds the least k that serves every value, and writes v * 10^k of each to `scratch`.
 *
 * Returns PLAIN where there is none.
 */
function scale(from: usize, n: u32, scratch: usize): u32 {
  let k: u32 = 0;
  let power: f64 = 1;
  // Round and round until n values in a row are served by the same k: those before the last rise were done with a lesser.
  for (let i: u32 = 0, served: u32 = 0; served < n; ) {
    const place = <usize>i << 3;
    const v = load<f64>(from + place);
    const r = nearest(v * power);
    if (r / power == v && r <= MAX_SAFE && r >= -MAX_SAFE && (v != 0 || reinterpret<u64>(v) == 0)) {
      store<f64>(scratch + place, r);
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

/** The nearest whole number, a tie to the even one: doubles from 2^52 on are whole, so adding it rounds. */
function nearest(x: f64): f64 {
  if (x >= TWO_52 || x <= -TWO_52) return x;
  return x >= 0 ? x + TWO_52 - TWO_52 : x - TWO_52 + TWO_52;
}

/** u32[n] lengths in UTF-16 units, and the UTF-8 itself. */
export function writeStrings(lengths: usize, n: u32, text: usize, bytes: u32): bool {
  let units: u32 = 0;
  for (let i: u32 = 0; i < n; i++) units += load<u32>(lengths + (<usize>i << 2));
  if (!writeInts<u32>(lengths, n) || !ensure(10)) return false;
  putVarint(bytes - units);
  return putCopy(text, bytes);
}

export function writeStringColumn(n: u32, slot: usize): bool {
  return writeStrings(get(slot, SLOT_VALUES), n, get(slot, SLOT_TEXT), get(slot, SLOT_TEXT_BYTES));
}

export function writeSymbols(n: u32, slot: usize): bool {
  const size = get(slot, SLOT_EXTRA);
  if (!ensure(10)) return false;
  putVarint(size);
  if (!writeStringColumn(size, slot)) return false;
  return size == 1 || writeInts<u32>(get(slot, SLOT_SECOND), n);
}

export function writePresence(n: u32, slot: usize): bool {
  const present = get(slot, SLOT_EXTRA);
  const mode: u32 = present == 0 ? 0 : present == n ? 1 : 2;
  if (!ensure(1)) return false;
  putByte(mode);
  return mode != 2 || writeBits(get(slot, SLOT_VALUES), n);
}

/** u8[n], each 0 or 1. */
export function writeBits(from: usize, n: u32): bool {
  if (!ensure((<u64>n + 7) >> 3)) return false;
  for (let i: u32 = 0; i < n; i += 8) {
    let bits: u32 = 0;
    const rest = n - i < 8 ? n - i : 8;
    for (let j: u32 = 0; j < rest; j++) bits |= <u32>load<u8>(from + i + j) << j;
    putByte(bits);
  }
  return true;
}
