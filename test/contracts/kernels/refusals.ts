import { describe, expect, it } from 'vitest';
import * as wire from '../../../assembly/protocol.ts';
import type { Kernels } from '../../../src/lib/codec/kernels.ts';
import { installSchema } from '../../../src/lib/codec/program.ts';
import { defaultLimits } from '../../../src/lib/limits.ts';
import { intsAs, little, varint } from '../../codec/reference.ts';
import { BIG, build, counts, group, type Pieces, table, text } from './pieces.ts';

/** Code, piece at fault, how many bytes into it, changes. */
type Case = [code: number, at: string, into: number, changes: Pieces, limits?: object];

/** Each code of A.7, wherever a frame can earn it: the piece at fault gives the offset. */
export function refusals(kernels: Kernels): void {
  function decode(kind: number, frame: Uint8Array, limits = {}): [number, number] {
    const routes = installSchema(kernels, table);
    kernels.begin();
    const tape = kernels.decode(frame, kind, routes, { ...defaultLimits, ...limits });
    return tape === 0 ? [kernels.errorCode, kernels.errorOffset] : [wire.OK, 0];
  }

  function check(kind: number, cases: Case[]): void {
    for (const [code, at, into, changes, limits] of cases) {
      const { frame, offsets } = build(kind, changes);
      const place = (offsets[at] as number) + into;
      expect(decode(kind, frame, limits), `${at}: ${JSON.stringify(changes)}`).toEqual([code, place]);
    }
  }

  describe.each([wire.KIND_REQUEST, wire.KIND_RESPONSE, wire.KIND_PUSH])('a frame of kind %d', (kind) => {
    it('is good before anything is changed', () => {
      expect(decode(kind, build(kind, {}).frame)).toEqual([wire.OK, 0]);
    });

    it('is refused for its outer shape', () => {
      check(kind, [
        [wire.BAD_MAGIC, 'magic', 0, { magic: [0xc6] }],
        [wire.BAD_VERSION, 'head', 0, { head: [0x20 | kind] }],
        [wire.BAD_KIND, 'head', 0, { head: [0x10 | (kind === 1 ? 2 : 1)] }],
        [wire.TRAILING_BYTES, 'trailing', 0, { trailing: [0] }],
        [wire.BAD_LENGTH, 'blobs', 0, { blobs: [1] }],
      ]);
      const { frame } = build(kind, {});
      expect(decode(kind, frame, { frame: frame.length })).toEqual([wire.OK, 0]);
      expect(decode(kind, frame, { frame: frame.length - 1 })).toEqual([wire.LIMIT, 0]);
      expect(decode(kind, frame.subarray(0, 10), { frame: 0 })).toEqual([wire.TRUNCATED, 0]);
      frame[frame.length - 1] = (frame[frame.length - 1] as number) ^ 1;
      expect(decode(kind, frame)).toEqual([wire.BAD_CHECKSUM, frame.length - 4]);
    });

    it('is refused for varints that are not the shortest, or cut', () => {
      const ones = (n: number) => new Array<number>(n).fill(0xff);
      check(kind, [
        [wire.OVERLONG_VARINT, 'flags', 0, { flags: [0x80, 0] }],
        [wire.OVERLONG_VARINT, 'count', 0, { count: [...ones(9), 2] }],
        [wire.OVERLONG_VARINT, 'count', 0, { count: [...ones(9), 0x81, 0] }],
        [wire.OVERLONG_VARINT, 'count', 0, { count: [...new Array(9).fill(0x80), 0] }],
        [wire.BAD_COUNT, 'count', 0, { count: [...ones(9), 1] }],
        [wire.TRUNCATED, 'length', 1, { length: [2], tail: [0x80, 0x80], fields: [0x80] }],
      ]);
    });

    it('is refused for its packets', () => {
      const n = kind === wire.KIND_REQUEST ? 4 : kind === wire.KIND_RESPONSE ? 3 : 2;
      const column = (last: number | bigint) => ({ route: counts(...new Array(n - 1).fill(0), last) });
      const items = (last: number | bigint) => ({ items: counts(...new Array(n - 1).fill(1), last) });
      check(kind, [
        [wire.BAD_FLAGS, 'flags', 0, { flags: [4] }],
        [wire.BAD_FLAGS, 'flags', 0, { flags: varint(2n ** 60n) }],
        [wire.BAD_COUNT, 'count', 0, { count: varint(BIG) }],
        [wire.LIMIT, 'count', 0, {}, { packets: n - 1 }],
        [wire.OUT_OF_RANGE, 'route', 0, column(1024)],
        [wire.OUT_OF_RANGE, 'route', 0, column(-1)],
        [wire.OUT_OF_RANGE, 'route', 0, column(2n ** 32n)],
        [wire.BAD_MODE, 'route', 0, { route: [9, 0] }],
        [wire.BAD_COUNT, 'items', 0, items(-1)],
        [wire.BAD_COUNT, 'items', 0, items(BIG)],
        [wire.BAD_COUNT, 'items', 0, items(BIG - 1n)],
      ]);
    });

    it('is refused for its groups', () => {
      check(kind, [
        [wire.BAD_COUNT, 'groups', 0, { groups: [2] }],
        [wire.BAD_COUNT, 'groups', 0, { groups: [0] }],
        [wire.LIMIT, 'groups', 0, {}, { groups: 0 }],
        [wire.BAD_ORDER, 'groupRoute', 0, { groupRoute: [4] }],
        [wire.OUT_OF_RANGE, 'groupRoute', 0, { groupRoute: varint(1024n) }],
        [wire.OUT_OF_RANGE, 'groupRoute', 0, { groupRoute: varint(2n ** 64n - 1n) }],
        [wire.BAD_COUNT, 'length', 0, { length: [120] }],
        [wire.BAD_COUNT, 'length', 0, { length: varint(BIG) }],
        [wire.BAD_LENGTH, 'length', 0, { bools: [1, 0] }],
        [wire.BAD_COUNT, 'tail', 0, { tail: varint(BIG) }],
        [wire.BAD_LENGTH, 'tail', 0, { tail: [3] }],
        [wire.BAD_LENGTH, 'lengths', 0, { tail: [1] }],
        [wire.BAD_COUNT, 'fields', 0, { fields: [0] }],
        [wire.BAD_COUNT, 'fields', 0, { fields: varint(BIG - 1n) }],
        [wire.TRUNCATED, 'bools', 0, { bools: [] }],
      ]);
    });

    it('is refused for its columns', () => {
      check(kind, [
        [wire.BAD_COUNT, 'strings', 0, { strings: counts(-1, 4) }],
        [wire.BAD_COUNT, 'strings', 0, { strings: counts(BIG, 4) }],
        [wire.LIMIT, 'strings', 0, {}, { string: 1 }],
        [wire.LIMIT, 'strings', 0, { strings: counts(2n ** 32n, 1) }],
        [wire.BAD_COUNT, 'strings', 0, { strings: intsAs([-1n, 5n], 2, -3n) }, { string: 1 }],
        [wire.BAD_COUNT, 'excess', 0, { excess: varint(BIG) }],
        [wire.TRUNCATED, 'text', 0, { excess: varint(BIG - 1n) }],
        [wire.BAD_UTF8, 'text', 0, { text: [0x61, 0xc3, 0x21, 0x21] }],
        [wire.BAD_LENGTH, 'strings', 0, { text: text('aaaa') }],
        [wire.BAD_LENGTH, 'strings', 0, { strings: counts(1, 1), excess: [2], text: text('😀') }],
        [wire.BAD_COUNT, 'lists', 0, { lists: counts(-1, 4) }],
        [wire.BAD_COUNT, 'lists', 0, { lists: counts(BIG - 1n, 1) }],
        [wire.LIMIT, 'dictionary', 0, { lists: counts(BIG - 2n, 1) }],
        [wire.BAD_COUNT, 'dictionary', 0, { dictionary: [0] }],
        [wire.BAD_COUNT, 'dictionary', 0, { dictionary: [4] }],
        [wire.LIMIT, 'names', 0, { names: counts(1, 3), namesText: text('xyzz') }, { string: 2 }],
        [wire.BAD_LENGTH, 'names', 0, { namesExcess: [1], namesText: text('xyzz') }],
        [wire.OUT_OF_RANGE, 'indices', 0, { indices: counts(0, 1, 2) }],
        [wire.OUT_OF_RANGE, 'indices', 0, { indices: counts(0, 1, -1) }],
        [wire.BAD_COUNT, 'lengths', 0, { lengths: counts(3, -1) }],
        [wire.BAD_COUNT, 'lengths', 0, { lengths: counts(BIG, 0) }],
        [wire.BAD_LENGTH, 'lengths', 0, { lengths: counts(BIG - 1n, BIG - 1n) }],
        [wire.BAD_MODE, 'presence', 0, { presence: [3] }],
        [wire.BAD_MODE, 'presence', 0, { presenceBits: [0] }],
        [wire.BAD_MODE, 'presence', 0, { presenceBits: [3] }],
        [wire.BAD_PADDING, 'presenceBits', 0, { presenceBits: [4] }],
        [wire.BAD_MODE, 'mode', 0, { mode: [8] }],
        [wire.BAD_MODE, 'mode', 0, { mode: [254] }],
        [wire.TRUNCATED, 'whole', 0, { mode: [255], whole: little(0n, 6), bools: [1] }],
        [wire.BAD_PADDING, 'bools', 0, { bools: [0b101] }],
        [wire.BAD_MODE, 'lengths', 0, { lengths: [9, 0, 0] }],
        [wire.TRUNCATED, 'lengths', 2, { lengths: [8, 0] }],
      ]);
    });
  });

  describe('a request', () => {
    it('is refused for what only it has', () => {
      check(wire.KIND_REQUEST, [
        [wire.OUT_OF_RANGE, 'outbox', 0, { outbox: little(0n, 8) }],
        [wire.BAD_COUNT, 'first', 0, { first: [0] }],
        [wire.BAD_COUNT, 'first', 0, { first: varint(BIG) }],
        [wire.BAD_COUNT, 'oldest', 0, { oldest: [9] }],
        [wire.BAD_ORDER, 'seq', 0, { seq: counts(1, 0, 1, 0) }],
        [wire.BAD_ORDER, 'seq', 0, { seq: counts(0, 0, -1, 0) }],
        [wire.BAD_ORDER, 'seq', 0, { seq: counts(0, 0, BIG - 12n, 1) }],
        [wire.BAD_ORDER, 'seq', 0, { seq: counts(0, 0, 2n ** 63n - 1n, 0) }],
        [wire.BAD_COUNT, 'depCounts', 0, { depCounts: counts(-1, 2, 2, 0) }],
        [wire.BAD_COUNT, 'depCounts', 0, { depCounts: counts(BIG - 1n, 1, 0, 0) }],
        [wire.LIMIT, 'deps', 0, { depCounts: counts(BIG - 1n, 0, 0, 0) }],
        [wire.LIMIT, 'deps', 0, {}, { values: 2 }],
        [wire.BAD_FLAGS, 'flags', 0, { depCounts: counts(0, 0, 0, 0), deps: [] }],
        [wire.BAD_ORDER, 'deps', 0, { deps: counts(9, 1, 3) }],
        [wire.BAD_ORDER, 'deps', 0, { deps: counts(0, 1, 3) }],
        [wire.BAD_ORDER, 'deps', 0, { deps: counts(8, 3, 3) }],
        [wire.BAD_ORDER, 'deps', 0, { deps: counts(8, 3, 1) }],
        [wire.BAD_ORDER, 'deps', 0, { deps: counts(8, -1, 1) }],
        [wire.BAD_FLAGS, 'flags', 0, { atomic: counts(0, 0, 0, 0) }],
        [wire.BAD_ORDER, 'atomic', 0, { atomic: counts(1, 2, 1, 0) }],
        [wire.BAD_ORDER, 'atomic', 0, { atomic: counts(1, 0, 1, 0) }],
        [wire.BAD_ORDER, 'atomic', 0, { atomic: counts(1, 3, 0, 0) }],
        [wire.BAD_ORDER, 'atomic', 0, { atomic: counts(0, 0, 2, 0) }],
        [wire.BAD_ORDER, 'atomic', 0, { atomic: counts(1, -1, 0, 0) }],
      ]);
    });

    it('may carry nothing, but then no section either', () => {
      const nothing = { count: [0], seq: [], route: [], items: [], depCounts: [], deps: [], atomic: [], groups: [0] };
      const rest = ['groupRoute', 'length', 'tail', 'fields', 'signs', ...Object.keys(group), 'blobs'];
      const changes: Pieces = { ...nothing, ...Object.fromEntries(rest.map((name) => [name, []])) };
      check(wire.KIND_REQUEST, [
        [wire.OK, 'magic', 0, { ...changes, flags: [0] }],
        [wire.BAD_FLAGS, 'flags', 0, { ...changes, flags: [1] }],
        [wire.BAD_FLAGS, 'flags', 0, { ...changes, flags: [2] }],
      ]);
    });
  });

  describe('a response', () => {
    it('is refused for what only it has', () => {
      check(wire.KIND_RESPONSE, [
        [wire.OUT_OF_RANGE, 'outbox', 0, { outbox: little(0n, 8) }],
        [wire.BAD_COUNT, 'first', 0, { first: [0] }],
        [wire.BAD_COUNT, 'count', 0, { count: [0] }],
        [wire.BAD_ORDER, 'seq', 0, { seq: counts(-1, 0, 0) }],
        [wire.BAD_ORDER, 'seq', 0, { seq: counts(0, -1, 0) }],
        [wire.BAD_ORDER, 'seq', 0, { seq: counts(0, 3, -5) }],
        [wire.BAD_ORDER, 'seq', 0, { seq: counts(0, -10, 0) }],
        [wire.BAD_ORDER, 'seq', 0, { seq: counts(0, -(2n ** 63n), 0) }],
        [wire.OUT_OF_RANGE, 'status', 0, { status: counts(0, 65_536, 0) }],
        [wire.OUT_OF_RANGE, 'status', 0, { status: counts(0, -1, 0) }],
        [
          wire.BAD_FLAGS,
          'flags',
          0,
          { messages: [0], messageIndex: [], messageLengths: [], messageExcess: [], messageText: [] },
        ],
        [wire.BAD_COUNT, 'messages', 0, { messages: [4] }],
        [wire.BAD_ORDER, 'messageIndex', 0, { messageIndex: counts(-1, 1) }],
        [wire.BAD_ORDER, 'messageIndex', 0, { messageIndex: counts(1, 1) }],
        [wire.BAD_ORDER, 'messageIndex', 0, { messageIndex: counts(0, 2n ** 40n) }],
        [wire.BAD_COUNT, 'messageLengths', 0, { messageLengths: counts(0, 2) }],
        [wire.BAD_COUNT, 'messageLengths', 0, { messageLengths: counts(0, 2n ** 32n) }],
        [wire.LIMIT, 'messageLengths', 0, { messageLengths: counts(2n ** 32n, 1) }],
        [wire.LIMIT, 'messageLengths', 0, {}, { string: 0 }],
        [wire.BAD_UTF8, 'messageText', 0, { messageText: [0x61, 0xff] }],
      ]);
    });
  });

  describe('a push', () => {
    it('is refused without packets', () => {
      check(wire.KIND_PUSH, [[wire.BAD_COUNT, 'count', 0, { count: [0] }]]);
    });
  });
}
