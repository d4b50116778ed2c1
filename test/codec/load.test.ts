import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as loader from '@assemblyscript/loader';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Codec } from '../../src/lib/codec/codec.ts';
import { type LoadAsyncOptions, loadCodec } from '../../src/lib/codec/load.ts';
import { loadCodecSync } from '../../src/lib/codec/load-sync.ts';
import { portableCodec } from '../../src/lib/codec/portable-codec.ts';
import { parseShape } from '../../src/lib/contract/parse.ts';
import type { CrudpError } from '../../src/lib/errors.ts';

const module = readFileSync(new URL('../../dist/codec.wasm', import.meta.url));
const mediaType = { 'content-type': 'application/wasm' };

const shape = parseShape(['name:string', 'tags:list<symbol>', 'note:optional<f64>']);
const schema = { inputs: new Map([[4, shape]]), outputs: new Map([[4, shape]]) };
const records = [
  { name: 'Ana', tags: ['a', 'b'] },
  { name: 'Łukasz', tags: [], note: 0.5 },
];
const frame = portableCodec().encodePush(schema, { packets: [{ route: 4, records }] });

function expectWorking(codec: Codec, name: Codec['name']): void {
  expect(codec.name).toBe(name);
  expect(codec.encodePush(schema, { packets: [{ route: 4, records }] })).toEqual(frame);
  expect(codec.decodePush(schema, frame).packets).toEqual([{ route: 4, records }]);
}

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe('loadCodec', () => {
  it('runs the embedded module', async () => {
    expectWorking(await loadCodec({ fallback: false }), 'wasm');
  });

  it('gives each caller memory of its own', async () => {
    const [one, two] = await Promise.all([loadCodec({ fallback: false }), loadCodec({ fallback: false })]);
    expect(one).not.toBe(two);
    const broken = frame.slice();
    broken[5] = (broken[5] as number) ^ 1;
    expect(() => one.decodePush(schema, broken)).toThrow('[bad_checksum]');
    expectWorking(two, 'wasm');
  });

  it.each<[string, () => LoadAsyncOptions['wasm']]>([
    ['bytes', () => module],
    ['an ArrayBuffer', () => Uint8Array.from(module).buffer],
    ['a view into a larger buffer', () => Uint8Array.from([...module, 0, 0, 0, 0]).subarray(0, module.length)],
    ['a response', () => new Response(module, { headers: mediaType })],
    ['a promise of a response', () => Promise.resolve(new Response(module, { headers: mediaType }))],
    ['a response without the media type', () => new Response(module)],
    ['a response of another media type', () => new Response(module, { headers: { 'content-type': 'text/plain' } })],
    ['a compiled module', () => new WebAssembly.Module(module)],
    ['a promise of a compiled module', () => WebAssembly.compile(module)],
    ['what WebAssembly.instantiate gives', () => WebAssembly.instantiate(module)],
    ['a data: URL', () => `data:application/wasm;base64,${module.toString('base64')}`],
  ])('runs the module from %s', async (_name, wasm) => {
    expectWorking(await loadCodec({ fallback: false, wasm: wasm() as NonNullable<LoadAsyncOptions['wasm']> }), 'wasm');
  });

  it('compiles while it loads where the media type allows it', async () => {
    const streaming = vi.spyOn(WebAssembly, 'compileStreaming');
    await loadCodec({ fallback: false, wasm: new Response(module, { headers: mediaType }) });
    await loadCodec({ fallback: false, wasm: new Response(module) });
    expect(streaming).toHaveBeenCalledTimes(1);
  });

  it('throws where neither WebAssembly nor the twin may be used', async () => {
    vi.stubGlobal('WebAssembly', undefined);
    const refusal = loadCodec({ fallback: false, wasm: module });
    await expect(refusal).rejects.toMatchObject({ code: 'wasm_unavailable', cause: expect.any(Error) });
  });

  it.each<[string, () => LoadAsyncOptions['wasm'], RegExp]>([
    ['bytes that are no module', () => new Uint8Array(8), /CompileError/],
    ['a response that is an error', () => new Response('no', { status: 404 }), /HTTP 404/],
    ['a request that fails', () => Promise.reject(new TypeError('fetch failed')), /fetch failed/],
    ['an address that is none', () => 'nowhere', /TypeError/],
  ])('gives the twin, and says why, for %s', async (_name, wasm, reason) => {
    const told: CrudpError[] = [];
    const onFallback = (error: CrudpError) => told.push(error);
    expectWorking(await loadCodec({ wasm: wasm() as NonNullable<LoadAsyncOptions['wasm']>, onFallback }), 'portable');
    expect(told.map(({ code }) => code)).toEqual(['wasm_unavailable']);
    expect(told[0]?.message).toMatch(reason);
    expect(told[0]?.cause).toBeDefined();
  });

  it('gives the twin without anybody to tell', async () => {
    expectWorking(await loadCodec({ wasm: new Uint8Array(3) }), 'portable');
  });

  describe('from a server', () => {
    let server: Server;
    let base: string;

    beforeAll(async () => {
      server = createServer(({ url }, response) => {
        if (url === '/codec.wasm') response.writeHead(200, mediaType).end(module);
        else if (url === '/plain') response.writeHead(200).end(module);
        else response.writeHead(404).end();
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    afterAll(() => new Promise((resolve) => server.close(resolve)));

    it('runs the module by URL', async () => {
      expectWorking(await loadCodec({ fallback: false, wasm: new URL('/codec.wasm', base) }), 'wasm');
      expectWorking(await loadCodec({ fallback: false, wasm: `${base}/plain` }), 'wasm');
      expectWorking(await loadCodec({ fallback: false, wasm: fetch(`${base}/codec.wasm`) }), 'wasm');
    });

    it('names the address that has no module', async () => {
      await expect(loadCodec({ fallback: false, wasm: `${base}/gone` })).rejects.toThrow(`${base}/gone: HTTP 404`);
    });

    it("takes what AssemblyScript's own loader gives, streaming it", async () => {
      const streaming = vi.spyOn(WebAssembly, 'instantiateStreaming');
      const loaded = await loader.instantiate(fetch(`${base}/codec.wasm`));
      expect(streaming).toHaveBeenCalledTimes(1);
      expectWorking(await loadCodec({ fallback: false, wasm: loaded }), 'wasm');
      expectWorking(
        await loadCodec({ fallback: false, wasm: loader.instantiate(fetch(`${base}/codec.wasm`)) }),
        'wasm',
      );
    });
  });
});

/** The loaders of a page that has compiled nothing yet. */
async function freshLoaders() {
  vi.resetModules();
  const { loadCodec } = await import('../../src/lib/codec/load.ts');
  const { loadCodecSync } = await import('../../src/lib/codec/load-sync.ts');
  return { loadCodec, loadCodecSync };
}

describe('loadCodecSync', () => {
  it('runs the embedded module at once', () => {
    expectWorking(loadCodecSync({ fallback: false }), 'wasm');
  });

  it('gives the twin where there is no WebAssembly, and says so', async () => {
    // What was compiled before would serve still.
    vi.stubGlobal('WebAssembly', undefined);
    const fresh = await freshLoaders();
    const told: CrudpError[] = [];
    expectWorking(fresh.loadCodecSync({ onFallback: (error) => told.push(error) }), 'portable');
    expectWorking(await fresh.loadCodec({ onFallback: (error) => told.push(error) }), 'portable');
    expect(told.map(({ code }) => code)).toEqual(['wasm_unavailable', 'wasm_unavailable']);
    expect(() => fresh.loadCodecSync({ fallback: false })).toThrow('[wasm_unavailable]');
  });

  it('gives the twin where a policy forbids to compile', async () => {
    vi.stubGlobal('WebAssembly', {
      Module: class {
        constructor() {
          throw new EvalError('blocked by Content Security Policy');
        }
      },
      compile: () => Promise.reject(new EvalError('blocked by Content Security Policy')),
    });
    const fresh = await freshLoaders();
    const onFallback = vi.fn();
    expectWorking(fresh.loadCodecSync({ onFallback }), 'portable');
    expectWorking(await fresh.loadCodec({ onFallback }), 'portable');
    expect(onFallback.mock.calls.map(([error]) => String(error.message))).toEqual([
      expect.stringContaining('Content Security Policy'),
      expect.stringContaining('Content Security Policy'),
    ]);
  });
});

describe('the option jit', () => {
  it.each([true, false])('%s: gives the same objects', (jit) => {
    expectWorking(loadCodecSync({ fallback: false, jit }), 'wasm');
    expectWorking(portableCodec({ jit }), 'portable');
  });

  it('off: generates no code', async () => {
    vi.resetModules();
    const { loadCodecSync: load } = await import('../../src/lib/codec/load-sync.ts');
    const generated = vi.fn();
    vi.stubGlobal('Function', generated);
    expectWorking(load({ fallback: false, jit: false }), 'wasm');
    expect(generated).not.toHaveBeenCalled();
  });

  it('on: does without where a policy forbids generated code', async () => {
    vi.resetModules();
    const { loadCodecSync: load } = await import('../../src/lib/codec/load-sync.ts');
    const generated = vi.fn(function refuse() {
      throw new EvalError('blocked by Content Security Policy');
    });
    vi.stubGlobal('Function', generated);
    expectWorking(load({ fallback: false }), 'wasm');
    expect(generated).toHaveBeenCalledTimes(1);
  });
});
