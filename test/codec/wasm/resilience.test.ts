import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ARENA_START } from '../../../assembly/protocol.ts';
import { createCodec } from '../../../src/lib/codec/create-codec.ts';
import type { Kernels } from '../../../src/lib/codec/kernels.ts';
import { createWasmKernels } from '../../../src/lib/codec/wasm.ts';
import { parseShape } from '../../../src/lib/contract/parse.ts';
import { DecodeError } from '../../../src/lib/errors.ts';
import { sealed } from '../sealed.ts';

const bytes = readFileSync(new URL('../../../dist/codec.wasm', import.meta.url));
const PAGE = 1 << 16;
const MIB = 1 << 20;

const shape = parseShape(['name:string', 'tags:list<symbol>', 'on:bool', 'price:optional<f64>', 'blob:bytes', 'n:i32']);
const table = new Map([[4, shape]]);
const schema = { inputs: table, outputs: table };

function pushOf(text: string, n: number) {
  const record = { name: text, tags: [text, 'b'], on: true, price: 1.5, blob: new Uint8Array(3), n: 7 };
  return { packets: [{ route: 4, records: Array.from({ length: n }, (_, i) => ({ ...record, n: i })) }] };
}

/** The module, allowed so many pages: its memory section has two numbers, of which the second is the maximum. */
function moduleOf(pages: number): WebAssembly.Module {
  const patched = Uint8Array.from(bytes);
  // Section 5, 5 bytes: one memory, with a maximum, 4 pages at first, 8192 at most.
  const at = Buffer.from(patched).indexOf(Uint8Array.of(5, 5, 1, 1, 4, 0x80, 0x40));
  if (at < 0) throw new Error('the memory section is not what it was');
  patched[at + 5] = (pages & 127) | 128;
  patched[at + 6] = pages >> 7;
  return new WebAssembly.Module(patched);
}

const module = new WebAssembly.Module(bytes);

describe('what a call leaves', () => {
  it('never shows in a later output or tape', { timeout: 120_000 }, () => {
    const kernels = createWasmKernels(module);
    const codec = createCodec(() => kernels);
    const marker = 'Zm9vYmFy⚑';
    const found = (area: Uint8Array) => Buffer.from(area.buffer, area.byteOffset, area.length).includes(marker);
    const small = pushOf('x', 2);
    const frame = codec.encodePush(schema, small);
    const spoilt = codec.encodePush(schema, pushOf(marker, 3));
    const refused = sealed(spoilt.slice(0, -5));
    expect([found(spoilt), found(frame)]).toEqual([true, false]);

    for (let i = 0; i < 100_000; i++) {
      if (i % 100 === 0) {
        // All ways to leave something behind: columns, frames written, read and refused, and space that is taken.
        codec.encodePush(schema, pushOf(marker, 1 + (i % 40)));
        codec.decodePush(schema, spoilt);
        expect(() => codec.decodePush(schema, refused)).toThrow(DecodeError);
        kernels.begin();
        const address = kernels.reserve(PAGE);
        kernels.heap.u8.set(Buffer.from(marker.repeat(PAGE / 16)), address);
      }
      const written = codec.encodePush(schema, small);
      if (found(written) || Buffer.compare(written, frame) !== 0) expect(written, `output ${i}`).toEqual(frame);
      codec.decodePush(schema, frame);
      // The tape and its columns, and what follows them; after the first call all that there is.
      if (found(kernels.heap.u8.subarray(0, i % 100 === 0 ? undefined : ARENA_START + 8192))) expect.fail(`tape ${i}`);
    }
    expect(found(kernels.heap.u8)).toBe(false);
  });
});

