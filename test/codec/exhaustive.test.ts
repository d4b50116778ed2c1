import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as wire from '../../assembly/protocol.ts';
import type { Kernels } from '../../src/lib/codec/kernels.ts';
import { createPortableKernels } from '../../src/lib/codec/portable/kernels.ts';
import { portableCodec } from '../../src/lib/codec/portable-codec.ts';
import { installSchema } from '../../src/lib/codec/program.ts';
import { createWasmKernels } from '../../src/lib/codec/wasm.ts';
import type { ShapeTable } from '../../src/lib/contract/field.ts';
import { defaultLimits } from '../../src/lib/limits.ts';
import { randomBatch } from '../generate/batches.ts';
import { Random } from '../generate/random.ts';
import { hexOf } from '../vectors/notation.ts';
import { encodeAny } from './kinds.ts';
import { sealed } from './sealed.ts';
import { refuseShortInputs } from './short-inputs.ts';
import { tapeText } from './tape-text.ts';

// Not drawn by chance: every input of a kind, so that no rare one is left.

const module = new WebAssembly.Module(readFileSync(new URL('../../dist/codec.wasm', import.meta.url)));
const both: readonly Kernels[] = [createWasmKernels(module), createPortableKernels()];
const kinds = { request: wire.KIND_REQUEST, response: wire.KIND_RESPONSE, push: wire.KIND_PUSH };
const codec = portableCodec();

/** Twenty frames of all kinds, none of them large. */
const frames = Array.from({ length: 400 }, (_, seed) => {
  const made = randomBatch(new Random(seed));
  return { frame: encodeAny(codec, made.writer, made), kind: kinds[made.kind], table: made.writer.inputs };
})
  .filter(({ frame }) => frame.length >= 40 && frame.length <= 300)
  .slice(0, 20);

function verdict(kernels: Kernels, frame: Uint8Array, kind: number, table: ShapeTable): string {
  const routes = installSchema(kernels, table);
  kernels.begin();
  const tape = kernels.decode(frame, kind, routes, defaultLimits);
  return tape === 0 ? `${kernels.errorCode} at ${kernels.errorOffset}` : tapeText(kernels, tape, routes);
}

function agree(frame: Uint8Array, kind: number, table: ShapeTable): string {
  const [one, two] = both.map((kernels) => verdict(kernels, frame, kind, table)) as [string, string];
  if (one !== two) expect(one, hexOf(frame)).toBe(two);
  return one;
}

describe('both kernels', () => {
  it('refuse every input of up to two bytes, at its beginning', () => {
    // Three bytes are tried by `npm run fuzz`: 17 million inputs take longer than a test should.
    for (const kernels of both) for (const length of [0, 1, 2]) refuseShortInputs(kernels, length);
  });

  it('say the same of every head with three bytes behind it', () => {
    const table = new Map();
    const frame = Uint8Array.of(wire.MAGIC, 0x13, 0, 0, 0, 0, 0);
    const verdicts = new Set<string>();
    for (let value = 0; value < 2 ** 15; value++) {
      // The telling bits of each byte: small numbers, and whether a varint goes on.
      for (let i = 0; i < 3; i++) {
        const bits = (value >> (5 * i)) & 31;
        frame[2 + i] = (bits & 15) | ((bits & 16) << 3);
      }
      verdicts.add(agree(sealed(frame), wire.KIND_PUSH, table).split(' ')[0] as string);
    }
    expect(verdicts.size).toBeGreaterThan(3);
  });

  it('say the same of every truncation, with its checksum and without', () => {
    for (const { frame, kind, table } of frames) {
      for (let length = 0; length < frame.length; length++) {
        const cut = frame.subarray(0, length);
        expect(agree(cut, kind, table)).toMatch(/^\d+ at \d+$/);
        agree(sealed(cut), kind, table);
      }
    }
  });

  it('say the same of every frame with one bit turned, with its checksum and without', () => {
    for (const { frame, kind, table } of frames) {
      for (let bit = 0; bit < 8 * frame.length; bit++) {
        const turned = frame.slice();
        turned[bit >> 3] = (turned[bit >> 3] as number) ^ (1 << (bit & 7));
        // XXH32 finds every single bit.
        expect(agree(turned, kind, table)).toMatch(/^\d+ at \d+$/);
        if (bit < 8 * (frame.length - 4)) agree(sealed(turned.subarray(0, -4)), kind, table);
      }
    }
  });
});
