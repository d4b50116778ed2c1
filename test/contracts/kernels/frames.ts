import { expect, it } from 'vitest';
import * as wire from '../../../assembly/protocol.ts';
import type { Kernels } from '../../../src/lib/codec/kernels.ts';
import { random } from '../../codec/reference.ts';
import { sealed } from '../../codec/sealed.ts';
import { Probe } from './probe.ts';
import { recode } from './recode.ts';
import { type Vector, vectors } from './vectors.ts';

const codes = new Map<number, string>(
  Object.entries(wire).flatMap(([name, value]) =>
    /^(TRUNCATED|BAD_\w+|OVERLONG_VARINT|OUT_OF_RANGE|TRAILING_BYTES|LIMIT)$/.test(name)
      ? [[value, name.toLowerCase()]]
      : [],
  ),
);

/** Whole frames: the vectors, as far as kernels see them, and what is left of them when they are cut and damaged. */
export function frames(kernels: Kernels): void {
  const probe = new Probe(kernels);
  const valid = vectors(/^valid\//);

  // JSON text is judged above the kernels.
  it.each(vectors(/^bad\/(?!out_of_range\/json)/))('refuses $name', ({ frame, table, limits, error }) => {
    const kind = frame.length > 1 ? (frame[1] as number) & 15 : wire.KIND_REQUEST;
    const tape = probe.decode(frame, table, limits, kind >= 1 && kind <= 3 ? kind : wire.KIND_REQUEST);
    const [code, offset] = tape ? [wire.OUT_OF_RANGE, probe.badOffset] : probe.refusal;
    expect({ code: codes.get(code), offset }).toEqual(error);
  });

  it.each(vectors(/^(valid|evolution)\//))('writes $name again', ({ frame, table, limits }) => {
    const tape = probe.decode(frame, table, limits);
    expect(probe.refusal).toEqual([wire.OK, 0]);
    expect(recode(kernels, tape, frame)).toEqual(frame);
  });

  it.each(vectors(/^(accepted|evolution)\//))('reads $name', ({ frame, reader, limits }) => {
    probe.decode(frame, reader, limits);
    expect([...probe.refusal, probe.badOffset]).toEqual([wire.OK, 0, 0]);
  });

  it('never reads over the end of what it was given', () => {
    for (const { frame: whole, table } of valid) {
      // More of the same follows in the buffer: reading it would go unnoticed, or well.
      const around = new Uint8Array(3 * whole.length);
      for (let length = 0; length < whole.length - 4; length++) {
        for (const at of [0, whole.length, 2 * whole.length]) around.set(whole, at);
        const cut = sealed(whole.subarray(0, length));
        around.set(cut, whole.length);
        expect(probe.decode(around.subarray(whole.length, whole.length + cut.length), table, {}, kindOf(whole))).toBe(
          0,
        );
        expect(kernels.errorOffset).toBeLessThanOrEqual(Math.max(0, cut.length - 4));
        const refusal = probe.refusal;
        expect(probe.decode(cut, table, {}, kindOf(whole))).toBe(0);
        expect(probe.refusal).toEqual(refusal);
      }
    }
  });

  it('judges random damage without fault, and writes again what it accepts', () => {
    const next = random(21);
    let accepted = 0;
    let refused = 0;
    for (let round = 0; round < 20_000; round++) {
      const { frame: whole, table } = valid[next(valid.length)] as Vector;
      const body = whole.slice(0, -4);
      for (let i = 1 + next(3); i > 0; i--) body[next(body.length)] = next(3) ? next(256) : (edges[next(6)] as number);
      const frame = sealed(body);
      const tape = probe.decode(frame, table, {}, kindOf(whole));
      if (tape === 0) {
        refused++;
        expect(codes.has(kernels.errorCode)).toBe(true);
        expect(kernels.errorOffset).toBeLessThanOrEqual(frame.length);
        continue;
      }
      if (probe.badOffset > 0 || probe.states.some((state) => state !== wire.GROUP_READ)) continue;
      accepted++;
      // Not always the same bytes: a decoder accepts wider forms. But what is written is read, and written the same.
      const once = recode(kernels, tape, frame);
      const again = probe.decode(once, table);
      expect(again).toBeGreaterThan(0);
      expect(recode(kernels, again, once)).toEqual(once);
    }
    expect(accepted).toBeGreaterThan(500);
    expect(refused).toBeGreaterThan(5000);
  });

  it('keeps nothing of a frame after the next begin', () => {
    const { frame, table } = valid.find(({ frame: bytes }) => bytes.length > 200) as Vector;
    recode(kernels, probe.decode(frame, table), frame);
    kernels.begin();
    const address = kernels.reserve(8);
    expect(kernels.heap.u8.subarray(address).every((byte) => byte === 0)).toBe(true);
  });
}

const edges = [0, 1, 2, 127, 128, 255];

function kindOf(frame: Uint8Array): number {
  return (frame[1] as number) & 15;
}
