import { describe, expect, it } from 'vitest';
import * as wire from '../../../assembly/protocol.ts';
import type { Kernels } from '../../../src/lib/codec/kernels.ts';
import { installSchema } from '../../../src/lib/codec/program.ts';
import { parseShape } from '../../../src/lib/contract/parse.ts';
import { defaultLimits } from '../../../src/lib/limits.ts';
import { svarint, varint } from '../../codec/reference.ts';
import { frameOf } from './one-group.ts';

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** What a platform's own strict decoder makes of the bytes: UTF-16 code units, or undefined. */
function unitsOf(bytes: Uint8Array): number | undefined {
  try {
    return strict.decode(bytes).length;
  } catch {
    return undefined;
  }
}

/** A byte from each range that RFC 3629 tells apart. */
const telling = [
  0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef,
  0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff,
];

// biome-ignore format: a table
/** Runs that a validator is apt to get wrong: the least and greatest of each length, overlong ones, surrogates, cuts. */
const stress = [
  'c2 80', 'df bf', 'e0 a0 80', 'ed 9f bf', 'ee 80 80', 'ef bf bf', 'f0 90 80 80', 'f4 8f bf bf', 'ef bb bf',
  'c0 af', 'c1 bf', 'e0 9f bf', 'e0 80 af', 'f0 8f bf bf', 'f0 80 80 af', 'ed a0 80', 'ed bf bf', 'f4 90 80 80',
  'f5 80 80 80', 'f8 88 80 80 80', 'fe', 'ff', '80', 'bf', 'c2', 'e1 80', 'f1 80 80', 'c2 41', 'e1 80 41', 'f1 80 80 41',
  'f0 9f 98 80', 'f0 9f 98 80 f0 9f 98', 'c3 a9 80', 'e2 82 ac e2 82', 'ed a0 bd ed b8 80',
].map((hex) => Uint8Array.from(hex.split(' '), (byte) => Number.parseInt(byte, 16)));

/** Whatever is text for a strict decoder is text here, and nothing else is. */
export function text(kernels: Kernels): void {
  const shape = parseShape([':string']);
  const table = new Map([[0, shape]]);
  const routes = installSchema(kernels, table);

  /** Judges a frame with one string, of these bytes. */
  function judge(bytes: Uint8Array): { readonly units: number | undefined; readonly refusal: number } {
    const units = unitsOf(bytes);
    // Of what is no text any count is as good as another: its bytes are judged first.
    const count = units ?? bytes.length;
    const column = [...svarint(BigInt(count)), ...varint(BigInt(bytes.length - count)), ...bytes];
    kernels.begin();
    const tape = kernels.decode(frameOf(wire.KIND_PUSH, shape, 1, column), wire.KIND_PUSH, routes, defaultLimits);
    return { units, refusal: tape === 0 ? kernels.errorCode : wire.OK };
  }

  function check(bytes: Uint8Array): void {
    const { units, refusal } = judge(bytes);
    const expected = units === undefined ? wire.BAD_UTF8 : wire.OK;
    if (refusal !== expected) expect(refusal, Buffer.from(bytes).toString('hex')).toBe(expected);
  }

  describe('text', () => {
    it('is every one and two bytes that a strict decoder takes, and no others', () => {
      for (let one = 0; one < 256; one++) {
        check(Uint8Array.of(one));
        for (let two = 0; two < 256; two++) check(Uint8Array.of(one, two));
      }
    });

    it('is what a strict decoder takes of three and four bytes, one from each range', () => {
      for (const a of telling) {
        for (const b of telling) {
          for (const c of telling) {
            check(Uint8Array.of(a, b, c));
            if (a >= 0xf0) for (const d of [0x41, 0x7f, 0x80, 0xbf, 0xc2, 0xf0]) check(Uint8Array.of(a, b, c, d));
          }
        }
      }
    });

    it('is judged alike wherever it stands, in runs of any length', () => {
      const fillings = ['a', 'ñ', '€', '😀'].map((character) => new TextEncoder().encode(character.repeat(100)));
      for (const filling of fillings) {
        const unit = filling.length / 100;
        for (const run of stress) {
          for (let before = 0; before <= 72; before += unit) {
            for (const after of [0, 16 * unit]) {
              check(Buffer.concat([filling.subarray(0, before), run, filling.subarray(0, after)]));
            }
          }
        }
      }
    });

    it('that is no text is found at its column', () => {
      expect(judge(Uint8Array.of(0xc0, 0xaf)).refusal).toBe(wire.BAD_UTF8);
      // Magic, head, flags, count, route, items, G, route, length, tail, fields, sign, length of the string, excess.
      expect(kernels.errorOffset).toBe(15);
    });
  });
}
