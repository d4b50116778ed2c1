import { describe, expect, it } from 'vitest';
import { judgeRecords } from '../../src/lib/codec/encode/judge.ts';
import { parseShape } from '../../src/lib/contract/parse.ts';
import { shape } from '../../src/lib/contract/shape.ts';
import * as t from '../../src/lib/contract/types.ts';
import { EncodeError } from '../../src/lib/errors.ts';
import type { BatchRequest, PacketResult } from '../../src/lib/packet.ts';
import { codecs, schemaOf } from './each-codec.ts';

const outbox = '00000000000000ab';
const result: PacketResult = { seq: 1, route: 0, status: 0, message: '', records: [] };
const request: BatchRequest = { outbox, first: 1, oldest: 0, packets: [] };

const cyclic: unknown[] = [];
cyclic.push(cyclic);
const deep = JSON.parse('['.repeat(65) + ']'.repeat(65)) as unknown;
const file = { name: 'a', type: 'b', size: 1, upload: '', content: new Uint8Array() };

/** Type, what is said of a value, the value. */
const wrong: [type: string, message: string, value: unknown][] = [
  ['bool', 'true or false is wanted', 1],
  ['u8', '0 to 255 is wanted', 256],
  ['u8', 'a whole number is wanted', '1'],
  ['u8', 'a whole number is wanted', 0.5],
  ['u8', 'a whole number is wanted', Number.NaN],
  ['u8', 'missing', undefined],
  ['u8', 'a whole number is wanted', null],
  ['u16', '0 to 65535 is wanted', -1],
  ['u32', '0 to 4294967295 is wanted', 2 ** 32],
  ['u32', 'a whole number is wanted', 1n],
  ['i8', '-128 to 127 is wanted', -129],
  ['i8', 'a whole number is wanted', 1n],
  ['i16', '-32768 to 32767 is wanted', 32768],
  ['i32', '-2147483648 to 2147483647 is wanted', 2 ** 31],
  ['int', '-9007199254740991 to 9007199254740991 is wanted', 2 ** 53],
  ['int', 'a whole number is wanted', 1n],
  ['timestamp', 'a whole number is wanted', Number.POSITIVE_INFINITY],
  ['i64', 'a bigint is wanted', 1],
  ['i64', 'beyond 64 bits', 2n ** 63n],
  ['f64', 'a number is wanted', '1'],
  ['string', 'a string is wanted', 7],
  ['string', 'half of a surrogate pair in it', 'a\ud83d'],
  ['string', 'longer than 1048576 characters', 'a'.repeat(2 ** 20 + 1)],
  ['symbol', 'a string is wanted', null],
  ['symbol', 'half of a surrogate pair in it', '\udc00'],
  ['enum<a,b>', 'one of a, b is wanted', 'c'],
  ['enum<a,b>', 'one of a, b is wanted', 0],
  ['date', 'a valid Date is wanted', 0],
  ['date', 'a valid Date is wanted', new Date(Number.NaN)],
  ['unixid', 'a unixid is wanted: <ticks> or <ticks>.<node>', '0'],
  ['unixid', 'a unixid is wanted: <ticks> or <ticks>.<node>', '1.0'],
  ['unixid', 'a unixid is wanted: <ticks> or <ticks>.<node>', '9223372036854775808'],
  ['bytes', 'a Uint8Array is wanted', [1]],
  ['json', 'JSON can not hold it', () => 1],
  ['json', 'JSON can not hold it', undefined],
  ['json', 'JSON can not hold it', { a: 1n }],
  ['json', 'JSON can not hold it', cyclic],
  ['json', 'nested deeper than 64', deep],
  ['json', 'its JSON is longer than 1048576 characters', 'a'.repeat(2 ** 20 - 1)],
  ['file', 'a file is wanted', 'a.txt'],
  ['file', 'name: a string is wanted', { ...file, name: 1 }],
  ['file', 'size: a whole number is wanted', { ...file, size: 0.5 }],
  ['file', 'content: a Uint8Array is wanted', { ...file, content: 'abc' }],
  ['list<u8>', 'an array is wanted', { length: 0 }],
  ['{a:u8}', 'an object is wanted', 1],
  ['{a:u8}', 'an object is wanted', null],
  ['optional<u8>', 'a whole number is wanted', null],
  ['nullable<u8>', 'missing', undefined],
];

