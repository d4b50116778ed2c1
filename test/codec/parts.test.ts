import { describe, expect, it } from 'vitest';
import { parseShape } from '../../src/lib/contract/parse.ts';
import { xxh32 } from '../../src/lib/xxh32.ts';
import { codecs, schemaOf } from './each-codec.ts';

const schema = schemaOf(
  parseShape(['name:string', 'content:bytes', 'paper:optional<file>']),
  parseShape(['blob:bytes']),
);

describe.each(codecs)('%s codec, encoding in parts', (_name, codec) => {
  const one = Uint8Array.of(1, 2, 3);
  const two = new Uint8Array(70_000).fill(7);
  const paper = { name: 'a', type: 'b', size: 2, upload: '', content: Uint8Array.of(8, 9) };
  const packets = [
    { seq: 1, route: 4, records: [{ blob: two }], status: 0, message: '' },
    { seq: 2, route: 0, records: [{ name: 'ñ', content: one, paper }], status: 0, message: '' },
    { seq: 3, route: 0, records: [{ name: '', content: new Uint8Array() }], status: 0, message: '' },
  ];
  const outbox = '00000000000000ab';
  const request = { outbox, first: 1, oldest: 0, packets };
  const response = { outbox, results: packets };

  it('gives the bytes of the whole frame', () => {
    const whole = (parts: readonly Uint8Array[]) => new Uint8Array(Buffer.concat(parts));
    expect(whole(codec.encodeRequestParts(schema, request))).toEqual(codec.encodeRequest(schema, request));
    expect(whole(codec.encodeResponseParts(schema, response))).toEqual(codec.encodeResponse(schema, response));
    expect(whole(codec.encodePushParts(schema, { packets }))).toEqual(codec.encodePush(schema, { packets }));
  });

  it.each([1, 16_000, 16_384, 40_000])('hashes blobs of %i bytes in pieces as one run', (bytes) => {
    const records = [3, 1, 2].map((times) => ({ blob: Uint8Array.from({ length: times * bytes }, (_, i) => i % 251) }));
    const batch = { packets: [{ route: 4, records }] };
    const frame = codec.encodePush(schema, batch);
    const check = new DataView(frame.buffer).getUint32(frame.length - 4, true);
    expect(check).toBe(xxh32(new DataView(frame.buffer), 0, frame.length - 4, 0));
    expect(new Uint8Array(Buffer.concat(codec.encodePushParts(schema, batch)))).toEqual(frame);
    expect(codec.decodePush(schema, frame).packets[0]?.records).toEqual(records);
  });

  it('hands the blobs on as they are, in the order of the tail', () => {
    const parts = codec.encodeRequestParts(schema, request);
    // A column's blobs stand together: those of files come after those of the field before them.
    expect(parts).toHaveLength(5);
    for (const [i, blob] of [one, paper.content, two].entries()) expect(parts[i + 1]).toBe(blob);
  });

  it('makes one part of a frame without blobs', () => {
    const empty = { ...request, packets: [{ seq: 1, route: 4, records: [{ blob: new Uint8Array() }] }] };
    expect(codec.encodeRequestParts(schema, empty)).toEqual([codec.encodeRequest(schema, empty)]);
  });

  it('refuses what the whole frame refuses', () => {
    const bad = { packets: [{ route: 4, records: [{ blob: 'text' }] }] };
    expect(() => codec.encodePushParts(schema, bad)).toThrow('packets[0].records[0].blob');
  });
});
