import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import * as wire from '../../../assembly/protocol.ts';
import { installSchema } from '../../../src/lib/codec/program.ts';
import { createWasmKernels } from '../../../src/lib/codec/wasm.ts';
import { defaultLimits } from '../../../src/lib/limits.ts';
import { build, table } from '../../contracts/kernels/pieces.ts';
import { Probe } from '../../contracts/kernels/probe.ts';
import { recode } from '../../contracts/kernels/recode.ts';

const module = new WebAssembly.Module(readFileSync(new URL('../../../dist/codec.wasm', import.meta.url)));
const { frame } = build(wire.KIND_PUSH, {});
const MIB = 2 ** 20;
const PAST_MEMORY = 0xffff_fff0;

let kernels = createWasmKernels(module);
beforeEach(() => {
  kernels = createWasmKernels(module);
});

/** Everything behind the static data and the installed words, which end at `from`. */
function dirtyFrom(from: number): number {
  return kernels.heap.u8.subarray(from).findIndex((byte) => byte !== 0);
}

describe("the module's arena", () => {
  it('wipes the whole of what a call read and wrote', () => {
    installSchema(kernels, table);
    kernels.begin();
    const lowest = kernels.reserve(0);
    const probe = new Probe(kernels);
    const tape = probe.decode(frame, table);
    expect(recode(kernels, tape, frame)).toEqual(frame);
    expect(dirtyFrom(lowest)).toBeGreaterThanOrEqual(0);
    kernels.begin();
    expect(dirtyFrom(lowest)).toBe(-1);
  });

  it('wipes what was written of a frame that did not fit', () => {
    installSchema(kernels, table);
    kernels.begin();
    const lowest = kernels.reserve(0);
    const probe = new Probe(kernels);
    const tape = probe.decode(frame, table);
    const none = recode(kernels, tape, frame, () => {
      kernels.heap.u32[(probe.group(0, wire.GROUP_SLOTS) >>> 2) + wire.SLOT_TEXT_BYTES] = 768 * MIB;
    });
    expect([none.length, kernels.errorCode]).toEqual([0, wire.OUT_OF_MEMORY]);
    kernels.begin();
    expect(dirtyFrom(lowest)).toBe(-1);
  });

  it('wipes what was read of a frame that is refused', () => {
    const probe = new Probe(kernels);
    probe.decode(frame, table);
    kernels.begin();
    const lowest = kernels.reserve(0);
    expect(probe.decode(build(wire.KIND_PUSH, { bools: [0b101] }).frame, table)).toBe(0);
    expect(kernels.errorCode).toBe(wire.BAD_PADDING);
    kernels.begin();
    expect(dirtyFrom(lowest)).toBe(-1);
  });

  it('ends at 512 MiB, and goes on below', () => {
    kernels.begin();
    for (const bytes of [512 * MIB, 2 ** 32 - 1, 2 ** 32, 2 ** 53, Number.POSITIVE_INFINITY]) {
      expect(() => kernels.reserve(bytes)).toThrow('[out_of_memory]');
    }
    expect(kernels.reserve(64 * MIB) % 8).toBe(0);
    expect(() => {
      for (let taken = 0; taken < 512 * MIB; taken += 64 * MIB) kernels.reserve(64 * MIB);
    }).toThrow('[out_of_memory]');
    expect(kernels.heap.u8.length).toBeLessThanOrEqual(512 * MIB);
    expect(new Probe(kernels).decode(frame, table)).toBeGreaterThan(0);
  });

  it('refuses a frame that finds no room, as no fault of its own', () => {
    const routes = installSchema(kernels, table);
    kernels.begin();
    for (let step = 128 * MIB; step >= 8; step /= 2) {
      try {
        for (;;) kernels.reserve(step);
      } catch {
        // Full to within `step`.
      }
    }
    expect(kernels.decode(frame, wire.KIND_PUSH, routes, defaultLimits)).toBe(0);
    expect([kernels.errorCode, kernels.errorOffset]).toEqual([wire.OUT_OF_MEMORY, 0]);
    expect(new Probe(kernels).decode(frame, table)).toBeGreaterThan(0);
  });

  it('empties the space for shapes when it is full, and says so', () => {
    const words = new Uint32Array(MIB / 4).fill(7);
    const { generation } = kernels;
    let first = 0;
    while (kernels.generation === generation) {
      const address = kernels.install(words);
      if (first === 0) first = address;
    }
    kernels.begin();
    const next = kernels.reserve(8);
    expect(next).toBe(first + words.byteLength);
    expect(dirtyFrom(next)).toBe(-1);
    expect(new Probe(kernels).decode(frame, table)).toBeGreaterThan(0);
  });
});

describe('a bug of the module', () => {
  it.each([
    ['encode', () => kernels.encode(PAST_MEMORY)],
    ['decode', () => kernels.decode(frame, wire.KIND_PUSH, PAST_MEMORY, defaultLimits)],
  ])('in %s costs the instance, and nothing more', (_name, call) => {
    installSchema(kernels, table);
    kernels.begin();
    kernels.reserve(64 * MIB);
    const before = { generation: kernels.generation, heap: kernels.heap };
    expect(call).toThrow('[internal]');
    expect(kernels.generation).toBeGreaterThan(before.generation);
    expect(kernels.heap).not.toBe(before.heap);
    // A new instance, with nothing of what the last one held.
    expect(kernels.heap.u8.length).toBeLessThan(MIB);
    const tape = new Probe(kernels).decode(frame, table);
    expect(recode(kernels, tape, frame)).toEqual(frame);
  });

  it('is told from a refusal, which keeps the instance', () => {
    const probe = new Probe(kernels);
    probe.decode(frame, table);
    const { generation } = kernels;
    for (let length = 0; length < frame.length; length++) {
      expect(probe.decode(frame.subarray(0, length), table, {}, wire.KIND_PUSH)).toBe(0);
    }
    expect(kernels.generation).toBe(generation);
  });
});