describe('judgeRecords', () => {
  it('looks no further than it has to', () => {
    const shapeOf = parseShape(['a:list<u8>', 'b:u8']);
    const records = Array.from({ length: 10 }, () => ({ a: ['x', 'y', 'z'], b: 1 }));
    expect(judgeRecords(shapeOf, records)).toHaveLength(30);
    expect(judgeRecords(shapeOf, records, 5).map(({ path }) => path.join('.'))).toEqual([
      '0.a.0',
      '0.a.1',
      '0.a.2',
      '1.a.0',
      '1.a.1',
    ]);
  });

  it.each(wrong)('%s: %s', (type, message, value) => {
    expect(judgeRecords(parseShape([`a:${type}`]), [{ a: value }])).toEqual([{ path: [0, 'a'], message }]);
  });

  it('finds every value at fault, in the order of records', () => {
    const lines = parseShape(['name:string', 'lines:list<{qty:u8,tags:optional<list<nullable<symbol>>>}>']);
    const issues = judgeRecords(lines, [
      { name: 1, lines: [{ qty: 1 }, { qty: 256, tags: ['a', null, 5] }] },
      { name: 'fine', lines: [] },
      'no record',
      { lines: [null] },
    ]);
    expect(issues.map(({ path }) => path)).toEqual([
      [0, 'name'],
      [0, 'lines', 1, 'qty'],
      [0, 'lines', 1, 'tags', 2],
      [2],
      [3, 'name'],
      [3, 'lines', 0],
    ]);
  });

  it('judges bare values', () => {
    expect(judgeRecords(parseShape([':unixid']), ['1', 1, '2.3'])).toEqual([
      { path: [1], message: 'a unixid is wanted: <ticks> or <ticks>.<node>' },
    ]);
  });

  it('lets defaults stand for what is missing', () => {
    const own = shape({ a: t.withDefault(t.u8(), 1), b: t.optional(t.u8()) });
    expect(judgeRecords(own, [{}, { a: undefined, b: undefined }])).toEqual([]);
    expect(judgeRecords(own, [{ a: null }])).toMatchObject([{ path: [0, 'a'] }]);
  });
});

