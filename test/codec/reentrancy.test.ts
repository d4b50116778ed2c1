import { describe, expect, it } from 'vitest';
import { parseShape } from '../../src/lib/contract/parse.ts';
import { codecs, schemaOf } from './each-codec.ts';

const schema = schemaOf(parseShape(['name:string', 'any:json', 'n:int', 'tags:list<symbol>']));
const plain = { name: 'José', any: { a: 1 }, n: 7, tags: ['x', 'y'] };

describe.each(codecs)('%s codec, called by a value that it encodes', (_name, codec) => {
  const pushOf = (record: unknown) => ({ packets: [{ route: 0, records: [record, plain] }] });
  const frame = codec.encodePush(schema, pushOf(plain));
  const other = codec.encodePush(schema, { packets: [{ route: 0, records: [{ ...plain, n: 8 }] }] });

  /** What a value may do while its record is read: both directions, a refused frame, a batch that can't be encoded. */
  function meddle(): void {
    expect(codec.encodePush(schema, { packets: [{ route: 0, records: [{ ...plain, n: 8 }] }] })).toEqual(other);
    expect(codec.decodePush(schema, frame).packets[0]?.records).toEqual([plain, plain]);
    expect(() => codec.decodePush(schema, frame.subarray(0, -1))).toThrow();
    expect(() => codec.encodePush(schema, pushOf({}))).toThrow('packets[0].records[0].name');
  }

  it('gives the same bytes when a getter calls it', () => {
    const record = {
      ...plain,
      get n() {
        meddle();
        return 7;
      },
    };
    expect(codec.encodePush(schema, pushOf(record))).toEqual(frame);
  });

  it('gives the same bytes when toJSON calls it', () => {
    const any = {
      toJSON() {
        meddle();
        return plain.any;
      },
    };
    expect(codec.encodePush(schema, pushOf({ ...plain, any }))).toEqual(frame);
  });

  it('gives the same bytes when getters call it in each other', () => {
    let depth = 0;
    const record = {
      ...plain,
      get n() {
        if (depth < 5) {
          depth++;
          expect(codec.encodePush(schema, pushOf(record))).toEqual(frame);
          depth--;
        }
        return 7;
      },
    };
    expect(codec.encodePush(schema, pushOf(record))).toEqual(frame);
  });

  it('takes a list as it was when an element of it makes it longer', () => {
    const tags = ['x', 'y'];
    const lengthen = () => {
      tags.push('z');
      return 'x';
    };
    Object.defineProperty(tags, 0, { get: lengthen });
    expect(codec.encodePush(schema, pushOf({ ...plain, tags }))).toEqual(frame);
  });

  it('serves the next call after a getter has thrown', () => {
    const fault = new Error('from the getter');
    const record = {
      ...plain,
      get n(): number {
        throw fault;
      },
    };
    expect(() => codec.encodePush(schema, pushOf(record))).toThrow(fault);
    meddle();
  });

  it('writes what it judged of a packet whose order is another thing each time it is asked', () => {
    let asked = 0;
    const packet = {
      seq: 4,
      route: 0,
      records: [],
      get after() {
        asked++;
        return asked === 1 ? [2] : [3, 2, 1];
      },
    };
    const request = { outbox: '00000000000000ab', first: 4, oldest: 0, packets: [packet] };
    const { packets } = codec.decodeRequest(schema, codec.encodeRequest(schema, request));
    expect([packets[0]?.after, asked]).toEqual([[2], 1]);
  });
});
