import { describe, expect, it } from 'vitest';
import type { ChunkOptions, Codec, DecodeOptions } from '../../src/lib/codec/codec.ts';
import type { Schema } from '../../src/lib/contract/field.ts';
import { parseShape } from '../../src/lib/contract/parse.ts';
import { DecodeError } from '../../src/lib/errors.ts';
import { randomBatch } from '../generate/batches.ts';
import { mutate } from '../generate/mutations.ts';
import { Random } from '../generate/random.ts';
import { codecs, schemaOf } from './each-codec.ts';
import { type AnyBatch, decodeAny, encodeAny, packetsOf } from './kinds.ts';
import { same } from './same.ts';

/** All chunks put together again, as the whole decode gives them. */
function joined(codec: Codec, schema: Schema, kind: AnyBatch['kind'], frame: Uint8Array, options: ChunkOptions) {
  switch (kind) {
    case 'request': {
      const chunks = [...codec.decodeRequestChunks(schema, frame, options)];
      return chunks.length === 0 ? null : { ...chunks[0], packets: chunks.flatMap(({ packets }) => packets) };
    }
    case 'response': {
      const chunks = [...codec.decodeResponseChunks(schema, frame, options)];
      return { ...chunks[0], results: chunks.flatMap(({ results }) => results) };
    }
    case 'push':
      return { packets: [...codec.decodePushChunks(schema, frame, options)].flatMap(({ packets }) => packets) };
  }
}

function outcome(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    if (error instanceof DecodeError) return `${error.code} at ${error.offset}`;
    throw error;
  }
}

describe.each(codecs)('%s codec: a frame in chunks', (_name, codec) => {
  const table = schemaOf(parseShape(['n:u32', 'text:string']), parseShape([':json']));
  const packets = Array.from({ length: 10 }, (_, n) => ({ route: 0, records: [{ n, text: 'ñ'.repeat(n) }] }));
  const frame = codec.encodePush(table, { packets });

  it('gives what the whole gives, whatever it holds and however it is damaged', () => {
    let read = 0;
    for (let seed = 0; seed < 1500; seed++) {
      const random = new Random(seed);
      const made = randomBatch(random);
      const schema = random.once(3) ? made.reader : made.writer;
      const whole = encodeAny(codec, made.writer, made);
      const bytes = random.once(3) ? mutate(random, whole, whole) : whole;
      const options: DecodeOptions = { ...(random.once(2) && { invalidValues: 'mark' }), copyBytes: random.once(2) };
      const chunkPackets = random.pick([1, 1, 2, 3, 1000]);
      const expected = outcome(() => decodeAny(codec, schema, made.kind, bytes, options));
      const found = outcome(() => joined(codec, schema, made.kind, bytes, { ...options, chunkPackets }));
      if (typeof expected === 'string') {
        expect(found, `seed ${seed}`).toBe(expected);
        continue;
      }
      const all = expected as ReturnType<typeof decodeAny>;
      if (packetsOf(all).length === 0) expect(found).toBeNull();
      else if (!same(found, all.batch)) expect(found, `seed ${seed}`).toEqual(all.batch);
      read++;
    }
    expect(read).toBeGreaterThan(500);
  });

  it('has so many packets in each but the last', () => {
    const sizes = Array.from(
      codec.decodePushChunks(table, frame, { chunkPackets: 4 }),
      (chunk) => chunk.packets.length,
    );
    expect(sizes).toEqual([4, 4, 2]);
    expect([...codec.decodePushChunks(table, frame)]).toHaveLength(1);
  });

  it('is judged before the first is given', () => {
    const bad = frame.slice();
    bad[bad.length - 5] = (bad[bad.length - 5] as number) ^ 1;
    expect(() => codec.decodePushChunks(table, bad)).toThrow('bad_checksum');
    const deep = codec.encodePush(table, {
      packets: [
        { route: 4, records: [1] },
        { route: 4, records: [[[2]]] },
      ],
    });
    const limits = { json: 1 };
    expect(() => codec.decodePushChunks(table, deep, { limits, chunkPackets: 1 })).toThrow('out_of_range');
  });

  it('stays as it is while the codec does other things', () => {
    const chunks = codec.decodePushChunks(table, frame, { chunkPackets: 3 });
    const found: unknown[] = [];
    for (const chunk of chunks) {
      found.push(...chunk.packets);
      codec.encodePush(table, { packets: packets.slice(0, 2) });
      expect(codec.decodePush(table, frame).packets).toEqual(packets);
      for (const other of codec.decodePushChunks(table, frame, { chunkPackets: 1 })) {
        expect(other.packets).toEqual([packets[0]]);
        break;
      }
    }
    expect(found).toEqual(packets);
  });

  it('is gone through once', () => {
    const chunks = codec.decodePushChunks(table, frame, { chunkPackets: 5 });
    expect([...chunks]).toHaveLength(2);
    expect([...chunks]).toEqual([]);
  });

  it('wants a number of packets', () => {
    for (const chunkPackets of [0, -1, 1.5, Number.NaN]) {
      expect(() => codec.decodePushChunks(table, frame, { chunkPackets })).toThrow('[bad_option] chunkPackets');
    }
  });
});
