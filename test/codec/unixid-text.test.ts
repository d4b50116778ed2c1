import { describe, expect, it } from 'vitest';
import { parsed, parseUnixid, unixidOf } from '../../src/lib/codec/unixid-text.ts';
import { Random } from '../generate/random.ts';

const MAX = 2n ** 63n - 1n;

/** What BigInt makes of the words of `parsed`. */
function wordsAt(at: number): bigint {
  return (BigInt(parsed[at + 1] as number) << 32n) | BigInt(parsed[at] as number);
}

describe('the text of a unixid', () => {
  const random = new Random(23);
  const edges = [1n, 9n, 10n, 10n ** 9n, 2n ** 16n, 2n ** 32n, 2n ** 48n, 2n ** 53n, 10n ** 18n, MAX];
  const values = edges.flatMap((edge) => [edge - 1n, edge, edge + 1n]).filter((value) => value > 0n && value <= MAX);
  for (let bits = 1; bits < 64; bits++) {
    for (let i = 0; i < 200; i++) values.push((random.bits(bits) | 1n) & MAX);
  }

  it('becomes the words that BigInt makes of it, and text again', () => {
    for (const [i, ticks] of values.entries()) {
      const node = values[values.length - 1 - i] as bigint;
      expect(parseUnixid(`${ticks}.${node}`)).toBe(true);
      expect([wordsAt(0), wordsAt(2)]).toEqual([ticks, node]);
      expect(unixidOf(parsed, 0, 2)).toBe(`${ticks}.${node}`);
      expect(parseUnixid(String(ticks))).toBe(true);
      expect([wordsAt(0), wordsAt(2)]).toEqual([ticks, 0n]);
      expect(unixidOf(parsed, 0, 2)).toBe(String(ticks));
    }
  });

  it.each([
    ['', 'empty'],
    ['0', 'zero'],
    ['01', 'a leading zero'],
    ['1.', 'an empty node'],
    ['1.0', 'node 0'],
    ['1.01', 'a leading zero in the node'],
    ['.1', 'no ticks'],
    ['1.2.3', 'two nodes'],
    ['-1', 'a sign'],
    ['1e3', 'an exponent'],
    [' 1', 'a blank'],
    ['1\n', 'a line break'],
    ['١', 'digits of another script'],
    [String(MAX + 1n), '2^63'],
    [`1.${MAX + 1n}`, '2^63 in the node'],
    ['9999999999999999999', '19 nines'],
    ['10000000000000000000', '20 digits'],
  ])('is not %j: %s', (text) => {
    expect(parseUnixid(text)).toBe(false);
  });
});
