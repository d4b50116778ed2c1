import { instantiate } from '@assemblyscript/loader';
import { expect, it, vi } from 'vitest';
import type { Codec } from '../../src/lib/codec/codec.ts';
import { loadCodec } from '../../src/lib/codec/load.ts';
import { loadCodecSync } from '../../src/lib/codec/load-sync.ts';
import { portableCodec } from '../../src/lib/codec/portable-codec.ts';
import { parseShape } from '../../src/lib/contract/parse.ts';

// vitest serves the file as crudp/codec.wasm is served, with its media type.
const asset = new URL('../../dist/codec.wasm', import.meta.url);
const shape = parseShape(['name:string', 'tags:list<symbol>', 'note:optional<f64>']);
const schema = { inputs: new Map([[4, shape]]), outputs: new Map([[4, shape]]) };
const records = [
  { name: 'Ana', tags: ['a', 'b'] },
  { name: 'Łukasz', tags: [], note: 0.5 },
];
const frame = portableCodec().encodePush(schema, { packets: [{ route: 4, records }] });

const ways: readonly (readonly [name: string, load: () => Codec | Promise<Codec>])[] = [
  ['the embedded bytes', () => loadCodec({ fallback: false })],
  ['the embedded bytes, at once', () => loadCodecSync({ fallback: false })],
  ['a URL', () => loadCodec({ fallback: false, wasm: asset })],
  ['the text of a URL', () => loadCodec({ fallback: false, wasm: asset.href })],
  ['a response', async () => loadCodec({ fallback: false, wasm: await fetch(asset) })],
  ['a promise of a response', () => loadCodec({ fallback: false, wasm: fetch(asset) })],
  ['bytes', async () => loadCodec({ fallback: false, wasm: await (await fetch(asset)).arrayBuffer() })],
  ['a module', async () => loadCodec({ fallback: false, wasm: await WebAssembly.compileStreaming(fetch(asset)) })],
  ["AssemblyScript's loader", async () => loadCodec({ fallback: false, wasm: await instantiate(fetch(asset)) })],
  ["a promise of AssemblyScript's loader", () => loadCodec({ fallback: false, wasm: instantiate(fetch(asset)) })],
];

it.each(ways)('a page loads the codec from %s', async (_name, load) => {
  const codec = await load();
  expect(codec.name).toBe('wasm');
  expect(codec.encodePush(schema, { packets: [{ route: 4, records }] })).toEqual(frame);
  expect(codec.decodePush(schema, frame).packets).toEqual([{ route: 4, records }]);
});

it('a page compiles the asset while it loads, by our own way and by the loader', async () => {
  const compile = vi.spyOn(WebAssembly, 'compileStreaming');
  await loadCodec({ fallback: false, wasm: asset });
  expect(compile).toHaveBeenCalledTimes(1);
  const make = vi.spyOn(WebAssembly, 'instantiateStreaming');
  await loadCodec({ fallback: false, wasm: instantiate(fetch(asset)) });
  expect(make).toHaveBeenCalledTimes(1);
  vi.restoreAllMocks();
});
