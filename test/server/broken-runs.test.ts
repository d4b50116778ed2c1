import { describe, expect, it } from 'vitest';
import { note } from './app.ts';
import { wait } from './creating.ts';
import { creates, serve } from './harness.ts';
import { ManualClock } from './manual-clock.ts';

describe('An outbox whose run breaks', () => {
  it('waits a second, alone', async () => {
    const clock = new ManualClock();
    let isBroken = true;
    const server = await serve({
      clock,
      waitsFor: (_, { user }) => {
        if (isBroken && user === 'ana') throw new Error('no database');
        return false;
      },
    });
    const ana = server.sender();
    await ana.post([creates(1, note('a'))]);
    expect(await server.logged('failed')).toMatchObject({ where: 'worker', error: new Error('no database') });
    await clock.armed(1000);
    const { results } = await server.sender('luis').post([creates(1, note('b'))], wait);
    expect(results).toMatchObject([{ status: 0 }]);
    isBroken = false;
    clock.advance(1000);
    expect((await ana.post([creates(1)], wait)).results).toMatchObject([{ status: 0 }]);
    expect(server.log.filter(({ event }) => event === 'failed')).toHaveLength(1);
  });
});
