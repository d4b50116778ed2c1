import { afterEach, describe, expect, it } from 'vitest';
import { parseShape } from '../../src/lib/contract/parse.ts';
import { codecs, schemaOf } from './each-codec.ts';

const names = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '__defineGetter__'];

describe.each(codecs)('%s codec, names that all objects know', (_name, codec) => {
  const before = Object.getOwnPropertyNames(Object.prototype);
  afterEach(() => {
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  function roundTrip(fields: readonly string[], records: unknown[]): readonly unknown[] | undefined {
    const schema = schemaOf(parseShape(fields));
    const frame = codec.encodePush(schema, { packets: [{ route: 0, records }] });
    return codec.decodePush(schema, frame).packets[0]?.records;
  }

  it('are values of symbols and strings like others', () => {
    const records = names.map((name) => ({ kind: name, text: name, tags: [name, name] }));
    expect(roundTrip(['kind:symbol', 'text:string', 'tags:list<symbol>'], records)).toStrictEqual(records);
  });

  it('are literals of enums, and only where they are named', () => {
    const records = names.map((state) => ({ state }));
    expect(roundTrip([`state:enum<${names.join(',')}>`], records)).toStrictEqual(records);
    for (const record of records) expect(() => roundTrip(['state:enum<a,b>'], [record])).toThrow('one of a, b');
  });

  it('are keys of JSON, which sets no prototype', () => {
    const text = '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}';
    const [record] = roundTrip(['any:json'], [{ any: JSON.parse(text) }]) as [{ any: object }];
    expect(JSON.stringify(record.any)).toBe(text);
    expect(Object.getPrototypeOf(record.any)).toBe(Object.prototype);
  });

  it('are fields, but for __proto__, which no shape takes', () => {
    const fields = names.filter((name) => name !== '__proto__');
    const record = Object.fromEntries(fields.map((name) => [name, name]));
    expect(
      roundTrip(
        fields.map((name) => `${name}:string`),
        [record],
      ),
    ).toStrictEqual([record]);
    expect(() => parseShape(['__proto__:string'])).toThrow();
    expect(() => parseShape(['a:{__proto__:string}'])).toThrow();
  });

  it('are not read of a record that was made of hostile JSON', () => {
    const hostile = JSON.parse('{"a":1,"__proto__":{"polluted":true}}');
    expect(roundTrip(['a:u8', 'polluted:optional<bool>'], [hostile])).toStrictEqual([{ a: 1 }]);
  });
});
