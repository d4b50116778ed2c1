import { describe, expect, it } from 'vitest';
import * as wire from '../../../assembly/protocol.ts';
import type { Kernels } from '../../../src/lib/codec/kernels.ts';
import { parseShape } from '../../../src/lib/contract/parse.ts';
import { floats, ints, little } from '../../codec/reference.ts';
import { frameOf } from './one-group.ts';
import { Probe } from './probe.ts';

/** Values that their types do not allow: marked where they are, while the frame is read to its end. */
export function values(kernels: Kernels): void {
  const probe = new Probe(kernels);

  function read(descriptors: string[], n: number, columns: number[]): void {
    const shape = parseShape(descriptors);
    probe.decode(frameOf(wire.KIND_PUSH, shape, n, columns), new Map([[0, shape]]));
    expect(probe.refusal).toEqual([wire.OK, 0]);
  }

  describe('values that their types do not allow', () => {
    it.each([
      ['u8', 0n, 255n],
      ['u16', 0n, 65_535n],
      ['u32', 0n, 2n ** 32n - 1n],
      ['i8', -128n, 127n],
      ['i16', -32_768n, 32_767n],
      ['i32', -(2n ** 31n), 2n ** 31n - 1n],
      ['enum<a,b,c>', 0n, 2n],
      ['int', -(2n ** 53n) + 1n, 2n ** 53n - 1n],
      ['timestamp', -(2n ** 53n) + 1n, 2n ** 53n - 1n],
      ['date', -8_640_000_000_000_000n, 8_640_000_000_000_000n],
    ])('are marked in a column of %s, and made 0', (type, min, max) => {
      const view = ['int', 'timestamp', 'date'].includes(type) ? 'f64' : type === 'u32' ? 'u32' : 'i32';
      read([`v:${type}`], 2, ints([min, max]));
      expect([probe.bad(0), probe.badOffset]).toEqual([[], 0]);
      read([`v:${type}`], 4, ints([max, max + 1n, min, min - 1n]));
      expect([probe.bad(0), probe.badOffset]).toEqual([[0, 1, 0, 1], probe.slot(0, wire.SLOT_OFFSET)]);
      expect(probe.column(0, view)).toEqual([Number(max), 0, Number(min), 0]);
      for (const far of [max + 1n, min - 1n, 2n ** 63n - 1n, -(2n ** 63n)]) {
        read([`v:${type}`], 1, ints([far]));
        expect([probe.bad(0), probe.column(0, view)]).toEqual([[1], [0]]);
      }
    });

    it('are marked in a column of unixid, by ticks and by nodes', () => {
      const ticks = ints([1n, 0n, 2n ** 63n - 1n, -1n, 5n]);
      const nodes = ints([0n, 1n, 2n ** 63n - 1n, 2n, -1n]);
      read(['v:unixid'], 5, [...ticks, ...nodes]);
      expect([probe.bad(0), probe.badOffset]).toEqual([[0, 1, 0, 1, 1], probe.slot(0, wire.SLOT_OFFSET)]);
      const good = [0, 2];
      const most = 2n ** 63n - 1n;
      expect(good.map((i) => probe.column(0, 'i64')[i])).toEqual([1n, most]);
      expect(good.map((i) => probe.column(0, 'i64', wire.SLOT_SECOND)[i])).toEqual([0n, most]);
    });

    it('are marked in a column of f64: every NaN but one, and r beyond the safe integers', () => {
      const one = little(0x7ff8000000000000n, 8);
      for (const other of [0x7ff8000000000001n, 0xfff8000000000000n, 0x7ff0000000000001n, 0x7ff8000100000000n]) {
        read(['v:f64'], 2, [255, ...one, ...little(other, 8)]);
        expect([probe.bad(0), probe.column(0, 'f64')]).toEqual([
          [0, 1],
          [Number.NaN, 0],
        ]);
      }
      read(['v:f64'], 2, floats([2 ** 53 - 1, 7]));
      expect(probe.bad(0)).toEqual([]);
      read(['v:f64'], 2, [2, ...ints([7n, 2n ** 53n])]);
      expect([probe.bad(0), probe.column(0, 'f64')]).toEqual([
        [0, 1],
        [0.07, 0],
      ]);
    });

    it('are found in frame order', () => {
      read(['a:list<u8>', 'b:u8'], 2, [...ints([1n, 1n]), ...ints([1n, 256n]), ...ints([-1n, -1n])]);
      expect([probe.bad(1), probe.bad(2)]).toEqual([
        [0, 1],
        [1, 1],
      ]);
      expect(probe.badOffset).toBe(probe.slot(1, wire.SLOT_OFFSET));
    });
  });
}
