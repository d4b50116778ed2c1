import type { Writer } from './writer.ts';

// Columns of ints (A.5) from the arena to the frame: the least base and the least width, so there is one form only.
// Offsets are written as words of four bytes: what is too much of one is zeros, which the next one or nobody is in the way of.

/** In loops it stands as a number, as in ints.ts. */
const TWO_32 = 4294967296;

/** A column of i32[n], or of u32[n] below 2^31. */
export function writeInts32(w: Writer, address: number, n: number): void {
  const { i32 } = w.arena;
  const from = address >>> 2;
  if (n === 0) return;
  if (n === 1) {
    w.svarint(i32[from] as number);
    return;
  }
  let least = i32[from] as number;
  let greatest = least;
  for (let i = from + 1; i < from + n; i++) {
    const value = i32[i] as number;
    if (value < least) least = value;
    else if (value > greatest) greatest = value;
  }
  writeOffsets32(w, from, n, least, greatest - least);
}

/** A column of u32[n]. */
export function writeUints32(w: Writer, address: number, n: number): void {
  const { u32 } = w.arena;
  const from = address >>> 2;
  if (n === 0) return;
  if (n === 1) {
    w.svarint(u32[from] as number);
    return;
  }
  let least = u32[from] as number;
  let greatest = least;
  for (let i = from + 1; i < from + n; i++) {
    const value = u32[i] as number;
    if (value < least) least = value;
    else if (value > greatest) greatest = value;
  }
  writeOffsets32(w, from, n, least, greatest - least);
}

/** A column of safe integers, `values[from..from + n)`, from the arena or elsewhere. */
export function writeIntsF64(w: Writer, values: Float64Array, from: number, n: number): void {
  if (n === 0) return;
  if (n === 1) {
    w.svarint(values[from] as number);
    return;
  }
  let least = values[from] as number;
  let greatest = least;
  for (let i = from + 1; i < from + n; i++) {
    const value = values[i] as number;
    if (value < least) least = value;
    else if (value > greatest) greatest = value;
  }
  const spread = greatest - least;
  // The difference may be rounded from 2^53 on, but not across a power of 256.
  const width = spread < TWO_32 ? widthOf32(spread) : 4 + widthOf32(Math.floor(spread / TWO_32));
  // The arena may grow here; values stay what they are, in the old view or the new one.
  head(w, width, least, n);
  const { view } = w.arena;
  let at = w.at;
  w.at = at + n * width;
  if (width === 0) return;
  if (width < 5) {
    for (let i = 0; i < n; i++, at += width) view.setInt32(at, (values[from + i] as number) - least, true);
  } else {
    const leastLow = least >>> 0;
    const leastHigh = Math.floor(least / TWO_32);
    for (let i = 0; i < n; i++, at += width) {
      const value = values[from + i] as number;
      const low = (value >>> 0) - leastLow;
      view.setInt32(at, low, true);
      view.setInt32(at + 4, Math.floor(value / 0x100000000) - leastHigh - (low < 0 ? 1 : 0), true);
    }
  }
}

/** A column of i64[n]. */
export function writeInts64(w: Writer, address: number, n: number): void {
  if (n === 0) return;
  const from = address >>> 2;
  const { i32 } = w.arena;
  let leastLow = (i32[from] as number) >>> 0;
  let leastHigh = i32[from + 1] as number;
  if (n === 1) {
    w.signedHalves(leastLow, leastHigh);
    return;
  }
  let greatestLow = leastLow;
  let greatestHigh = leastHigh;
  for (let i = from + 2; i < from + 2 * n; i += 2) {
    const low = (i32[i] as number) >>> 0;
    const high = i32[i + 1] as number;
    if (high < leastHigh || (high === leastHigh && low < leastLow)) {
      leastHigh = high;
      leastLow = low;
    } else if (high > greatestHigh || (high === greatestHigh && low > greatestLow)) {
      greatestHigh = high;
      greatestLow = low;
    }
  }
  const spreadLow = greatestLow - leastLow;
  const spreadHigh = (greatestHigh - leastHigh - (spreadLow < 0 ? 1 : 0)) >>> 0;
  const width = spreadHigh > 0 ? 4 + widthOf32(spreadHigh) : widthOf32(spreadLow >>> 0);
  w.ensure(11 + n * width);
  w.byte(width);
  w.signedHalves(leastLow, leastHigh);
  const { view, i32: halves } = w.arena;
  let at = w.at;
  w.at = at + n * width;
  if (width === 0) return;
  for (let i = from; i < from + 2 * n; i += 2, at += width) {
    const low = ((halves[i] as number) >>> 0) - leastLow;
    view.setInt32(at, low, true);
    view.setInt32(at + 4, (halves[i + 1] as number) - leastHigh - (low < 0 ? 1 : 0), true);
  }
}

function writeOffsets32(w: Writer, from: number, n: number, least: number, spread: number): void {
  const width = widthOf32(spread);
  head(w, width, least, n);
  const { i32, view } = w.arena;
  let at = w.at;
  w.at = at + n * width;
  if (width === 0) return;
  // Exact modulo 2^32, which is all that an offset of four bytes has.
  for (let i = from; i < from + n; i++, at += width) view.setInt32(at, (i32[i] as number) - least, true);
}

/** Mode and base, and room for the run. */
function head(w: Writer, width: number, base: number, n: number): void {
  w.ensure(11 + n * width);
  w.byte(width);
  w.svarint(base);
}

/** How many bytes hold an unsigned number below 2^32. */
function widthOf32(value: number): number {
  return (39 - Math.clz32(value)) >>> 3;
}
