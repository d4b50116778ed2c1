import { describe, expect, it } from 'vitest';
import { parseShape } from '../../src/lib/contract/parse.ts';
import { shape } from '../../src/lib/contract/shape.ts';
import {
  bool,
  bytes,
  date,
  enumOf,
  f64,
  file,
  i8,
  i16,
  i32,
  i64,
  int,
  json,
  list,
  nullable,
  optional,
  string,
  struct,
  symbol,
  timestamp,
  u8,
  u16,
  u32,
  unixid,
  withDefault,
} from '../../src/lib/contract/types.ts';
import { xxh32 } from '../../src/lib/xxh32.ts';

describe('shape', () => {
  it('describes every type as the protocol writes it', () => {
    const everything = shape({
      a: bool(),
      b: u8(),
      c: u16(),
      d: u32(),
      e: i8(),
      f: i16(),
      g: i32(),
      h: int(),
      i: i64(),
      j: f64(),
      k: string(),
      l: symbol(),
      m: enumOf('x', 'y'),
      n: timestamp(),
      o: date(),
      p: unixid(),
      q: bytes(),
      r: json(),
      s: file(),
      t: optional(nullable(u8())),
      u: list(struct({ v: u8(), w: list(string()) })),
    });
    expect(everything.descriptors).toEqual([
      'a:bool',
      'b:u8',
      'c:u16',
      'd:u32',
      'e:i8',
      'f:i16',
      'g:i32',
      'h:int',
      'i:i64',
      'j:f64',
      'k:string',
      'l:symbol',
      'm:enum<x,y>',
      'n:timestamp',
      'o:date',
      'p:unixid',
      'q:bytes',
      'r:json',
      's:file',
      't:optional<nullable<u8>>',
      'u:list<{v:u8,w:list<string>}>',
    ]);
    expect(parseShape(everything.descriptors).signature).toEqual(everything.signature);
  });

  it('leaves defaults out of the signature', () => {
    expect(shape({ a: withDefault(u8(), 3) }).signature).toEqual(shape({ a: u8() }).signature);
  });

  it('signs each field together with all before it', () => {
    const [a1, b1] = shape({ a: u8(), b: u8() }).signature;
    const [a2, b2] = shape({ a: u16(), b: u8() }).signature;
    expect(a1).not.toBe(a2);
    expect(b1).not.toBe(b2);
    expect(shape({ a: u8() }).signature[0]).toBe(a1);
  });

  it('makes partial shapes', () => {
    const user = shape({ id: unixid(), name: string(), note: optional(string()), age: withDefault(u8(), 1) });
    expect(user.partial({ except: ['id'] }).descriptors).toEqual([
      'id:unixid',
      'name:optional<string>',
      'note:optional<string>',
      'age:optional<u8>',
    ]);
  });

  it('refuses a default inside a struct, a list or optional, and a default of undefined', () => {
    expect(() => shape({ s: struct({ a: withDefault(u8(), 1) }) })).toThrow('default inside a struct');
    expect(() => list(withDefault(u8(), 1))).toThrow('default inside list');
    expect(() => optional(withDefault(u8(), 1))).toThrow('default inside optional');
    expect(() => withDefault(u8(), undefined as never)).toThrow('use optional()');
  });
});

describe('xxh32', () => {
  const utf8 = new TextEncoder();
  const view = (text: string) => new DataView(utf8.encode(text).buffer);
  const hash = (text: string, seed = 0) => xxh32(view(text), 0, text.length, seed);

  // Reference values: github.com/Cyan4973/xxHash, `xxhsum -H32` and the specification's test sanity checks.
  it.each([
    ['', 0, 0x02cc5d05],
    ['', 0x9e3779b1, 0x36b78ae7],
    ['a', 0, 0x550d7456],
    ['abc', 0, 0x32d153ff],
    ['Nobody inspects the spammish repetition', 0, 0xe2293b2f],
  ])('hashes %j with seed %d', (text, seed, expected) => {
    expect(hash(text, seed)).toBe(expected);
  });

  it('hashes a part of a view as the view of that part', () => {
    const data = view('x'.repeat(7) + 'Nobody inspects the spammish repetition' + 'y');
    expect(xxh32(data, 7, data.byteLength - 1, 0)).toBe(0xe2293b2f);
  });
});
