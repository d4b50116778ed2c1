import { describe, expect, it } from 'vitest';
import { simulate } from './simulation.ts';

describe('Client and server under faults', () => {
  // Four parts, so that a failure tells its seed before the others are through.
  it.each([1, 501, 1001, 1501])(
    'lose and double nothing in 500 runs from seed %i',
    async (first) => {
      let packets = 0;
      for (let seed = first; seed < first + 500; seed++) {
        try {
          packets += await simulate(seed);
        } catch (cause) {
          throw new Error(`seed ${seed}: ${(cause as Error).message}`, { cause });
        }
      }
      expect(packets).toBeGreaterThan(500);
    },
    300_000,
  );
});