describe('a refusal', () => {
  const codec = createCodec(() => createWasmKernels(module));
  const good = codec.encodePush(schema, pushOf('x', 2));
  const refused = sealed(good.slice(0, -5));
  const globals = Error as { stackTraceLimit?: number };

  it('leaves stacks as they were, and has one itself', () => {
    const before = globals.stackTraceLimit;
    codec.decodePush(schema, good);
    expect(globals.stackTraceLimit).toBe(before);
    expect(() => codec.decodePush(schema, refused)).toThrow(
      expect.objectContaining({ stack: expect.stringContaining('resilience.test.ts') }),
    );
    expect(globals.stackTraceLimit).toBe(before);
  });

  it('does without where globals are frozen', () => {
    const before = Object.getOwnPropertyDescriptor(globals, 'stackTraceLimit') as PropertyDescriptor;
    Object.defineProperty(globals, 'stackTraceLimit', { ...before, writable: false });
    try {
      expect(codec.decodePush(schema, good).packets).toHaveLength(1);
      expect(() => codec.decodePush(schema, refused)).toThrow(DecodeError);
    } finally {
      Object.defineProperty(globals, 'stackTraceLimit', before);
    }
  });
});

describe('memory at its maximum', () => {
  it('refuses frames and batches by typed errors, and serves the next', () => {
    const codec = createCodec(() => createWasmKernels(moduleOf(32)));
    const small = codec.encodePush(schema, pushOf('small', 2));
    const large = createCodec(() => createWasmKernels(module)).encodePush(schema, pushOf('x'.repeat(200), 20_000));
    expect(large.length).toBeGreaterThan(2 * MIB);
    for (let i = 0; i < 3; i++) {
      expect(() => codec.decodePush(schema, large)).toThrow(
        expect.objectContaining({ name: 'DecodeError', code: 'limit', offset: 0 }),
      );
      expect(codec.decodePush(schema, small).packets[0]?.records).toHaveLength(2);
      expect(() => codec.encodePush(schema, pushOf('x'.repeat(200), 20_000))).toThrow(
        '[unencodable] the batch: the codec has no memory',
      );
      expect(codec.encodePush(schema, pushOf('small', 2))).toEqual(small);
    }
  });

  it('is reached while a frame is written, at every page', () => {
    const batch = pushOf('y'.repeat(50), 2500);
    const whole = createCodec(() => createWasmKernels(module)).encodePush(schema, batch);
    const outcomes = new Set<string>();
    for (let pages = 4; pages < 40; pages++) {
      const codec = createCodec(() => createWasmKernels(moduleOf(pages)));
      try {
        expect(Buffer.compare(codec.encodePush(schema, batch), whole)).toBe(0);
        outcomes.add('written');
      } catch (error) {
        expect(error).toMatchObject({ name: 'EncodeError', code: 'unencodable' });
        outcomes.add('refused');
      }
      expect(codec.encodePush(schema, pushOf('z', 1)).length).toBeGreaterThan(20);
    }
    expect(outcomes).toEqual(new Set(['refused', 'written']));
  });
});

describe('memory that a rare frame needed', () => {
  function frameOf(kernels: Kernels): { codec: ReturnType<typeof createCodec>; small: Uint8Array } {
    const codec = createCodec(() => kernels);
    return { codec, small: codec.encodePush(schema, pushOf('small', 2)) };
  }
  function enlarge(kernels: Kernels): void {
    kernels.begin();
    kernels.reserve(40 * MIB);
  }

  it('is given up after 64 calls that took little of it, and shapes stay installed', () => {
    const kernels = createWasmKernels(module);
    const { codec, small } = frameOf(kernels);
    const { generation } = kernels;
    enlarge(kernels);
    let calls = 0;
    while (kernels.heap.u8.length > 16 * MIB && calls < 1000) {
      expect(codec.decodePush(schema, small).packets[0]?.records).toHaveLength(2);
      calls++;
    }
    // The first of them finds the large call before it.
    expect(calls).toBe(65);
    expect(kernels.generation).toBe(generation);
    expect(kernels.heap.u8.length).toBeLessThan(MIB);
    expect(codec.encodePush(schema, pushOf('small', 2))).toEqual(small);
  });

  it('stays while it is used now and then', () => {
    const kernels = createWasmKernels(module);
    const { codec, small } = frameOf(kernels);
    for (let round = 0; round < 10; round++) {
      enlarge(kernels);
      for (let calls = 0; calls < 63; calls++) codec.decodePush(schema, small);
    }
    expect(kernels.heap.u8.length).toBeGreaterThan(16 * MIB);
  });
});
