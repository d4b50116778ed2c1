import { BAD_COUNT, SLOT_BAD, SLOT_COUNT, SLOT_OFFSET } from '../../../../assembly/protocol.ts';
import { measure, unpack32, unpackF64, valueAt } from './ints.ts';
import { MAX_SAFE, type Reader } from './reader.ts';
import { refuse } from './refusal.ts';

// What a column's values may be. Those that shape the frame refuse it; those that only mean something to the application
// are marked where they are (A.7: judged when records are read, after everything else).

/** Whether every value of the column unpacked last is within [min, max]. */
export function within(r: Reader, n: number, min: number, max: number): boolean {
  // `least` is only a bound where an encoder chose a base below the least value, which a decoder accepts.
  if (r.least < min) measure(r, n);
  return r.least >= min && r.greatest <= max;
}

/** A column of values that shape the frame, as i32: refused with `code` at its offset where one is not within [min, max]. */
export function readBounded32(r: Reader, n: number, min: number, max: number, code: number): number {
  if (n === 0) return 0;
  const start = r.at;
  r.intsHead(n);
  const address = r.arena.take(4 * n);
  unpack32(r, n, address);
  if (!within(r, n, min, max)) refuse(code, start);
  return address;
}

/** A column of counts as u32[n]. The sum is left in the reader; counts beyond 2^32 are cut, and their sum is not. */
export function readCounts(r: Reader, n: number): number {
  const start = r.at;
  r.intsHead(n);
  const address = r.arena.take(4 * n);
  unpack32(r, n, address);
  judgeCounts(r, n, start);
  return address;
}

/** As `readCounts`, as f64[n]: for counts that no budget bounds. */
export function readWideCounts(r: Reader, n: number): number {
  const start = r.at;
  r.intsHead(n);
  const address = r.arena.take(8 * n);
  unpackF64(r, n, address);
  judgeCounts(r, n, start);
  return address;
}

function judgeCounts(r: Reader, n: number, start: number): void {
  if (r.least < 0) measure(r, n);
  if (r.least < 0 || r.greatest > MAX_SAFE) refuse(BAD_COUNT, start);
}

/** Marks the values of an i32 column that are not within [min, max], and makes them 0. */
export function mark32(r: Reader, n: number, slot: number, address: number, min: number, max: number): void {
  if (within(r, n, min, max)) return;
  for (let i = 0; i < n; i++) {
    const value = valueAt(r, i);
    if (value >= min && value <= max) continue;
    markBad(r, slot, i);
    r.arena.i32[(address >>> 2) + i] = 0;
  }
}

/** As `mark32`, of a column of doubles within [-max, max]. */
export function markF64(r: Reader, n: number, slot: number, address: number, max: number): void {
  if (within(r, n, -max, max)) return;
  for (let i = 0; i < n; i++) {
    const value = valueAt(r, i);
    if (value >= -max && value <= max) continue;
    markBad(r, slot, i);
    r.arena.f64[(address >>> 3) + i] = 0;
  }
}

/** Marks value i of the column as one that its type does not allow. The arena may grow. */
export function markBad(r: Reader, slot: number, i: number): void {
  const { arena } = r;
  let bad = arena.u32[slot + SLOT_BAD] as number;
  if (bad === 0) {
    bad = arena.take(arena.u32[slot + SLOT_COUNT] as number);
    arena.u32[slot + SLOT_BAD] = bad;
    // Columns are read in frame order, so the first one to get here is the first in the frame.
    if (r.badOffset === 0) r.badOffset = arena.u32[slot + SLOT_OFFSET] as number;
  }
  arena.u8[bad + i] = 1;
}
