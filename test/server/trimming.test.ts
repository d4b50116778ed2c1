import { describe, expect, it } from 'vitest';
import { memoryJournal } from '../../src/lib/server/journals/memory.ts';
import { note } from './app.ts';
import { creates, serve } from './harness.ts';
import { journalWith } from './journal-with.ts';
import { ManualClock } from './manual-clock.ts';

const dayMs = 86_400_000;

describe('Trimming', () => {
  it('drops logs after a week and results after 30 days, looking every hour', async () => {
    const clock = new ManualClock();
    const journal = memoryJournal({ clock });
    const server = await serve({ clock, journal, heartbeatMs: 1e12, stuckMs: 1e12 });
    const ana = server.sender();
    await ana.post([creates(1, note('a'))], { headers: { Prefer: 'wait=20' } });
    const kept = async () => {
      await clock.armed(3_600_000);
      const { entries } = await journal.read('user:ana', { offset: 0, mark: '' }, 1);
      return [entries.length, (await journal.results({ user: 'ana', outbox: ana.outbox }, [1])).length];
    };
    const later = async (ms: number) => {
      // Hour by hour: each trimming sets the timer of the next.
      for (const end = clock.now() + ms; clock.now() < end; ) {
        await clock.armed(3_600_000);
        clock.advance(3_600_000);
      }
      return kept();
    };
    expect(await later(7 * dayMs)).toEqual([1, 1]);
    expect(await later(3_600_000)).toEqual([0, 1]);
    expect(await later(23 * dayMs)).toEqual([0, 0]);
    const again = await ana.post([creates(1, note('a'))]);
    expect(again.results).toMatchObject([{ seq: 1, status: 15 }]);
  });

  it('goes on after a failure, and ends with the server', async () => {
    const clock = new ManualClock();
    let isBroken = true;
    let trims = 0;
    const inner = memoryJournal();
    const journal = journalWith(inner, {
      async trim(before) {
        trims++;
        if (isBroken) throw new Error('busy');
        await inner.trim(before);
      },
    });
    const { server, logged } = await serve({ clock, journal });
    await server.start();
    expect(await logged('failed')).toMatchObject({ where: 'journal.trim' });
    isBroken = false;
    await clock.armed(3_600_000);
    clock.advance(3_600_000);
    await clock.armed(3_600_000);
    await server.close();
    clock.advance(7_200_000);
    expect(trims).toBe(2);
  });
});
