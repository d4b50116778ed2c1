import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createCodec } from '../../src/lib/codec/create-codec.ts';
import { loadCodecSync } from '../../src/lib/codec/load-sync.ts';
import { createPortableKernels } from '../../src/lib/codec/portable/kernels.ts';
import { portableCodec } from '../../src/lib/codec/portable-codec.ts';
import { parseVectors, runVector } from '../vectors/run.ts';

const vectors = ['frames.jsonl', 'own.jsonl'].flatMap((name) =>
  parseVectors(readFileSync(new URL(`../vectors/${name}`, import.meta.url), 'utf8')),
);

describe.each([
  ['wasm', loadCodecSync({ fallback: false })],
  ['portable', portableCodec()],
  ['portable, without generated code', createCodec(createPortableKernels, { jit: false })],
])('%s codec', (_name, codec) => {
  it.each(vectors.map((vector) => [vector.name, vector] as const))('%s', (_vectorName, vector) => {
    expect(runVector(codec, vector)).toBeNull();
  });
});
