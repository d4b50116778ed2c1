import type { Clock } from '../../../src/lib/clock.ts';
import { contract, handler } from '../../../src/lib/contract/contract.ts';
import { shape } from '../../../src/lib/contract/shape.ts';
import { string, u16 } from '../../../src/lib/contract/types.ts';
import { implement } from '../../../src/lib/server/implement.ts';

/** `what` tells the handler how to behave, `size` how much to answer. */
export const Job = shape({ id: string(), what: string(), size: u16() });

export const app = contract(
  { version: 3 },
  {
    jobs: handler(1, {
      create: { in: Job, out: Job },
      read: { in: Job, out: Job },
    }),
  },
);
export type App = typeof app;

export type Behaviour = 'ok' | 'refuse' | 'again' | 'slow';

/** Handlers that write by effects, so that each packet has exactly one. */
export function jobs(clock: Clock) {
  return implement(app, {
    jobs: {
      access: { create: 'authenticated', read: 'authenticated' },
      async create(ctx, records) {
        for (const { id, what } of records) {
          ctx.effect('insert', [id, ctx.reqId, ctx.user]);
          if (what === 'refuse') throw ctx.fail('failed', { message: 'no' });
          if (what === 'again' && ctx.attempt === 1) throw ctx.retryAfter(700);
          if (what === 'slow') await new Promise<void>((resolve) => clock.after(400, resolve));
        }
        return records;
      },
      read: (_ctx, records) => records,
    },
  });
}
