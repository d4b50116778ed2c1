import { describe, expect, it } from 'vitest';
import type { Context } from '../../src/lib/server/context.ts';
import { implement } from '../../src/lib/server/implement.ts';
import type { Completion, Journal } from '../../src/lib/server/journal.ts';
import { memoryJournal } from '../../src/lib/server/journals/memory.ts';
import { app, note, route } from './app.ts';
import { statusesOf, wait } from './creating.ts';
import { codec, creates, serve } from './harness.ts';
import { journalWith } from './journal-with.ts';
import { ManualClock } from './manual-clock.ts';

/** A memory journal that takes effects, refuses those on 'stale', and lists what was asked of it. */
function openJournal(replaced: (inner: Journal) => Partial<Journal> = () => ({})) {
  const inner = memoryJournal();
  const commits: number[][] = [];
  const begins: number[][] = [];
  const effects: string[] = [];
  const complete = async (claim: Parameters<Journal['complete']>[0], completion: Completion) => {
    const index = completion.effects.findIndex(({ sql }) => sql === 'stale');
    if (index >= 0) return { kind: 'effect_failed', index, changes: 0, message: 'no' } as const;
    const outcome = await inner.complete(claim, { ...completion, effects: [] });
    commits.push(completion.results.map(({ seq }) => seq));
    if (completion.begins.length > 0) begins.push([...completion.begins]);
    effects.push(...completion.effects.map(({ sql }) => sql));
    return outcome;
  };
  const begin: Journal['begin'] = (claim, seqs) => {
    begins.push([...seqs]);
    return inner.begin(claim, seqs);
  };
  return { journal: journalWith(inner, { complete, begin, ...replaced(inner) }), commits, begins, effects };
}

type Code = (ctx: Context<typeof app>, records: { id: string; text: string; stars: number }[]) => unknown;

function module(kind: 'ahead' | 'coalesce', create: Code, access: unknown = 'public') {
  return implement(app, { notes: { access: { create: access }, [kind]: ['create'], create } } as never);
}

const ids = (records: readonly { id: string }[]) => records.map(({ id }) => id).join('');

describe('Handlers that run ahead', () => {
  it('are begun together and committed together', async () => {
    const { journal, commits, begins, effects } = openJournal();
    const effect: Code = (ctx, records) => {
      ctx.effect(ids(records));
      return records;
    };
    const server = await serve({ journal, modules: [module('ahead', effect)] });
    const statuses = await statusesOf(server, [creates(1, note('a')), creates(2, note('b')), creates(3, note('c'))]);
    expect(statuses).toEqual([
      [1, 0],
      [2, 0],
      [3, 0],
    ]);
    expect(begins).toEqual([[1, 2, 3]]);
    expect(commits).toEqual([[1, 2, 3]]);
    expect(effects).toEqual(['a', 'b', 'c']);
  });

  it('lose only the packet whose effect fails, wherever it stands', async () => {
    const { journal, effects } = openJournal();
    const effect: Code = (ctx, records) => {
      ctx.effect(records[0]?.text || ids(records));
      return [];
    };
    const server = await serve({ journal, modules: [module('ahead', effect)] });
    const statuses = await statusesOf(server, [
      creates(1, note('a')),
      creates(2, note('b', 'stale')),
      creates(3, note('c')),
      { ...creates(4, note('d')), after: [2] },
      creates(5, note('e', 'stale')),
      creates(6, note('f')),
    ]);
    expect(statuses).toEqual([
      [1, 0],
      [2, 5],
      [3, 0],
      [4, 6],
      [5, 5],
      [6, 0],
    ]);
    expect(effects).toEqual(['a', 'c', 'f']);
  });

  it('show results after 50 ms, while a slow one still runs', async () => {
    const clock = new ManualClock();
    const { journal } = openJournal();
    let finish: (answer: unknown[]) => void = () => {};
    const slow: Code = (_, [first]) =>
      first?.id === 'slow'
        ? new Promise((resolve) => {
            finish = resolve;
          })
        : [];
    const server = await serve({ clock, journal, modules: [module('ahead', slow)] });
    const ana = server.sender();
    await ana.post([creates(1, note('a')), creates(2, note('b')), creates(3, note('slow'))]);
    await server.logged('handler_started', ({ reqId }) => reqId.endsWith('.3'));
    const heard = new Promise<void>((resolve) => {
      journal.subscribe((news) => news.kind === 'log' && resolve());
    });
    clock.advance(50);
    await heard;
    const chunks = await journal.results({ user: 'ana', outbox: ana.outbox }, [1, 2, 3]);
    expect(chunks.map(({ seqs }) => seqs)).toEqual([[1, 2]]);
    finish([]);
    const { results } = await ana.post([creates(3)], wait);
    expect(results).toMatchObject([{ seq: 3, status: 0 }]);
  });

  it('come in chunks of at most 256', async () => {
    const { journal, commits } = openJournal();
    const server = await serve({ journal, modules: [module('ahead', () => [])] });
    const packets = Array.from({ length: 600 }, (_, index) => creates(index + 1, note('a')));
    await server.sender().post(packets, wait);
    expect(commits.flat()).toEqual(packets.map(({ seq }) => seq));
    expect(Math.max(...commits.map(({ length }) => length))).toBeLessThanOrEqual(256);
    expect(commits.length).toBeLessThan(100);
  });

  it('run alone once a process has died while they ran', async () => {
    const { journal, begins } = openJournal();
    await journal.open();
    const sender = await serve({ journal, concurrency: 0, modules: [module('ahead', () => [])] });
    await sender.sender().post([1, 2, 3, 4].map((seq) => creates(seq, note('a'))));
    const claim = await journal.claim();
    if (!claim) throw new Error('nothing to claim');
    await journal.begin(claim, [1, 2]);
    await sender.server.close();
    begins.length = 0;
    const server = await serve({ journal, modules: [module('ahead', () => [])] });
    await server.server.start();
    await server.logged('handler_finished', ({ reqId }) => reqId.endsWith('.4'));
    expect(begins).toEqual([[1], [2], [3, 4]]);
    const attempts = server.log.flatMap((entry) => (entry.event === 'handler_started' ? [entry.attempt] : []));
    expect(attempts).toEqual([2, 2, 1, 1]);
  });
});

