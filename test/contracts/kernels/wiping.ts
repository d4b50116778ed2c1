import { describe, expect, it } from 'vitest';
import { createCodec } from '../../../src/lib/codec/create-codec.ts';
import type { Kernels } from '../../../src/lib/codec/kernels.ts';
import { decodeAny, encodeAny } from '../../codec/kinds.ts';
import { randomBatch } from '../../generate/batches.ts';
import { mutate } from '../../generate/mutations.ts';
import { Random } from '../../generate/random.ts';

/** Space is zero when it is taken: whatever an earlier call wrote there, ended well or not. */
export function wiping(create: () => Kernels): void {
  const looked = 1 << 15;
  const zeros = new Uint8Array(looked);

  /** Whether what stands behind the installed words, as far as these small frames reach, is zero. */
  function isClean(kernels: Kernels): boolean {
    kernels.begin();
    const address = kernels.reserve(looked);
    const clean = Buffer.compare(kernels.heap.u8.subarray(address, address + looked), zeros) === 0;
    kernels.begin();
    return clean;
  }

  describe('the arena', () => {
    it('is zero after frames that were read, written or refused', () => {
      const kernels = create();
      const codec = createCodec(() => kernels);
      let refused = 0;
      for (let seed = 0; seed < 300; seed++) {
        const random = new Random(seed);
        const made = randomBatch(random);
        const frame = encodeAny(codec, made.writer, made);
        expect(isClean(kernels), `writing, seed ${seed}`).toBe(true);
        decodeAny(codec, made.writer, made.kind, frame);
        expect(isClean(kernels), `reading, seed ${seed}`).toBe(true);
        for (let i = 0; i < 10; i++) {
          const damaged = mutate(random, frame, frame);
          try {
            decodeAny(codec, made.writer, made.kind, damaged);
          } catch {
            refused++;
          }
          expect(isClean(kernels), `damaged ${i}, seed ${seed}`).toBe(true);
        }
      }
      expect(refused).toBeGreaterThan(1000);
    });
  });
}
