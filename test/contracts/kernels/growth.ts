import { describe, expect, it } from 'vitest';
import * as wire from '../../../assembly/protocol.ts';
import type { Kernels } from '../../../src/lib/codec/kernels.ts';
import { installSchema } from '../../../src/lib/codec/program.ts';
import { build, table } from './pieces.ts';
import { Probe } from './probe.ts';
import { recode } from './recode.ts';

/** Memory that has to grow in the middle of a frame: at every place where it can run out, since each may keep an old view. */
export function growth(create: () => Kernels): void {
  /** Leaves so many bytes before the arena has to grow. */
  function leave(kernels: Kernels, room: number): void {
    const here = kernels.reserve(8) + 8;
    const pad = kernels.heap.u8.length - here - room;
    if (pad > 0) kernels.reserve(pad);
  }

  describe('an arena that grows', () => {
    it.each([wire.KIND_REQUEST, wire.KIND_RESPONSE, wire.KIND_PUSH])(
      'keeps what was read of a frame of kind %d',
      (kind) => {
        const { frame } = build(kind, { whole: [4], bools: [0b11] });
        let grown = 0;
        for (let room = 8; room < 2048; room += 8) {
          const probe = new Probe(create());
          const { kernels } = probe;
          installSchema(kernels, table);
          kernels.begin();
          leave(kernels, room);
          const before = kernels.heap.u8.length;
          const tape = probe.read(frame, table);
          if (kernels.heap.u8.length > before) grown++;
          expect(recode(kernels, tape, frame)).toEqual(frame);
        }
        expect(grown).toBeGreaterThan(50);
      },
    );

    it('keeps what was written', () => {
      const { frame } = build(wire.KIND_REQUEST, {});
      for (let room = 0; room < frame.length + 16; room++) {
        const probe = new Probe(create());
        const tape = probe.decode(frame, table);
        expect(recode(probe.kernels, tape, frame, () => leave(probe.kernels, room))).toEqual(frame);
      }
    });
  });
}
