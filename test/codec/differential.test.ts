import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadCodecSync } from '../../src/lib/codec/load-sync.ts';
import { portableCodec } from '../../src/lib/codec/portable-codec.ts';
import { Comparison } from './compare.ts';

// The same inputs on every run; `npm run fuzz` tries others, as many as wanted.
const COUNT = 20_000;

const { stackTraceLimit } = Error;
beforeAll(() => {
  // Most inputs are refused; their stacks would cost more than the decoding.
  Error.stackTraceLimit = 0;
});
afterAll(() => {
  Error.stackTraceLimit = stackTraceLimit;
});

it('the codecs agree on generated and damaged frames', () => {
  const comparison = new Comparison(loadCodecSync({ fallback: false }), portableCodec());
  for (let seed = 1; comparison.inputs < COUNT; seed++) {
    try {
      comparison.run(seed);
    } catch (cause) {
      throw new Error(`seed ${seed}: ${(cause as Error).message}`, { cause });
    }
  }
  // Inputs that all fail, or fail in one way only, would prove little.
  expect(comparison.verdicts.get('accepted')).toBeGreaterThan(COUNT / 20);
  expect(comparison.verdicts.size).toBeGreaterThan(15);
});
