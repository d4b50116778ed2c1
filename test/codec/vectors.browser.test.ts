import { describe, expect, it } from 'vitest';
import { loadCodec } from '../../src/lib/codec/load.ts';
import { loadCodecSync } from '../../src/lib/codec/load-sync.ts';
import { portableCodec } from '../../src/lib/codec/portable-codec.ts';
import { parseVectors, runVector } from '../vectors/run.ts';

const files = [new URL('../vectors/frames.jsonl', import.meta.url), new URL('../vectors/own.jsonl', import.meta.url)];
const texts = await Promise.all(files.map(async (url) => (await fetch(url)).text()));
const vectors = texts.flatMap(parseVectors);
const asset = new URL('../../dist/codec.wasm', import.meta.url);

describe.each([
  ['embedded module', await loadCodec({ fallback: false })],
  ['embedded module, loaded at once', loadCodecSync({ fallback: false })],
  ['module by URL', await loadCodec({ fallback: false, wasm: asset })],
  ['module by response', await loadCodec({ fallback: false, wasm: fetch(asset) })],
  ['portable codec', portableCodec()],
])('the %s, in a browser', (name, codec) => {
  it('is what it says', () => {
    expect(codec.name).toBe(name.includes('module') ? 'wasm' : 'portable');
  });

  it.each(vectors.map((vector) => [vector.name, vector] as const))('%s', (_name, vector) => {
    expect(runVector(codec, vector)).toBeNull();
  });
});
