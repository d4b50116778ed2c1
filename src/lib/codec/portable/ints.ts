import { MAX_SAFE, type Reader } from './reader.ts';

// Columns of ints (A.5) from their run of offsets into the arena, after `Reader.intsHead`. Offsets are loaded in words of
// four bytes, of which what is too much is masked away: behind every run stand four bytes at least, the frame's check.
// All leave what they saw in `least`, `greatest` and `sum` of the reader.

/** In loops it stands as a number: bundlers make a variable of this, which costs more there (xxh32.ts). */
const TWO_32 = 4294967296;
/** From here on a native fill beats a loop. */
const FILL_FROM = 48;

/** Writes the low 32 bits of each value. */
export function unpack32(r: Reader, n: number, address: number): void {
  const out = r.arena.i32;
  const to = address >>> 2;
  const { view, run, width, baseLow, base } = r;
  if (width > 4 || !Number.isSafeInteger(base)) {
    measure(r, n);
    for (let i = 0; i < n; i++) {
      valueAt(r, i);
      out[to + i] = r.low;
    }
    return;
  }
  let greatest = 0;
  let sum = 0;
  if (width === 0 && n >= FILL_FROM) out.fill(baseLow, to, to + n);
  else if (width === 1) {
    const { frame } = r;
    for (let i = 0; i < n; i++) {
      const offset = frame[run + i] as number;
      out[to + i] = baseLow + offset;
      sum += offset;
      if (offset > greatest) greatest = offset;
    }
  } else {
    const bits = bitsOf(width);
    for (let i = 0, p = run; i < n; i++, p += width) {
      const offset = (view.getInt32(p, true) & bits) >>> 0;
      out[to + i] = baseLow + offset;
      sum += offset;
      if (offset > greatest) greatest = offset;
    }
  }
  leave(r, greatest);
  r.sum = n * base + sum;
}

/** Writes each value as a double. */
export function unpackF64(r: Reader, n: number, address: number): void {
  const out = r.arena.f64;
  const to = address >>> 3;
  const { view, run, width, base } = r;
  let greatest = 0;
  if (width === 0 && n >= FILL_FROM) out.fill(base, to, to + n);
  else if (width < 5) {
    const bits = bitsOf(width);
    for (let i = 0, p = run; i < n; i++, p += width) {
      const offset = (view.getInt32(p, true) & bits) >>> 0;
      out[to + i] = base + offset;
      if (offset > greatest) greatest = offset;
    }
  } else {
    const highBits = bitsOf(width - 4);
    for (let i = 0, p = run; i < n; i++, p += width) {
      const offset = view.getUint32(p, true) + ((view.getInt32(p + 4, true) & highBits) >>> 0) * 0x100000000;
      out[to + i] = base + offset;
      if (offset > greatest) greatest = offset;
    }
  }
  if (greatest <= MAX_SAFE && Number.isSafeInteger(base)) leave(r, greatest);
  else {
    // Not exact: each value anew, by its halves.
    measure(r, n);
    for (let i = 0; i < n; i++) out[to + i] = valueAt(r, i);
  }
}

function leave(r: Reader, greatest: number): void {
  r.least = r.base;
  r.greatest = r.base + greatest;
}

/** Writes each value as 64 bits: the low half, then the high one. */
export function unpack64(r: Reader, n: number, address: number): void {
  const out = r.arena.i32;
  const to = address >>> 2;
  for (let i = 0; i < n; i++) {
    addHalves(r, i);
    out[to + 2 * i] = r.low;
    out[to + 2 * i + 1] = r.high;
  }
}

/** Value i of the column, rounded where it is no safe integer; exactly, its halves are in `low` and `high`. */
export function valueAt(r: Reader, i: number): number {
  addHalves(r, i);
  return r.high * TWO_32 + (r.low >>> 0);
}

function addHalves(r: Reader, i: number): void {
  const { view, width } = r;
  const p = r.run + i * width;
  const low = view.getInt32(p, true) & bitsOf(width);
  const high = width < 5 ? 0 : view.getInt32(p + 4, true) & bitsOf(width - 4);
  const sum = (r.baseLow >>> 0) + (low >>> 0);
  r.low = sum | 0;
  r.high = (r.baseHigh + high + (sum >= TWO_32 ? 1 : 0)) | 0;
}

/** The bits of a half of which so many bytes are the offset's. */
function bitsOf(bytes: number): number {
  return bytes > 3 ? -1 : (1 << (8 * bytes)) - 1;
}

/** Makes `least`, `greatest` and `sum` exact, by looking at each value: for the columns that no encoder here writes. */
export function measure(r: Reader, n: number): void {
  let least = Number.POSITIVE_INFINITY;
  let greatest = Number.NEGATIVE_INFINITY;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const value = valueAt(r, i);
    if (value < least) least = value;
    if (value > greatest) greatest = value;
    sum += value;
  }
  r.least = least;
  r.greatest = greatest;
  r.sum = sum;
}
