import { contract, f64, handler, int, shape, string } from '../../src/index.ts';

const Sale = shape({ id: int(), article: string(), quantity: int(), price: f64() });

/** One handler for each way in which a server may run it (docs/server.md). */
export const app = contract(
  { version: 1 },
  {
    undeclared: handler(1, { create: { in: Sale } }),
    ahead: handler(2, { create: { in: Sale } }),
    coalesced: handler(3, { create: { in: Sale } }),
    news: handler(4, { read: { out: shape({ text: string() }) } }),
  },
);

export type Way = 'undeclared' | 'ahead' | 'coalesced';

/** As a till would send it: about 30 bytes. */
export function sale(id: number) {
  return { id, article: `article ${id % 97}`, quantity: 1 + (id % 5), price: ((id * 37) % 10_000) / 100 };
}
