import { describe, expect, it } from 'vitest';
import { memoryJournal } from '../../src/lib/server/journals/memory.ts';
import { note } from './app.ts';
import { creating, wait } from './creating.ts';
import { creates, serve } from './harness.ts';
import { journalWith } from './journal-with.ts';
import { ManualClock } from './manual-clock.ts';

describe('Another try', () => {
  it('waits as long as the handler asked, then runs again, until the attempts are used up', async () => {
    const clock = new ManualClock();
    const attempts: number[] = [];
    const server = await serve({
      clock,
      modules: [
        creating((ctx, [first]) => {
          attempts.push(ctx.attempt);
          if (first?.id === 'never' || ctx.attempt === 1) throw ctx.retryAfter(5000 + ctx.attempt);
          return [];
        }),
      ],
    });
    const ana = server.sender();
    await ana.post([creates(1, note('once')), creates(2, note('never')), creates(3)]);
    for (const delayMs of [5001, 5001, 5002]) {
      await clock.armed(delayMs);
      clock.advance(delayMs);
    }
    await clock.armed(5001);
    clock.advance(5001);
    const { results } = await ana.post([creates(1), creates(2), creates(3)], wait);
    expect(results.map(({ status }) => status)).toEqual([0, 11, 0]);
    expect(attempts).toEqual([1, 2, 1, 2, 3, 1, 2]);
  });

  it('is not used up by a server that was told to end, and says that it is another', async () => {
    const journal = memoryJournal();
    const attempts: number[] = [];
    const modules = [
      creating(async (ctx) => {
        attempts.push(ctx.attempt);
        if (ctx.attempt > 3) throw ctx.retryAfter(0);
        await new Promise((_, reject) => {
          ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason));
        });
        return [];
      }),
    ];
    const life = () => serve({ journal, modules, graceMs: 0, maxAttempts: 2 });
    const first = await life();
    const ana = first.sender();
    await ana.post([creates(1)]);
    for (let server = first; attempts.length < 3; server = await life()) {
      await server.server.start();
      await server.logged('handler_started');
      await server.server.close();
      await server.logged('handler_aborted');
    }
    const last = await life();
    const { results } = await last.sender().post([creates(1)], { ...wait, after: ana.place });
    expect(results.map(({ status }) => status)).toEqual([11]);
    expect(attempts).toEqual([1, 2, 3, 4, 5]);
  });

  it('counts what a process began before it died', async () => {
    const journal = memoryJournal();
    const attempts: string[] = [];
    const hangs = creating((ctx, [first]) => {
      attempts.push(`${ctx.reqId.split('.')[1]}:${ctx.attempt}`);
      return first?.id === 'killer' ? new Promise(() => {}) : [];
    });
    // A journal that is closed and opened while a server still has a claim, and claims no more, is what a killed
    // process leaves behind.
    let living = 0;
    const life = async () => {
      const mine = ++living;
      await journal.close();
      const claim = () => (mine === living ? journal.claim() : Promise.resolve(null));
      return serve({ journal: journalWith(journal, { claim }), modules: [hangs], graceMs: 0 });
    };
    const first = await life();
    await first.sender().post([creates(1), creates(2, note('killer')), creates(3)]);
    await first.logged('handler_started', ({ reqId }) => reqId.endsWith('.2'));
    for (const attempt of [2, 3]) {
      const next = await life();
      await next.server.start();
      await next.logged('handler_started', (entry) => entry.attempt === attempt);
    }
    const last = await life();
    await last.server.start();
    await last.logged('handler_finished', ({ reqId }) => reqId.endsWith('.3'));
    expect(attempts).toEqual(['1:1', '2:1', '2:2', '2:3', '3:1']);
    expect(await last.logged('settled')).toMatchObject({ reqId: '00000000000000a1.2', status: 12 });
  });
});
