import { NAN_HIGH, PLAIN, POWERS } from './floats.ts';
import { writeIntsF64 } from './write-ints.ts';
import type { Writer } from './writer.ts';

/** A column of f64[n] (A.5). */
export function writeFloats(w: Writer, address: number, n: number): void {
  if (n === 0) return;
  const whole = w.scratch(n);
  const mode = scale(w.arena.f64, address >>> 3, n, whole);
  w.byte(mode);
  if (mode === PLAIN) writePlain(w, address, n);
  else writeIntsF64(w, whole, 0, n);
}

/**
 * Finds the least k that serves every value, and writes v * 10^k of each.
 *
 * @returns k, or PLAIN where there is none.
 */
function scale(values: Float64Array, from: number, n: number, whole: Float64Array): number {
  let k = 0;
  let power: number = POWERS[0];
  // Round and round until n values in a row are served by the same k: those before the last rise were done with a lesser.
  for (let i = 0, served = 0; served < n; ) {
    const value = values[from + i] as number;
    const r = nearestEven(value * power);
    if (r / power === value && Math.abs(r) <= Number.MAX_SAFE_INTEGER && (value !== 0 || 1 / value > 0)) {
      whole[i] = r;
      served++;
      if (++i === n) i = 0;
    } else {
      if (++k === POWERS.length) return PLAIN;
      power = POWERS[k] as number;
      served = 0;
    }
  }
  return k;
}

/** The nearest whole number, a tie to the even one: doubles from 2^52 on are whole, so adding it rounds. */
function nearestEven(x: number): number {
  // Not a constant of the module: bundlers make variables of those, which cost the loop more (xxh32.ts).
  const two52 = 4503599627370496;
  if (x >= two52 || x <= -two52) return x;
  return x >= 0 ? x + two52 - two52 : x - two52 + two52;
}

function writePlain(w: Writer, address: number, n: number): void {
  w.ensure(8 * n);
  const { u8, f64, view } = w.arena;
  const { at } = w;
  const from = address >>> 3;
  u8.copyWithin(at, address, address + 8 * n);
  for (let i = 0; i < n; i++) {
    const value = f64[from + i] as number;
    if (!Number.isNaN(value)) continue;
    // One NaN on the wire, whichever of them this engine keeps.
    view.setInt32(at + 8 * i, 0, true);
    view.setInt32(at + 8 * i + 4, NAN_HIGH, true);
  }
  w.at = at + 8 * n;
}
