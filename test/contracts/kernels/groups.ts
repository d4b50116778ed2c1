import { describe, expect, it } from 'vitest';
import * as wire from '../../../assembly/protocol.ts';
import type { Kernels } from '../../../src/lib/codec/kernels.ts';
import type { RecordShape } from '../../../src/lib/contract/field.ts';
import { parseShape } from '../../../src/lib/contract/parse.ts';
import { ints } from '../../codec/reference.ts';
import { frameOf } from './one-group.ts';
import { Probe } from './probe.ts';

const kinds = [wire.KIND_REQUEST, wire.KIND_RESPONSE, wire.KIND_PUSH];

/** What is made of a group by readers of other contracts (A.4), and what that costs (A.8). */
export function groups(kernels: Kernels): void {
  const probe = new Probe(kernels);
  const written = parseShape(['a:u8', 'b:bytes']);
  const columns = [...ints([7n, 8n]), ...ints([1n, 2n])];
  const frame = frameOf(wire.KIND_PUSH, written, 2, columns, [1, 2, 3]);

  describe('groups', () => {
    it.each([
      ['the same contract', ['a:u8', 'b:bytes'], wire.GROUP_READ, 2],
      ['an older one', ['a:u8'], wire.GROUP_READ, 1],
      ['a newer one', ['a:u8', 'b:bytes', 'c:optional<{d:u8}>', 'e:optional<u8>'], wire.GROUP_READ, 2],
      ['one that requires more', ['a:u8', 'b:bytes', 'c:nullable<u8>'], wire.GROUP_MISMATCH, 0],
      ['one that changed the first field', ['a:u16', 'b:bytes'], wire.GROUP_MISMATCH, 0],
      ['one that changed the last field', ['a:u8', 'b:string'], wire.GROUP_MISMATCH, 0],
      ['none for the route', undefined, wire.GROUP_UNSUPPORTED, 0],
      ['one without a shape', null, wire.GROUP_UNSUPPORTED, 0],
    ])('read with %s', (_, descriptors, state, fields) => {
      const shape = descriptors ? parseShape(descriptors) : null;
      const table = new Map<number, RecordShape | null>(descriptors === undefined ? [] : [[0, shape]]);
      probe.decode(frame, table);
      expect(probe.refusal).toEqual([wire.OK, 0]);
      expect(probe.states).toEqual([state]);
      expect(probe.group(0, wire.GROUP_FIELDS_READ)).toBe(fields);
      expect(probe.group(0, wire.GROUP_FIELDS_WRITTEN)).toBe(2);
      expect(probe.group(0, wire.GROUP_TAIL)).toBe(3);
      expect(probe.group(0, wire.GROUP_SLOTS) > 0).toBe(state === wire.GROUP_READ);
      expect(probe.group(0, wire.GROUP_PROGRAM) > 0).toBe(shape !== null);
      if (state === wire.GROUP_READ) expect(probe.column(0, 'i32')).toEqual([7, 8]);
      if (fields === 2) expect(probe.column(1, 'u32')).toEqual([1, 2]);
    });

    it('begin their blobs where the ones before them end', () => {
      const shape = parseShape(['a:bytes', 'b:list<bytes>']);
      const two = frameOf(
        wire.KIND_PUSH,
        shape,
        2,
        [...ints([1n, 2n]), ...ints([1n, 0n]), ...ints([4n])],
        [1, 2, 3, 4, 5, 6, 7],
      );
      probe.decode(two, new Map([[0, shape]]));
      expect(probe.slot(0, wire.SLOT_TEXT)).toBe(0);
      expect(probe.slot(2, wire.SLOT_TEXT)).toBe(3);
      expect(probe.word(probe.tape + wire.TAPE_TAIL)).toBe(two.length - 4 - 7);
    });
  });

  describe('the budget of values', () => {
    // 2 lists + 3 elements + 2 optionals + 1 blob at 8.
    const table = new Map([[0, parseShape(['a:list<u8>', 'b:optional<bytes>'])]]);
    const lists = [...ints([1n, 2n]), ...ints([7n, 8n, 9n]), ...[2, 0b10], ...ints([3n])];
    const charging = frameOf(wire.KIND_PUSH, table.get(0), 2, lists, [1, 2, 3]);

    it('is charged for each node, and the tape says how much', () => {
      probe.decode(charging, table, { values: 15 });
      expect(probe.refusal).toEqual([wire.OK, 0]);
      expect(probe.charged).toBe(15);
      const begins = [0, 1, 2, 3].map((node) => probe.slot(node, wire.SLOT_OFFSET));
      // Each column refuses the budget that is one short of it, where it begins.
      for (const [values, offset] of [
        [14, begins[3]],
        [6, begins[2]],
        [4, begins[1]],
        [1, begins[0]],
      ]) {
        expect(probe.decode(charging, table, { values })).toBe(0);
        expect(probe.refusal).toEqual([wire.LIMIT, offset]);
      }
    });

    it('grows with the frame, and no further', () => {
      const shape = parseShape(['v:u8']);
      for (const [more, code] of [
        [0, wire.OK],
        [1, wire.LIMIT],
      ] as const) {
        const bytes = 21;
        const n = wire.VALUES_BASE + wire.VALUES_PER_BYTE * bytes + more;
        const equal = frameOf(wire.KIND_PUSH, shape, n, [0, 2]);
        expect(equal.length).toBe(bytes);
        probe.decode(equal, new Map([[0, shape]]), { values: Number.POSITIVE_INFINITY });
        expect(probe.refusal[0]).toBe(code);
      }
    });

    it('is charged 12 for a file, and nothing for its columns', () => {
      const shape = parseShape(['f:optional<file>']);
      const names = [...ints([1n]), 0, 0x61];
      const file = [1, ...names, 1, ...names, ...ints([5n]), ...names, ...ints([2n])];
      probe.decode(frameOf(wire.KIND_PUSH, shape, 1, file, [1, 2]), new Map([[0, shape]]));
      expect(probe.refusal).toEqual([wire.OK, 0]);
      expect(probe.charged).toBe(13);
    });

    it('is charged for what a reader makes of missing fields, unless those alone exceed it in an answer', () => {
      const short = parseShape(['a:u8']);
      const known = new Map([[0, parseShape(['a:u8', 'b:optional<u8>', 'c:optional<u8>'])]]);
      // The bad value would be the first of the frame, if the group were read.
      const column = ints([1n, 300n, 2n]);
      for (const kind of kinds) {
        const old = frameOf(kind, short, 3, column);
        // The group's length is followed by tail, fields, one signature and the column.
        const lengthAt = old.length - 4 - column.length - 5;
        probe.decode(old, known, { values: 9 });
        expect([probe.states, probe.charged]).toEqual([[wire.GROUP_READ], 9]);
        for (const values of [8, 6]) {
          expect(probe.decode(old, known, { values })).toBe(0);
          expect(probe.refusal).toEqual([wire.LIMIT, lengthAt]);
        }
        probe.decode(old, known, { values: 5 });
        if (kind === wire.KIND_REQUEST) {
          expect(probe.refusal).toEqual([wire.LIMIT, lengthAt]);
        } else {
          expect([probe.states, probe.group(0, wire.GROUP_SLOTS)]).toEqual([[wire.GROUP_MISMATCH], 0]);
          expect(probe.badOffset).toBe(0);
        }
      }
    });
  });
}
