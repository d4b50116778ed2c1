import { BAD_PADDING } from '../../../../assembly/protocol.ts';
import type { Reader } from './reader.ts';
import { refuse } from './refusal.ts';

/** A column of bits as u8[n]. How many are set is left in `sum`. */
export function readBits(r: Reader, n: number): number {
  const start = r.take(Math.ceil(n / 8));
  const { frame, arena } = r;
  const rest = n & 7;
  if (rest !== 0 && (frame[r.at - 1] as number) >>> rest !== 0) refuse(BAD_PADDING, start);
  const address = arena.take(n);
  const out = arena.u8;
  let set = 0;
  for (let i = 0; i < n; i++) {
    const bit = ((frame[start + (i >>> 3)] as number) >>> (i & 7)) & 1;
    out[address + i] = bit;
    set += bit;
  }
  r.sum = set;
  return address;
}
