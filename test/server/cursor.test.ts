import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeCursor, encodeCursor, nameHash } from '../../src/lib/server/cursor.ts';
import type { LogPosition } from '../../src/lib/server/journal-log.ts';

const epoch = '0123456789abcdef';
const hex = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length });
const position = fc.oneof(
  fc.constant<LogPosition>({ offset: 0, mark: '' }),
  fc.record({ offset: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), mark: hex(8) }),
);

/** A cursor with these places. */
const encoded = (at: string, places: ReadonlyMap<string, LogPosition>) =>
  encodeCursor(
    at,
    Array.from(places, ([name, position]) => ({ hash: nameHash(name), position })),
  );

describe('Cursor', () => {
  it('brings back every place that found room, in at most 256 URL-safe characters', () => {
    const logs = fc.uniqueArray(fc.tuple(fc.string(), position), { selector: ([name]) => name, maxLength: 30 });
    fc.assert(
      fc.property(hex(16), logs, (at, entries) => {
        const text = encoded(at, new Map(entries));
        expect(text).toMatch(/^[A-Za-z0-9_-]{1,256}$/);
        const names = entries.map(([name]) => name);
        const cursor = decodeCursor(text, names);
        expect(cursor?.epoch).toBe(at);
        expect(cursor?.incomplete).toBe(cursor?.places.size !== entries.length);
        expect([...(cursor?.places ?? [])]).toEqual(entries.slice(0, cursor?.places.size));
      }),
      { seed: 20 },
    );
  });

  it('has room for 20 logs of two million entries', () => {
    const places = new Map(
      Array.from({ length: 20 }, (_, i) => [`role:${i}`, { offset: 2_000_000, mark: 'abcdef01' }]),
    );
    expect(decodeCursor(encoded(epoch, places), [...places.keys()])).toEqual({ epoch, places, incomplete: false });
  });

  it('finds the logs that are heard now, whatever was heard then', () => {
    const then = new Map([
      ['user:ana', { offset: 3, mark: '00000003' }],
      ['all', { offset: 9, mark: '00000009' }],
      ['role:old', { offset: 1, mark: '00000001' }],
    ]);
    const cursor = decodeCursor(encoded(epoch, then), ['user:ana', 'all', 'role:new']);
    expect([...(cursor?.places.keys() ?? [])]).toEqual(['user:ana', 'all']);
    expect(cursor?.incomplete).toBe(false);
  });

  it('is null for anything else, and never throws', () => {
    const good = encoded(epoch, new Map([['all', { offset: 300, mark: 'abcdef01' }]]));
    for (let length = 0; length < good.length; length++) {
      const cut = decodeCursor(good.slice(0, length), ['all']);
      expect(cut === null || cut.places.size === 0).toBe(true);
    }
    for (const text of ['', '%', 'a b', 'é', '\n', 'A'.repeat(257), 'undefined', '-1']) {
      expect(decodeCursor(text, ['all'])).toBeNull();
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const text = Buffer.from([1, 0, ...bytes]).toString('base64url');
        const cursor = decodeCursor(text, ['all']);
        for (const { offset } of cursor?.places.values() ?? []) expect(Number.isSafeInteger(offset)).toBe(true);
      }),
      { seed: 21 },
    );
  });
});
