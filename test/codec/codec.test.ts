import { describe, expect, it } from 'vitest';
import type { Schema } from '../../src/lib/contract/field.ts';
import { parseShape } from '../../src/lib/contract/parse.ts';
import { shape } from '../../src/lib/contract/shape.ts';
import * as t from '../../src/lib/contract/types.ts';
import { codecs, schemaOf } from './each-codec.ts';

describe.each(codecs)('%s codec', (_name, codec) => {
  /** What a reader gets of records that a writer gave. */
  function roundTrip(schema: Schema, records: unknown[]): readonly unknown[] | undefined {
    const frame = codec.encodePush(schema, { packets: [{ route: 0, records }] });
    return codec.decodePush(schema, frame).packets[0]?.records;
  }

  it('gives packets without records a list that nobody can fill for the others', () => {
    const schema = schemaOf(parseShape(['n:u8']));
    const records = roundTrip(schema, []) as unknown[];
    expect(records).toEqual([]);
    expect(() => records.push({ n: 1 })).toThrow(TypeError);
    expect(roundTrip(schema, [])).toEqual([]);
  });

  describe('values', () => {
    it('are of the types that B.1 names', () => {
      const schema = schemaOf(
        shape({
          big: t.i64(),
          at: t.date(),
          id: t.unixid(),
          blob: t.bytes(),
          any: t.json(),
          paper: t.file(),
          maybe: t.optional(t.u8()),
          none: t.nullable(t.u8()),
        }),
      );
      const record = {
        big: -(2n ** 63n),
        at: new Date(8.64e15),
        id: '9223372036854775807.1',
        blob: Uint8Array.of(1, 2),
        any: { a: [null, '\ud800'] },
        paper: { name: 'a.txt', type: 'text/plain', size: 1, upload: '', content: Uint8Array.of(65) },
        none: null,
      };
      expect(roundTrip(schema, [record])).toStrictEqual([record]);
    });

    it('have no negative zero where they are whole', () => {
      const schema = schemaOf(parseShape(['a:i8', 'b:int', 'c:timestamp', 'd:f64', 'e:list<u32>']));
      expect(roundTrip(schema, [{ a: -0, b: -0, c: -0, d: -0, e: [-0] }])).toStrictEqual([
        { a: 0, b: 0, c: 0, d: -0, e: [0] },
      ]);
    });

    it('leave their record where they are undefined', () => {
      const schema = schemaOf(parseShape(['a:optional<u8>', 'b:{c:optional<string>}', 'd:list<optional<u8>>']));
      const [record] = roundTrip(schema, [{ a: undefined, b: { c: undefined }, d: [undefined, 1] }]) as object[];
      expect(record).toStrictEqual({ b: {}, d: [undefined, 1] });
    });

    it('are read of fields only, not of what objects inherit', () => {
      const schema = schemaOf(parseShape(['constructor:optional<string>', 'a:{toString:nullable<optional<u8>>}']));
      const records: object[] = [{ a: {} }, { constructor: 'Lotus', a: { toString: null } }];
      const [one, two] = roundTrip(schema, records) as object[];
      expect(Object.entries(one as object)).toEqual([['a', { toString: undefined }]]);
      expect(two).toStrictEqual({ constructor: 'Lotus', a: { toString: null } });
    });

    it('may come from accessors of a class', () => {
      class Point {
        get x(): number {
          return 7;
        }
      }
      expect(roundTrip(schemaOf(parseShape(['x:u8'])), [new Point()])).toStrictEqual([{ x: 7 }]);
    });
  });

  describe('bytes', () => {
    const schema = schemaOf(parseShape(['blob:bytes', 'paper:optional<file>']));
    const paper = { name: 'a', type: 'b', size: 3, upload: '', content: Uint8Array.of(7, 8, 9) };
    const frame = codec.encodePush(schema, {
      packets: [{ route: 0, records: [{ blob: Uint8Array.of(1, 2, 3) }, { blob: new Uint8Array(), paper }] }],
    });
    const blobsOf = (source: Uint8Array, copyBytes: boolean) => {
      const records = codec.decodePush(schema, source, { copyBytes }).packets[0]?.records;
      const [one, two] = records as { blob: Uint8Array; paper?: { content: Uint8Array } }[];
      return [one?.blob, two?.blob, two?.paper?.content];
    };

    it('are views on the frame', () => {
      for (const blob of blobsOf(frame, false)) expect(blob?.buffer).toBe(frame.buffer);
    });

    it('are copies where that is asked for', () => {
      const own = frame.slice();
      const blobs = blobsOf(own, true);
      own.fill(0);
      expect(blobs).toEqual([Uint8Array.of(1, 2, 3), new Uint8Array(), Uint8Array.of(7, 8, 9)]);
      for (const blob of blobs) expect(blob?.buffer).not.toBe(own.buffer);
    });

    it('are plain arrays, also of a frame that is a Buffer', () => {
      const pool = Buffer.concat([Buffer.from('before'), frame]);
      const buffer = pool.subarray(6);
      const views = blobsOf(buffer, false);
      const copies = blobsOf(buffer, true);
      expect(views).toStrictEqual([Uint8Array.of(1, 2, 3), new Uint8Array(), Uint8Array.of(7, 8, 9)]);
      expect(copies).toStrictEqual(views);
      for (const view of views) expect(view?.buffer).toBe(pool.buffer);
      for (const copy of copies) expect(copy?.buffer).not.toBe(pool.buffer);
    });
  });

  describe('memory', () => {
    const schema = schemaOf(
      parseShape(['a:i64', 'b:f64', 'c:string', 'd:list<u32>', 'e:unixid', 'f:symbol', 'g:json', 'h:bytes', 'i:u8']),
    );
    const record = (n: number) => ({
      a: BigInt(n),
      b: n / 8,
      c: `n${n}`,
      d: [n, n + 1],
      e: `${n + 1}`,
      f: 'x',
      g: [n],
      h: Uint8Array.of(n),
      i: n,
    });
    const batch = (n: number) => ({ packets: [{ route: 0, records: [record(n), record(n + 1)] }] });

    it('of the codec is never part of a result', () => {
      const frame = codec.encodePush(schema, batch(1));
      const kept = frame.slice();
      const records = codec.decodePush(schema, frame).packets[0]?.records;
      for (let n = 2; n < 20; n++) codec.decodePush(schema, codec.encodePush(schema, batch(n)));
      expect(frame).toEqual(kept);
      expect(records).toStrictEqual([record(1), record(2)]);
    });

    it('of the caller is only read', () => {
      const frame = Object.freeze(batch(3));
      Object.freeze(frame.packets[0]?.records);
      const bytes = codec.encodePush(schema, frame);
      const kept = bytes.slice();
      codec.decodePush(schema, bytes);
      expect(bytes).toEqual(kept);
    });

    it('of a bare column is no view either', () => {
      const bare = schemaOf(parseShape([':f64']));
      const frame = codec.encodePush(bare, { packets: [{ route: 0, records: [1.5, 2.5] }] });
      const records = codec.decodePush(bare, frame).packets[0]?.records;
      codec.encodePush(bare, { packets: [{ route: 0, records: [8, 9] }] });
      expect(records).toStrictEqual([1.5, 2.5]);
    });

    it('holds nothing of an earlier call, nor of one that failed', () => {
      const large = codec.encodePush(schema, {
        packets: [{ route: 0, records: Array.from({ length: 200 }, (_, n) => record(n)) }],
      });
      const small = codec.encodePush(schema, batch(4));
      const cut = large.slice(0, -1);
      for (let i = 0; i < 3; i++) {
        codec.decodePush(schema, large);
        expect(() => codec.decodePush(schema, cut)).toThrow('[bad_checksum]');
        expect(() =>
          codec.encodePush(schema, {
            packets: [
              { route: 0, records: [...Array.from({ length: 99 }, (_, n) => record(n)), { ...record(1), i: 256 }] },
            ],
          }),
        ).toThrow('[unencodable]');
        expect(codec.encodePush(schema, batch(4))).toEqual(small);
        expect(codec.decodePush(schema, small).packets[0]?.records).toStrictEqual([record(4), record(5)]);
      }
    });

    it('is found again after more shapes than it has room for', () => {
      const first = schemaOf(parseShape(['a:u8']));
      const frame = codec.encodePush(first, { packets: [{ route: 0, records: [{ a: 1 }] }] });
      // A route table takes 4 KiB, and there are 4 MiB for all shapes.
      for (let i = 0; i < 1200; i++) {
        const name = `f${i % 7}`;
        expect(roundTrip(schemaOf(parseShape([`${name}:u16`])), [{ [name]: i }])).toStrictEqual([{ [name]: i }]);
      }
      expect(codec.decodePush(first, frame).packets[0]?.records).toStrictEqual([{ a: 1 }]);
    });
  });
});
