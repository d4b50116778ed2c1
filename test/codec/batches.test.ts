import { describe, expect, it } from 'vitest';
import { parseShape } from '../../src/lib/contract/parse.ts';
import { DecodeError } from '../../src/lib/errors.ts';
import type { BatchRequest, BatchResponse } from '../../src/lib/packet.ts';
import { codecs, schemaOf } from './each-codec.ts';

const schema = schemaOf(parseShape(['name:string', 'blob:bytes']), parseShape([':u8']), null);
const ana = { name: 'Ana', blob: Uint8Array.of(1) };
const luis = { name: 'Łuís', blob: new Uint8Array() };
const max = Number.MAX_SAFE_INTEGER;

const request: BatchRequest = {
  outbox: 'fedcba9876543210',
  first: 7,
  oldest: 6,
  packets: [
    { seq: 7, route: 0, records: [ana], after: [], group: 1 },
    { seq: 8, route: 4, records: [1, 2, 3], after: [7, 5, 1], group: 1 },
    { seq: 11, route: 0, records: [luis, ana], after: [], group: 2 },
    { seq: max, route: 8, records: [], after: [max - 1], group: 0 },
  ],
};
const response: BatchResponse = {
  outbox: '0000000000000001',
  results: [
    { seq: max, route: 4, status: 0, message: '', records: [255] },
    { seq: 1, route: 0, status: 2, message: 'no, señor 😀', records: [] },
    { seq: 2, route: 4, status: 65_535, message: '\ufeff', records: [0, 1] },
  ],
};

