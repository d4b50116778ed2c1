import type { Journal } from '../../../src/lib/server/journal.ts';
import { memoryJournal } from '../../../src/lib/server/journals/memory.ts';
import { note } from '../../server/app.ts';
import { wait } from '../../server/creating.ts';
import { creates, type ServeOptions, serve, type TestServer } from '../../server/harness.ts';
import { ManualClock } from '../../server/manual-clock.ts';
import type { Probe } from './probe.ts';

const a1 = 'outbox=00000000000000a1';
const dayMs = 86_400_000;

/** What one server has stored, and a second one finds so many days and milliseconds later: it trims when it starts. */
async function later(
  days: number,
  more: number,
  options: ServeOptions,
): Promise<{ first: TestServer; ask: () => Promise<TestServer> }> {
  const clock = new ManualClock();
  const journal: Journal = memoryJournal({ clock });
  const common = { clock, journal, heartbeatMs: 1e12, stuckMs: 1e12 };
  const first = await serve(common);
  return {
    first,
    async ask() {
      await first.server.close();
      clock.advance(days * dayMs + more);
      const next = await serve({ ...common, ...options });
      await next.server.start();
      return next;
    },
  };
}

/** Limits of days: more is a millisecond. */
export const days: Readonly<Record<string, Probe>> = {
  resultDays: {
    limit: 3,
    isWithin: true,
    async try(limit, more) {
      const { first, ask } = await later(limit, more, { resultDays: limit, logDays: limit });
      const ana = first.sender();
      await ana.post([creates(1, note('a'))], wait);
      const again = await (await ask()).sender().post([creates(1, note('a'))], { after: ana.place });
      return again.results[0]?.status === 0;
    },
  },
  logDays: {
    limit: 2,
    isWithin: true,
    async try(limit, more) {
      const { first, ask } = await later(limit, more, { logDays: limit });
      const cursor = (await (await first.events(a1)).next())?.id as string;
      await first.server.push({ user: 'ana' }, 'notes.create', [note('a')]);
      const hello = await (await (await ask()).events(a1, { 'Last-Event-ID': cursor })).next();
      return JSON.parse(hello?.data ?? '').recovered;
    },
  },
  failedDays: {
    limit: 4,
    isWithin: true,
    async try(limit, more) {
      const { first, ask } = await later(limit, more, { failedDays: limit });
      await first.sender().post([creates(1, note('a', 'crash'))], wait);
      return (await (await ask()).server.packets.list()).length === 1;
    },
  },
};