describe('Handlers that share a call', () => {
  const called: string[] = [];
  const echo: Code = (_, records) => {
    called.push(ids(records));
    return records.map((record) => ({ ...record, stars: 7 }));
  };

  it('get the records of neighbouring packets, and each packet its share of the answer', async () => {
    called.length = 0;
    const { journal, commits } = openJournal();
    const server = await serve({ journal, modules: [module('coalesce', echo)] });
    const { results } = await server
      .sender()
      .post(
        [
          creates(1, note('a'), note('b')),
          creates(2),
          creates(3, note('c')),
          { seq: 4, route: route.later, records: [] },
          creates(5, note('d')),
          { ...creates(6, note('e')), group: 1 },
          { ...creates(7, note('f')), group: 1 },
          creates(8, note('g')),
        ],
        wait,
      );
    expect(called).toEqual(['abc', 'd', 'e', 'f', 'g']);
    expect(results.map(({ seq, status, records }) => [seq, status, ids(records as { id: string }[])])).toEqual([
      [1, 0, 'ab'],
      [2, 0, ''],
      [3, 0, 'c'],
      [4, 8, ''],
      [5, 0, 'd'],
      [6, 0, 'e'],
      [7, 0, 'f'],
      [8, 0, 'g'],
    ]);
    expect(commits.flat().sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it.each([
    ['throws', (records: unknown[]) => records.length > 1 && Promise.reject(new Error('bad'))],
    ['answers too little', (records: unknown[]) => records.slice(1)],
    ['answers what is not of its shape', (records: unknown[]) => (records.length > 1 ? [1, 2, 3] : records)],
  ])('run one by one where the shared call %s', async (_, answer) => {
    const effects: number[] = [];
    const code: Code = async (ctx, records) => {
      effects.push(records.length);
      ctx.push('all', 'notes.create', [note('pushed')]);
      return (await answer(records)) || records;
    };
    const { journal } = openJournal();
    const server = await serve({ journal, modules: [module('coalesce', code)] });
    const packets = [creates(1, note('a')), creates(2, note('b')), creates(3, note('c'))];
    const isShort = _ === 'answers too little';
    const { results } = await server.sender().post(packets, wait);
    expect(results.map(({ status }) => status)).toEqual([0, 0, 0]);
    expect(effects).toEqual([3, 1, 1, 1]);
    const { entries } = await journal.read('all', { offset: 0, mark: '' }, 1 << 20);
    expect(entries).toHaveLength(3);
    expect(await server.logged('call_split')).toMatchObject({ packets: 3 });
    expect(results.every(({ records }) => records.length === (isShort ? 0 : 1))).toBe(true);
  });

  it('run one by one where an effect of the shared call fails', async () => {
    const code: Code = (ctx, records) => {
      for (const { id } of records) ctx.effect(id);
      return records;
    };
    const { journal, effects } = openJournal();
    const server = await serve({ journal, modules: [module('coalesce', code)] });
    const packets = [creates(1, note('a')), creates(2, note('stale')), creates(3, note('c'))];
    expect(await statusesOf(server, packets)).toEqual([
      [1, 0],
      [2, 5],
      [3, 0],
    ]);
    expect(effects).toEqual(['a', 'c']);
  });

  it('leave out whom the access rule denies, and what depends on one of them', async () => {
    called.length = 0;
    const access = (_: unknown, records: { id: string }[]) => records.every(({ id }) => id !== 'x');
    const { journal } = openJournal();
    const server = await serve({ journal, modules: [module('coalesce', echo, access)] });
    const packets = [
      creates(1, note('a')),
      creates(2, note('x')),
      creates(3, note('c')),
      { ...creates(4, note('d')), after: [3] },
    ];
    expect(await statusesOf(server, packets)).toEqual([
      [1, 0],
      [2, 3],
      [3, 0],
      [4, 0],
    ]);
    expect(called).toEqual(['ac', 'd']);
  });

  it('take at most 256 packets in a call', async () => {
    const counts: number[] = [];
    const count: Code = (_, records) => {
      counts.push(records.length);
      return records;
    };
    const { journal } = openJournal();
    const server = await serve({ journal, codec, modules: [module('coalesce', count)] });
    await server.sender().post(
      Array.from({ length: 300 }, (_, index) => creates(index + 1, note('a'))),
      wait,
    );
    expect(counts).toEqual([256, 44]);
  });
});
