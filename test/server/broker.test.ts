import { describe, expect, it, onTestFinished } from 'vitest';
import { Broker } from '../../src/lib/server/broker.ts';
import type { Journal, JournalNews } from '../../src/lib/server/journal.ts';
import type { LogReading } from '../../src/lib/server/journal-log.ts';
import { memoryJournal } from '../../src/lib/server/journals/memory.ts';

const start = { offset: 0, mark: '' };

/** A journal whose readings end when they are told to, with what the log held when they began. */
async function slowJournal() {
  const journal = memoryJournal();
  await journal.open();
  onTestFinished(() => journal.close());
  const waiting: (() => void)[] = [];
  const news: ((news: JournalNews) => void)[] = [];
  const slow: Journal = Object.assign(Object.create(journal) as Journal, {
    read: async (...args: Parameters<Journal['read']>): Promise<LogReading> => {
      const reading = await journal.read(...args);
      await new Promise<void>((resolve) => waiting.push(resolve));
      return reading;
    },
    subscribe: (listener: (news: JournalNews) => void) => {
      news.push(listener);
      return () => {};
    },
  });
  return {
    slow,
    append: (text: string) => journal.append([{ log: 'all', kind: 'push', frame: new TextEncoder().encode(text) }]),
    tell() {
      for (const listener of news) listener({ kind: 'log', log: 'all' });
    },
    async release() {
      await Promise.resolve();
      for (const resolve of waiting.splice(0)) resolve();
    },
  };
}

describe('A broker', () => {
  it('reads once for all who are at the same place', async () => {
    const { slow, append, release } = await slowJournal();
    const broker = new Broker(slow);
    await append('a');
    const readings = [broker.read('all', start), broker.read('all', start), broker.read('role:x', start)];
    await release();
    const [first, second, other] = await Promise.all(readings);
    expect(first).toBe(second);
    expect(other).not.toBe(first);
  });

  it('keeps what it has read for those who are fed later in the same round', async () => {
    const journal = memoryJournal();
    await journal.open();
    onTestFinished(() => journal.close());
    await journal.append([{ log: 'all', kind: 'push', frame: new Uint8Array(1) }]);
    let readings = 0;
    const counting: Journal = Object.assign(Object.create(journal) as Journal, {
      read: (...args: Parameters<Journal['read']>) => {
        readings++;
        return journal.read(...args);
      },
    });
    const broker = new Broker(counting);
    const fed: (Promise<LogReading> | LogReading)[] = [];
    const count = 1000;
    for (let index = 0; index < count; index++) {
      broker.feedSoon({ unsentBytes: 0, feed: () => fed.push(broker.read('all', start)) });
    }
    while (fed.length < count) await new Promise<void>((resolve) => setImmediate(resolve));
    expect(new Set(await Promise.all(fed)).size).toBe(1);
    expect(readings).toBe(1);
    // Not for longer: a log that rests is not kept in memory.
    await broker.read('all', start);
    expect(readings).toBe(2);
  });

  it('reads again for who asks after news that a reading under way may not have seen', async () => {
    const { slow, append, tell, release } = await slowJournal();
    const broker = new Broker(slow);
    broker.open();
    await append('a');
    const early = broker.read('all', start);
    await append('b');
    tell();
    const late = broker.read('all', start);
    await release();
    await release();
    expect((await early).entries).toHaveLength(1);
    expect((await late).entries).toHaveLength(2);
  });
});
