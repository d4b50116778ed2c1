import { readFileSync } from 'node:fs';
import { brotliCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createWasmKernels } from '../../../src/lib/codec/wasm.ts';
import { kernelsContract } from '../../contracts/kernels.ts';

// Built by vitest's global setup where it is missing or older than its sources.
const bytes = readFileSync(new URL('../../../dist/codec.wasm', import.meta.url));
const module = new WebAssembly.Module(bytes);

kernelsContract('wasm', () => createWasmKernels(module));

describe('the module', () => {
  it('imports nothing: it reaches its own memory and nothing else', () => {
    expect(WebAssembly.Module.imports(module)).toEqual([]);
  });

  it('exports what the kernels call', () => {
    const exported = WebAssembly.Module.exports(module).map(({ name, kind }) => `${kind} ${name}`);
    expect(exported.sort()).toEqual([
      'function clear',
      'function decode',
      'function encode',
      'function hash',
      'function latin1',
      'function reserve',
      'memory memory',
    ]);
  });

  it('stays small enough to be embedded', () => {
    expect(bytes.length).toBeLessThan(8300);
    expect(brotliCompressSync(bytes).length).toBeLessThan(4320);
  });
});
