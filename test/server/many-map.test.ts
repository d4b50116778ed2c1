import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManyMap } from '../../src/lib/server/many-map.ts';

const key = fc.constantFrom('a', 'b');
const value = fc.integer({ min: 1, max: 4 });
const steps = fc.array(fc.record({ adds: fc.boolean(), key, value }), { maxLength: 40 });

describe('ManyMap', () => {
  it('is a map of sets', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const map = new ManyMap<string, number>();
        const sets = new Map([
          ['a', new Set<number>()],
          ['b', new Set<number>()],
        ]);
        for (const { adds, key: at, value: what } of all) {
          if (adds) map.add(at, what);
          else map.delete(at, what);
          if (adds) sets.get(at)?.add(what);
          else sets.get(at)?.delete(what);
          for (const [name, set] of sets) {
            expect(map.of(name)).toEqual([...set]);
            expect(map.count(name)).toBe(set.size);
          }
          expect([...map.values()].sort()).toEqual([...sets.values()].flatMap((set) => [...set]).sort());
        }
      }),
      { seed: 22 },
    );
  });

  it('may lose what is gone through', () => {
    const map = new ManyMap<string, number>();
    for (const each of [1, 2, 3]) map.add('a', each);
    const seen = map.of('a').map((each) => {
      map.delete('a', each);
      return each;
    });
    expect(seen).toEqual([1, 2, 3]);
    expect(map.values()).toEqual([]);
  });
});
