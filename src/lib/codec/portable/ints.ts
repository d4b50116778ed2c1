import { MAX_SAFE, type Reader } from './reader.ts';

// Columns of ints (A.5), from their run of offsets into the arena, after `Reader.intsHead`. A loop for each width: offsets
// of up to six bytes from a safe base stay exact in doubles, the rest goes by halves. All leave what they saw in `least`,
// `greatest` and `sum` of the reader.

const TWO_32 = 4294967296;
/** From here on a native fill beats a loop. */
const FILL_FROM = 48;

/** Writes the low 32 bits of each value. */
export function unpack32(r: Reader, n: number, address: number): void {
  const out = r.arena.i32;
  const to = address >>> 2;
  const { frame, view, run, width, baseLow, base } = r;
  let greatest = 0;
  let sum = 0;
  if (width > 4 || base > MAX_SAFE || base < -MAX_SAFE) {
    measure(r, n);
    for (let i = 0; i < n; i++) {
      valueAt(r, i);
      out[to + i] = r.low;
    }
    return;
  }
  if (width === 0) {
    if (n >= FILL_FROM) out.fill(baseLow, to, to + n);
    else for (let i = 0; i < n; i++) out[to + i] = baseLow;
  } else if (width === 1) {
    for (let i = 0; i < n; i++) {
      const offset = frame[run + i] as number;
      out[to + i] = baseLow + offset;
      sum += offset;
      if (offset > greatest) greatest = offset;
    }
  } else if (width === 2) {
    for (let i = 0, p = run; i < n; i++, p += 2) {
      const offset = view.getUint16(p, true);
      out[to + i] = baseLow + offset;
      sum += offset;
      if (offset > greatest) greatest = offset;
    }
  } else {
    for (let i = 0, p = run; i < n; i++, p += width) {
      const offset = width === 4 ? view.getUint32(p, true) : view.getUint16(p, true) | ((frame[p + 2] as number) << 16);
      out[to + i] = baseLow + offset;
      sum += offset;
      if (offset > greatest) greatest = offset;
    }
  }
  r.least = base;
  r.greatest = base + greatest;
  r.sum = n * base + sum;
}

/** Writes each value as a double. */
export function unpackF64(r: Reader, n: number, address: number): void {
  const out = r.arena.f64;
  const to = address >>> 3;
  const { frame, view, run, width, base } = r;
  let greatest = 0;
  let sum = 0;
  if (width > 6 || base > MAX_SAFE || base < -MAX_SAFE) {
    measure(r, n);
    for (let i = 0; i < n; i++) out[to + i] = valueAt(r, i);
    return;
  }
  if (width === 0) {
    if (n >= FILL_FROM) out.fill(base, to, to + n);
    else for (let i = 0; i < n; i++) out[to + i] = base;
  } else if (width === 1) {
    for (let i = 0; i < n; i++) {
      const offset = frame[run + i] as number;
      out[to + i] = base + offset;
      sum += offset;
      if (offset > greatest) greatest = offset;
    }
  } else if (width === 2) {
    for (let i = 0, p = run; i < n; i++, p += 2) {
      const offset = view.getUint16(p, true);
      out[to + i] = base + offset;
      sum += offset;
      if (offset > greatest) greatest = offset;
    }
  } else {
    for (let i = 0, p = run; i < n; i++, p += width) {
      let offset = width > 3 ? view.getUint32(p, true) : view.getUint16(p, true) | ((frame[p + 2] as number) << 16);
      if (width > 4) offset += (width > 5 ? view.getUint16(p + 4, true) : (frame[p + 4] as number)) * TWO_32;
      out[to + i] = base + offset;
      sum += offset;
      if (offset > greatest) greatest = offset;
    }
  }
  r.least = base;
  r.greatest = base + greatest;
  r.sum = n * base + sum;
}

/** Writes each value as 64 bits: the low half, then the high one. */
export function unpack64(r: Reader, n: number, address: number): void {
  const out = r.arena.i32;
  const to = address >>> 2;
  const { frame, view, run, width, baseLow, baseHigh } = r;
  for (let i = 0, p = run; i < n; i++, p += width) {
    let low = 0;
    let high = 0;
    if (width > 3) {
      low = view.getInt32(p, true);
      if (width === 8) high = view.getInt32(p + 4, true);
      else for (let j = width - 1; j > 3; j--) high = (high << 8) | (frame[p + j] as number);
    } else {
      for (let j = width - 1; j >= 0; j--) low = (low << 8) | (frame[p + j] as number);
    }
    const sum = (baseLow >>> 0) + (low >>> 0);
    out[to + 2 * i] = sum;
    out[to + 2 * i + 1] = baseHigh + high + (sum >= TWO_32 ? 1 : 0);
  }
}

/** Value i of the column, rounded where it is no safe integer; exactly, its halves are in `low` and `high`. */
export function valueAt(r: Reader, i: number): number {
  const { frame, width } = r;
  const p = r.run + i * width;
  let low = 0;
  let high = 0;
  for (let j = width - 1; j > 3; j--) high = (high << 8) | (frame[p + j] as number);
  for (let j = Math.min(width, 4) - 1; j >= 0; j--) low = (low << 8) | (frame[p + j] as number);
  const sum = (r.baseLow >>> 0) + (low >>> 0);
  r.low = sum | 0;
  r.high = (r.baseHigh + high + (sum >= TWO_32 ? 1 : 0)) | 0;
  return r.high * TWO_32 + (r.low >>> 0);
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
