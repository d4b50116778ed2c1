import { createHash } from 'node:crypto';
import type { OutboxKey } from '../../src/lib/server/journal.ts';

/** Mulberry32: the same numbers for the same seed. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function seqsOf(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => first + index);
}

export function tagFor(key: OutboxKey, seq: number): string {
  return createHash('sha256').update(`${key.user}/${key.outbox}/${seq}`).digest('hex').slice(0, 16);
}

/** A frame that tells whose it is, and whether all of it is there: `{json}` filler sha256. */
export function frameFor({ user, outbox }: OutboxKey, seqs: readonly number[], filler: number): Uint8Array {
  const text = `${JSON.stringify({ user, outbox, seqs })}${'.'.repeat(filler)}`;
  return new TextEncoder().encode(text + createHash('sha256').update(text).digest('hex'));
}

/** @throws {Error} where the frame is not whole. */
export function readFrame(frame: Uint8Array): { user: string; outbox: string; seqs: number[] } {
  const all = new TextDecoder().decode(frame);
  const text = all.slice(0, -64);
  if (createHash('sha256').update(text).digest('hex') !== all.slice(-64)) throw new Error('a frame is not whole');
  return JSON.parse(text.slice(0, text.indexOf('}') + 1));
}
