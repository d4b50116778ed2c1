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
  const out = arena.i32;
  let set = 0;
  let to = address >>> 2;
  for (let at = start; at < r.at; at++) {
    const byte = frame[at] as number;
    const low = spread(byte & 15);
    const high = spread(byte >>> 4);
    out[to++] = low;
    out[to++] = high;
    set += Math.imul(low + high, 0x01010101) >>> 24;
  }
  r.sum = set;
  return address;
}

/** Four bits as four bytes. */
function spread(bits: number): number {
  return Math.imul(bits, 0x00204081) & 0x01010101;
}
