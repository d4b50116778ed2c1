import { BAD_MODE, SLOT_VALUES } from '../../../../assembly/protocol.ts';
import { unpackF64 } from './ints.ts';
import { markBad, markF64 } from './judge.ts';
import { MAX_SAFE, type Reader } from './reader.ts';
import { refuse } from './refusal.ts';

/** 10^k for k = 0..7, all exact. */
export const POWERS = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000] as const;
/** Mode of a column of plain doubles. */
export const PLAIN = 255;
export const NAN_HIGH = 0x7ff80000;

/** A column of n > 0 floats (A.5). */
export function readFloats(r: Reader, n: number, slot: number): void {
  const mode = r.byte();
  if (mode === PLAIN) {
    readPlain(r, n, slot);
    return;
  }
  if (mode > 7) refuse(BAD_MODE, r.at - 1);
  r.intsHead(n);
  const address = r.arena.take(8 * n);
  r.arena.u32[slot + SLOT_VALUES] = address;
  unpackF64(r, n, address);
  markF64(r, n, slot, address, MAX_SAFE);
  if (mode === 0) return;
  const power = POWERS[mode] as number;
  const out = r.arena.f64;
  const to = address >>> 3;
  for (let i = 0; i < n; i++) out[to + i] = (out[to + i] as number) / power;
}

function readPlain(r: Reader, n: number, slot: number): void {
  const run = r.take(8 * n);
  const address = r.arena.take(8 * n);
  r.arena.u32[slot + SLOT_VALUES] = address;
  const { view } = r;
  const to = address >>> 3;
  let out = r.arena.f64;
  for (let i = 0; i < n; i++) {
    const at = run + 8 * i;
    const value = view.getFloat64(at, true);
    if (!Number.isNaN(value) || (view.getUint32(at, true) === 0 && view.getUint32(at + 4, true) === NAN_HIGH)) {
      out[to + i] = value;
    } else {
      markBad(r, slot, i);
      out = r.arena.f64;
    }
  }
}
