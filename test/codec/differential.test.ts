import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadCodecSync } from '../../src/lib/codec/load.ts';
import { portableCodec } from '../../src/lib/codec/portable-codec.ts';
import { Comparison } from './compare.ts';

// The same inputs on every run, unless told otherwise: SEED=7 COUNT=1000000 npx vitest run test/codec/differential.test.ts
const seed = Number(process.env.SEED ?? 1);
const count = Number(process.env.COUNT ?? 200_000);

const { stackTraceLimit } = Error;
beforeAll(() => {
  // Most inputs are refused; their stacks would cost more than the decoding.
  Error.stackTraceLimit = 0;
});
afterAll(() => {
  Error.stackTraceLimit = stackTraceLimit;
});

it('the codecs agree on generated and damaged frames', { timeout: 600_000 }, () => {
  console.log(`differential: SEED=${seed} COUNT=${count}`);
  const comparison = new Comparison(loadCodecSync({ fallback: false }), portableCodec());
  for (let next = seed; comparison.inputs < count; next++) {
    try {
      comparison.run(next);
    } catch (cause) {
      throw new Error(`SEED=${next} COUNT=1: ${(cause as Error).message}`, { cause });
    }
  }
  console.log(
    [...comparison.verdicts]
      .sort(([, a], [, b]) => b - a)
      .map(([verdict, n]) => `${verdict} ${n}`)
      .join(' · '),
  );
  if (count < 20_000) return;
  // Inputs that all fail, or fail in one way only, would prove little.
  expect(comparison.verdicts.get('accepted')).toBeGreaterThan(count / 20);
  expect(comparison.verdicts.size).toBeGreaterThan(15);
});