describe.each(codecs)('%s codec: batches that have no frame', (_name, codec) => {
  function refusalOf(encode: () => unknown): { path: string; message: string } {
    try {
      encode();
    } catch (error) {
      expect(error).toBeInstanceOf(EncodeError);
      expect((error as EncodeError).code).toBe('unencodable');
      const { path, message } = error as EncodeError;
      return { path, message };
    }
    throw new Error('was encoded');
  }

  it.each(wrong)('%s: %s', (type, message, value) => {
    const schema = schemaOf(parseShape([`a:${type}`]));
    const packets = [{ route: 0, records: [{ a: value }] }];
    expect(refusalOf(() => codec.encodePush(schema, { packets }))).toEqual({
      path: 'packets[0].records[0].a',
      message: `[unencodable] packets[0].records[0].a: ${message}`,
    });
  });

  it('names the value at fault among many', () => {
    const schema = schemaOf(parseShape(['lines:list<{qty:u8}>']), parseShape([':u8']));
    const good = { lines: [{ qty: 1 }] };
    const bad = { lines: [{ qty: 1 }, { qty: -1 }] };
    const packets = [
      { route: 4, records: [1, 2] },
      { route: 0, records: [good] },
      { route: 4, records: [] },
      { route: 0, records: [good, good, bad] },
    ];
    expect(refusalOf(() => codec.encodePush(schema, { packets })).path).toBe('packets[3].records[2].lines[1].qty');
    const results = packets.map((packet, i) => ({ ...result, ...packet, seq: i + 1 }));
    expect(refusalOf(() => codec.encodeResponse(schema, { outbox, results })).path).toBe(
      'results[3].records[2].lines[1].qty',
    );
    expect(refusalOf(() => codec.encodePush(schema, { packets: [{ route: 4, records: [1, 256] }] })).path).toBe(
      'packets[0].records[1]',
    );
  });

  it.each<[path: string, change: Partial<BatchRequest>]>([
    ['outbox', { outbox: '0000000000000000' }],
    ['outbox', { outbox: 'ab' }],
    ['outbox', { outbox: '00000000000000AB' }],
    ['first', { first: 0 }],
    ['first', { first: 2 ** 53 }],
    ['first', { first: 1.5 }],
    ['oldest', { oldest: 1 }],
    ['oldest', { oldest: -1 }],
    ['packets[0].seq', { packets: [{ seq: 2, route: 0, records: [] }] }],
    ['packets[0].route', { packets: [{ seq: 1, route: 1024, records: [] }] }],
    ['packets[0].route', { packets: [{ seq: 1, route: 8, records: [1] }] }],
    ['packets[0].records', { packets: [{ seq: 1, route: 4, records: [1] }] }],
    ['packets[0].after[0]', { packets: [{ seq: 1, route: 0, records: [], after: [1] }] }],
    ['packets[0].after[1]', { first: 9, packets: [{ seq: 9, route: 0, records: [], after: [3, 3] }] }],
    ['packets[0].after[0]', { first: 9, packets: [{ seq: 9, route: 0, records: [], after: [0] }] }],
    ['packets[0].group', { packets: [{ seq: 1, route: 0, records: [], group: 2 }] }],
    ['packets[0].group', { packets: [{ seq: 1, route: 0, records: [], group: -1 }] }],
    ['packets', { packets: new Array(10_001).fill({ seq: 1, route: 0, records: [] }) }],
  ])('a request: %s', (path, change) => {
    const schema = schemaOf(parseShape(['a:u8']), null);
    expect(refusalOf(() => codec.encodeRequest(schema, { ...request, ...change })).path).toBe(path);
  });

  it.each<[path: string, results: Partial<PacketResult>[]]>([
    ['results', []],
    ['results[1].seq', [{}, {}]],
    ['results[1].seq', [{}, { seq: 0 }]],
    ['results[0].status', [{ status: 65_536 }]],
    ['results[0].message', [{ message: 'a'.repeat(2 ** 20 + 1) }]],
    ['results[1].message', [{}, { seq: 2, message: '\ud83d' }]],
    ['results[0].message', [{ message: 'é\ud83d' }, { seq: 2, message: '\ude00' }]],
  ])('a response: %s', (path, results) => {
    const own = results.map((change) => ({ ...result, ...change }));
    expect(refusalOf(() => codec.encodeResponse(schemaOf(), { outbox, results: own })).path).toBe(path);
  });

  it.each(['string', 'symbol'])('halves of a pair that two values of a %s share', (type) => {
    const schema = schemaOf(parseShape([`a:${type}`]), parseShape([`:${type}`]));
    const texts = ['é', 'é\ud83d', '', '\ude00'];
    const packets = [{ route: 0, records: texts.map((a) => ({ a })) }];
    expect(refusalOf(() => codec.encodePush(schema, { packets })).path).toBe('packets[0].records[1].a');
    const bare = [{ route: 4, records: texts }];
    expect(refusalOf(() => codec.encodePush(schema, { packets: bare })).path).toBe('packets[0].records[1]');
  });

  it('a frame beyond 8 MiB', () => {
    const schema = schemaOf(parseShape([':string']), parseShape([':bytes']));
    const text = 'a'.repeat(2 ** 20);
    const push =
      (route: number, ...records: unknown[]) =>
      () =>
        codec.encodePush(schema, { packets: [{ route, records }] });
    expect(refusalOf(push(0, ...new Array(8).fill(text)))).toMatchObject({ path: '' });
    expect(push(0, ...new Array(7).fill(text))().length).toBeGreaterThan(7 * 2 ** 20);
    expect(refusalOf(push(4, new Uint8Array(2 ** 23)))).toMatchObject({ path: '' });
    expect(push(4, new Uint8Array(2 ** 23 - 64))().length).toBeLessThan(2 ** 23);
    // Nothing is made of what is far beyond: the memory for it is never taken.
    expect(refusalOf(push(0, ...new Array(4000).fill(text)))).toMatchObject({ path: '' });
    expect(refusalOf(push(4, ...new Array(600).fill(new Uint8Array(2 ** 20))))).toMatchObject({ path: '' });
  });

  it('more values than a reader would make', () => {
    const schema = schemaOf(parseShape([':u8']));
    const push = (n: number) => () =>
      codec.encodePush(schema, { packets: [{ route: 0, records: new Array(n).fill(7) }] });
    // All equal: the frame has 26 bytes, which allow 65 536 + 1024 * 26 values.
    const { length } = push(65_536)();
    const most = 65_536 + 1024 * length;
    expect(push(most)().length).toBe(length);
    expect(refusalOf(push(most + 1)).message).toContain(`${most + 1} values, ${most} at most`);
    expect(refusalOf(push(1_000_001))).toMatchObject({ path: '' });
  });

  it('a value that is right when it is looked at again', () => {
    const fickle = {
      get a() {
        return this.asked++ === 0 ? 256 : 1;
      },
      asked: 0,
    };
    const schema = schemaOf(parseShape(['a:u8']));
    expect(refusalOf(() => codec.encodePush(schema, { packets: [{ route: 0, records: [fickle] }] })).path).toBe('');
  });
});
