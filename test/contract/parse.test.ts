import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseShape } from '../../src/lib/contract/parse.ts';

describe('parseShape', () => {
  it.each([
    [['age:u8']],
    [['tags:list<symbol>', 'note:optional<string>']],
    [['lines:list<{sku:string,qty:u16,price:f64}>']],
    [['state:enum<draft,sent,naïve-x>']],
    [[':unixid']],
    [[':nullable<list<i32>>']],
    [['a:optional<nullable<{b:{c:list<file>}}>>']],
    [[':file']],
  ])('gives the descriptors %j back', (descriptors) => {
    expect(parseShape(descriptors).descriptors).toEqual(descriptors);
  });

  it.each([
    ['a type twice in a chain', ['v:optional<nullable<optional<u8>>>'], 'optional twice'],
    ['json under nullable', ['v:nullable<json>'], 'null of its own'],
    ['json under nullable, further down the chain', ['v:nullable<optional<json>>'], 'null of its own'],
    ['an empty struct', ['v:{}'], 'expected ":"'],
    ['a bare struct', [':{a:u8}'], 'bare struct'],
    ['an empty enum', ['v:enum<>'], 'enum literal'],
    ['an enum with one literal twice', ['v:enum<a,b,a>'], 'twice'],
    ['an enum literal with a space', ['v:enum<a b>'], 'enum literal'],
    ['a field twice', ['a:u8', 'a:u8'], 'twice'],
    ['__proto__', ['__proto__:u8'], 'field name'],
    ['a field name that is not an identifier', ['a-b:u8'], 'field name'],
    ['a bare value beside a field', [':u8', 'a:u8'], 'field name'],
    ['no fields', [], 'at least one field'],
    ['an unknown type', ['v:u64'], 'not a type'],
    ['a type with arguments it does not have', ['v:u8<u8>'], 'nothing more'],
    ['spaces', ['v: u8'], 'not a type'],
    ['an open bracket', ['v:list<u8'], 'expected ">"'],
    ['no colon', ['v'], 'expected ":"'],
  ])('refuses %s', (_name, descriptors, reason) => {
    expect(() => parseShape(descriptors)).toThrow(TypeError);
    expect(() => parseShape(descriptors)).toThrow(reason);
    expect(() => parseShape(descriptors)).toThrow(/^\[bad_shape\]/);
  });

  it('takes 16 wrappers around a scalar and refuses the 17th', () => {
    const nested = (depth: number) => `v:${'list<'.repeat(depth)}u8${'>'.repeat(depth)}`;
    expect(parseShape([nested(16)]).fields).toHaveLength(1);
    expect(() => parseShape([nested(17)])).toThrow('more than 16 wrappers');
  });

  it('answers any text with a shape or a TypeError, however deep', () => {
    const word = fc.constantFrom('list<', 'optional<', '{', '}', '>', 'a:', ',', 'u8', 'enum<', 'x', ':', 'nullable<');
    fc.assert(
      fc.property(fc.array(word, { maxLength: 300 }), (words) => {
        try {
          const { descriptors } = parseShape([`v:${words.join('')}`]);
          expect(parseShape(descriptors).descriptors).toEqual(descriptors);
        } catch (error) {
          expect(error).toBeInstanceOf(TypeError);
        }
      }),
    );
    expect(() => parseShape([`v:${'list<'.repeat(100_000)}`])).toThrow(TypeError);
  });
});
