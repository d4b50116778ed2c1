import { describe, expect, it } from 'vitest';
import { ROUTE_COUNT } from '../../../assembly/protocol.ts';
import { RouteSums } from '../../../src/lib/codec/portable/routes.ts';
import { random } from '../reference.ts';

describe('RouteSums', () => {
  it('gives routes in order, each with its sum', () => {
    const sums = new RouteSums();
    const next = random(9);
    for (let round = 0; round < 50; round++) {
      sums.clear();
      const expected = new Map<number, number>();
      const edges = [0, 31, 32, 63, 1022, 1023];
      for (let i = next(60); i > 0; i--) {
        const route = next(2) ? next(ROUTE_COUNT) : (edges[next(edges.length)] as number);
        const items = 1 + next(2 ** 31) * 2 ** 10;
        sums.add(route, items);
        expected.set(route, (expected.get(route) ?? 0) + items);
      }
      const found: [number, number][] = [];
      for (let route = sums.after(-1); route < ROUTE_COUNT; route = sums.after(route))
        found.push([route, sums.sumOf(route)]);
      expect(found).toEqual([...expected].sort(([a], [b]) => a - b));
      expect(sums.distinct).toBe(expected.size);
    }
  });
});
