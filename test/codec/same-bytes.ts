import { expect, it } from 'vitest';
import type { Codec } from '../../src/lib/codec/codec.ts';
import { xxh32 } from '../../src/lib/xxh32.ts';
import { randomBatch } from '../generate/batches.ts';
import { Random } from '../generate/random.ts';
import { decodeAny, encodeAny } from './kinds.ts';
import { same } from './same.ts';

const BATCHES = 20_000;
/** Of all frames together; another number means that some frame has got other bytes than it had, or other batches are generated. */
const DIGEST = 167_723_229;

/** The same batches give the same bytes on every platform, and are read again from them. */
export function sameBytes(codec: Codec): void {
  it(`gives ${BATCHES} generated batches the bytes they have everywhere`, { timeout: 120_000 }, () => {
    let digest = 0;
    for (let seed = 0; seed < BATCHES; seed++) {
      const made = randomBatch(new Random(seed));
      const frame = encodeAny(codec, made.writer, made);
      digest = xxh32(new DataView(frame.buffer, frame.byteOffset, frame.length), 0, frame.length, digest);
      const read = decodeAny(codec, made.writer, made.kind, frame);
      if (!same(encodeAny(codec, made.writer, read), frame)) expect.fail(`seed ${seed} is not written again as it was`);
    }
    expect(digest).toBe(DIGEST);
  });
}
