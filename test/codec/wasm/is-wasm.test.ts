import { readFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { loadCodecSync } from '../../../src/lib/codec/load-sync.ts';
import { portableCodec } from '../../../src/lib/codec/portable-codec.ts';
import { parseVectors, runVector } from '../../vectors/run.ts';

// A codec that calls itself WebAssembly could still do its work elsewhere. Here there is no elsewhere.
vi.mock('../../../src/lib/codec/portable/kernels.ts', () => ({
  createPortableKernels() {
    throw new Error('the portable kernels were asked for');
  },
}));

const calls = { encode: 0, decode: 0 };
type Calls = typeof calls;

/** Instances made meanwhile count the calls of their `encode` and `decode`. */
function counting<T>(make: () => T): T {
  const { Instance } = WebAssembly;
  WebAssembly.Instance = class {
    readonly exports: WebAssembly.Exports;

    constructor(module: WebAssembly.Module, imports?: WebAssembly.Imports) {
      const { exports } = new Instance(module, imports);
      const counted =
        (name: keyof Calls) =>
        (...numbers: number[]) => {
          calls[name]++;
          return (exports[name] as (...numbers: number[]) => number)(...numbers);
        };
      this.exports = { ...exports, encode: counted('encode'), decode: counted('decode') };
    }
  };
  try {
    return make();
  } finally {
    WebAssembly.Instance = Instance;
  }
}

/**
 * A shape that is none reaches no codec; a batch is refused before it is written, or for what writing it has shown; a
 * frame whose first bytes or whose length are wrong is refused before it is copied.
 */
const expected: Readonly<Record<string, readonly Calls[]>> = {
  valid: [{ encode: 1, decode: 1 }],
  evolution: [{ encode: 1, decode: 1 }],
  accepted: [{ encode: 0, decode: 1 }],
  bad: [{ encode: 0, decode: 1 }],
  'bad, outside': [{ encode: 0, decode: 0 }],
  unencodable: [
    { encode: 0, decode: 0 },
    { encode: 1, decode: 0 },
  ],
  shape: [{ encode: 0, decode: 0 }],
};

const outside = /^bad\/(limit\/frame$|truncated\/request-0-bytes$|bad_magic\/|bad_version\/|bad_kind\/)/;

function familyOf(name: string): string {
  return outside.test(name) ? 'bad, outside' : (name.split('/')[0] as string);
}

describe('the codec in WebAssembly', () => {
  const codec = counting(() => loadCodecSync({ fallback: false }));
  const vectors = ['frames.jsonl', 'own.jsonl'].flatMap((name) =>
    parseVectors(readFileSync(new URL(`../../vectors/${name}`, import.meta.url), 'utf8')),
  );

  it('is alone here', () => {
    expect(portableCodec).toThrow('the portable kernels were asked for');
    expect(codec.name).toBe('wasm');
  });

  it.each(vectors.map((vector) => [vector.name, vector] as const))(
    'calls the module once a frame: %s',
    (name, vector) => {
      calls.encode = 0;
      calls.decode = 0;
      expect(runVector(codec, vector)).toBeNull();
      expect(expected[familyOf(name)]).toContainEqual(calls);
    },
  );
});
