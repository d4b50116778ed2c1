import { describe, expect, it } from 'vitest';
import { cutsPair, utf16Length } from '../../../src/lib/codec/portable/utf8.ts';
import { random } from '../reference.ts';

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** What a platform's own strict decoder makes of the bytes. */
function expected(bytes: Uint8Array): number {
  try {
    return strict.decode(bytes).length;
  } catch {
    return -1;
  }
}

/** Behind the bytes stands what would complete a character. */
function judged(bytes: Uint8Array): number {
  const frame = new Uint8Array(bytes.length + 4).fill(0x80);
  frame.set(bytes);
  return utf16Length(new DataView(frame.buffer), 0, bytes.length);
}

/** A byte from each range that RFC 3629 tells apart. */
const telling = [
  0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef,
  0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff,
];

describe('utf16Length', () => {
  it('judges every two bytes as a strict decoder does', () => {
    const bytes = new Uint8Array(2);
    for (let pair = 0; pair < 65_536; pair++) {
      bytes[0] = pair >> 8;
      bytes[1] = pair;
      if (judged(bytes) !== expected(bytes)) expect.fail(`${bytes}: ${judged(bytes)}`);
    }
  });

  it('judges four bytes as a strict decoder does', { timeout: 60_000 }, () => {
    for (const a of telling)
      for (const b of telling)
        for (const c of telling)
          for (const d of telling) {
            const bytes = Uint8Array.of(a, b, c, d);
            if (judged(bytes) !== expected(bytes)) expect.fail(`${bytes}: ${judged(bytes)}`);
          }
  });

  it('finds what is not ASCII at every place of a long text', () => {
    for (let length = 1; length < 70; length++) {
      for (let place = 0; place < length; place++) {
        const bytes = new Uint8Array(length).fill(0x61);
        bytes[place] = 0xc3;
        if (place + 1 < length) bytes[place + 1] = 0xa9;
        expect(judged(bytes)).toBe(place + 1 < length ? length - 1 : -1);
      }
    }
  });

  it('judges every two bytes within a long text as it does them alone', () => {
    const bytes = new Uint8Array(40);
    for (const place of [0, 14, 15, 16, 19, 38]) {
      for (let pair = 0; pair < 65_536; pair++) {
        bytes.fill(0x61);
        bytes[place] = pair >> 8;
        bytes[place + 1] = pair;
        const alone = judged(bytes.subarray(place, place + 2));
        if (judged(bytes) !== (alone < 0 ? -1 : 38 + alone)) expect.fail(`${bytes}: ${judged(bytes)}`);
      }
    }
  });

  it('judges texts of all kinds of characters, whole and with a byte changed, as a strict decoder does', () => {
    const next = random(6);
    const kinds = [['a'], ['é', 'ж'], ['a', 'é'], ['a', 'bc', 'é', '€'], ['a', 'é', '😀', '退', '\ufeff']];
    for (let round = 0; round < 20_000; round++) {
      const kind = kinds[next(kinds.length)] as string[];
      const text = Array.from({ length: 1 + next(90) }, () => kind[next(kind.length)]).join('');
      const bytes = new TextEncoder().encode(text);
      expect(judged(bytes)).toBe(text.length);
      bytes[next(bytes.length)] = telling[next(telling.length)] as number;
      if (judged(bytes) !== expected(bytes)) expect.fail(`${bytes}: ${judged(bytes)}`);
    }
  });

  it('looks at nothing outside of its bounds', () => {
    const bytes = Uint8Array.from([0xff, 0x61, 0xf0, 0x9f, 0x98, 0x80, 0xbf, 0, 0, 0]);
    const view = new DataView(bytes.buffer);
    expect(utf16Length(view, 1, 6)).toBe(3);
    expect(utf16Length(view, 1, 5)).toBe(-1);
    expect(utf16Length(view, 2, 2)).toBe(0);
  });
});

describe('cutsPair', () => {
  const next = random(5);
  const parts = ['a', 'é', '€', '😀', 'zz', '\ufeff', '𝒳'];

  it('finds exactly the boundaries inside of a pair', () => {
    for (let round = 0; round < 2000; round++) {
      const text = Array.from({ length: 1 + next(12) }, () => parts[next(parts.length)]).join('');
      const cuts = Array.from({ length: next(5) }, () => next(text.length + 1)).sort((a, b) => a - b);
      const bounds = [0, ...cuts, text.length];
      const lengths = Uint32Array.from([9, ...bounds.slice(1).map((end, i) => end - (bounds[i] as number))]);
      const inside = cuts.some((cut) => /^[\udc00-\udfff]/.test(text.slice(cut)));
      const bytes = new TextEncoder().encode(`__${text}`);
      expect(cutsPair(bytes, 2, lengths, 1, lengths.length - 1)).toBe(inside);
    }
  });
});