describe.each(codecs)('%s codec: batches', (_name, codec) => {
  const frame = codec.encodeRequest(schema, request);

  it('of requests come back as they were', () => {
    expect(codec.decodeRequest(schema, frame)).toStrictEqual(request);
  });

  it('of requests that name no dependencies and groups have none', () => {
    const packets = [{ seq: 3, route: 4, records: [9] }];
    const plain = codec.encodeRequest(schema, { outbox: request.outbox, first: 3, oldest: 0, packets });
    const same = { outbox: request.outbox, first: 3, oldest: 0, packets: [{ ...packets[0], after: [], group: 0 }] };
    expect(codec.decodeRequest(schema, plain)).toStrictEqual(same);
    expect(codec.encodeRequest(schema, codec.decodeRequest(schema, plain))).toEqual(plain);
  });

  it('of requests may be empty: they acknowledge', () => {
    const empty = { outbox: request.outbox, first: max, oldest: 12, packets: [] };
    expect(codec.decodeRequest(schema, codec.encodeRequest(schema, empty))).toStrictEqual(empty);
  });

  it('of responses come back as they were, in any order', () => {
    expect(codec.decodeResponse(schema, codec.encodeResponse(schema, response))).toStrictEqual(response);
  });

  it('of pushes come back as they were', () => {
    const packets = [
      { route: 4, records: [1] },
      { route: 0, records: [luis] },
      { route: 4, records: [2] },
      { route: 8, records: [] },
    ];
    expect(codec.decodePush(schema, codec.encodePush(schema, { packets }))).toStrictEqual({ packets });
  });

  it('of another kind are refused', () => {
    expect(() => codec.decodeResponse(schema, frame)).toThrow('[bad_kind]');
    expect(() => codec.decodePush(schema, frame)).toThrow('[bad_kind]');
  });

  it('use the shapes of their direction', () => {
    const inputs = new Map([[0, parseShape(['a:u8'])]]);
    const outputs = new Map([[0, parseShape(['b:string'])]]);
    const two = { inputs, outputs };
    const packets = [{ seq: 1, route: 0, records: [{ a: 1 }], after: [], group: 0 }];
    const asked = codec.encodeRequest(two, { outbox: request.outbox, first: 1, oldest: 0, packets });
    expect(codec.decodeRequest(two, asked).packets).toStrictEqual(packets);
    const results = [{ seq: 1, route: 0, status: 0, message: '', records: [{ b: 'x' }] }];
    const answered = codec.encodeResponse(two, { outbox: request.outbox, results });
    expect(codec.decodeResponse(two, answered).results).toStrictEqual(results);
    expect(
      codec.decodePush(two, codec.encodePush(two, { packets: [{ route: 0, records: [{ b: 'y' }] }] })).packets,
    ).toStrictEqual([{ route: 0, records: [{ b: 'y' }] }]);
  });

  it('are read wherever they lie in memory', () => {
    for (let offset = 0; offset < 9; offset++) {
      const room = new Uint8Array(offset + frame.length + 5).fill(0xaa);
      room.set(frame, offset);
      expect(codec.decodeRequest(schema, room.subarray(offset, offset + frame.length))).toStrictEqual(request);
    }
  });

  describe('opened only', () => {
    it('show their packets without records', () => {
      const { packets, ...head } = request;
      const heads = packets.map(({ records, ...packet }) => ({ ...packet, items: records.length }));
      expect(codec.openRequest(schema, frame)).toStrictEqual({ ...head, packets: heads });
    });

    it('are refused as when they are decoded', () => {
      for (let length = 0; length < frame.length; length++) {
        const cut = frame.subarray(0, length);
        const refusals = [codec.openRequest, codec.decodeRequest].map((read) => {
          try {
            return read(schema, cut);
          } catch (error) {
            expect(error).toBeInstanceOf(DecodeError);
            return (error as DecodeError).message;
          }
        });
        expect(refusals[0]).toEqual(refusals[1]);
        expect(refusals[0]).toMatch(/^\[(truncated|bad_checksum)\] the frame is refused at offset \d+$/);
      }
    });

    it('count records that nobody can read', () => {
      const others = schemaOf(parseShape(['other:string']));
      const { packets } = codec.openRequest(others, frame);
      expect(packets.map(({ items }) => items)).toEqual([1, 3, 2, 0]);
    });
  });

  describe('that nobody can read', () => {
    it('are marked, whatever of them is there', () => {
      const others = schemaOf(parseShape(['other:string']), null);
      const read = codec.decodeRequest(others, frame).packets;
      expect(read.map(({ mark, items, records }) => ({ mark, items, records }))).toEqual([
        { mark: 'contract_mismatch', items: 1, records: [] },
        { mark: 'unsupported', items: 3, records: [] },
        { mark: 'contract_mismatch', items: 2, records: [] },
        { mark: 'unsupported', items: 0, records: [] },
      ]);
      expect(read.map(({ seq, after, group }) => ({ seq, after, group }))).toEqual(
        request.packets.map(({ seq, after, group }) => ({ seq, after, group })),
      );
    });

    it('keep status and message where they are results', () => {
      const results = codec.decodeResponse(schemaOf(), codec.encodeResponse(schema, response)).results;
      expect(results).toEqual(
        response.results.map((result) => ({
          ...result,
          records: [],
          mark: 'unsupported',
          items: result.records.length,
        })),
      );
    });
  });

  describe('at a limit', () => {
    it.each([
      ['frame', frame.length],
      ['packets', 4],
      ['groups', 2],
      // 4 dependencies, 3 names, 3 blobs at 8, 3 numbers.
      ['values', 4 + 3 + 24 + 3],
      ['string', 4],
    ] as const)('%s', (limit, value) => {
      expect(codec.decodeRequest(schema, frame, { limits: { [limit]: value } })).toStrictEqual(request);
      expect(codec.decodeRequest(schema, frame, { limits: { [limit]: Number.POSITIVE_INFINITY } })).toStrictEqual(
        request,
      );
      expect(() => codec.decodeRequest(schema, frame, { limits: { [limit]: value - 1 } })).toThrow('[limit]');
      expect(codec.decodeRequest(schema, frame)).toStrictEqual(request);
    });

    it('json', () => {
      const own = schemaOf(parseShape([':json']));
      const packets = [{ route: 0, records: [[[{ a: '[[[[' }]]] }];
      const pushed = codec.encodePush(own, { packets });
      expect(codec.decodePush(own, pushed, { limits: { json: 3 } })).toStrictEqual({ packets });
      expect(() => codec.decodePush(own, pushed, { limits: { json: 2 } })).toThrow('[out_of_range]');
    });
  });
});
