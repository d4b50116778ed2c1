import { describe, expect, it } from 'vitest';
import { CrudpError } from '../../src/lib/errors.ts';
import type { Context } from '../../src/lib/server/context.ts';
import type { Completion, CompletionOutcome } from '../../src/lib/server/journal.ts';
import { memoryJournal } from '../../src/lib/server/journals/memory.ts';
import { type app, note, route } from './app.ts';
import { creating, statusesOf, wait } from './creating.ts';
import { creates, serve } from './harness.ts';
import { journalWith } from './journal-with.ts';
import { ManualClock } from './manual-clock.ts';

describe('Completions', () => {
  /** A memory journal that pretends to have a database: effects named in `failing` fail so. */
  function effectJournal(failing: Map<string, Partial<CompletionOutcome>>) {
    const inner = memoryJournal();
    const done: string[] = [];
    const journal = journalWith(inner, {
      async complete(claim, completion: Completion) {
        const index = completion.effects.findIndex(({ sql }) => failing.has(sql));
        const failure = failing.get(completion.effects[index]?.sql ?? '');
        if (failure) return { kind: 'effect_failed', index, message: 'no', ...failure } as CompletionOutcome;
        const outcome = await inner.complete(claim, { ...completion, effects: [] });
        done.push(...completion.effects.map(({ sql, params }) => `${sql} ${params.join()}`));
        return outcome;
      },
    });
    return { journal, done };
  }

  const writes = creating((ctx, records) => {
    for (const { id } of records) {
      ctx.effect(id, [ctx.reqId.slice(-1)], { expectChanges: 1 });
      ctx.push({ user: 'ana' }, 'notes.create', [note(id)]);
    }
    if (records.some(({ id }) => id === 'throw')) throw ctx.fail('denied');
    return [];
  });

  it('makes a conflict of an effect that changed another number of rows, and commits nothing of it', async () => {
    const { journal, done } = effectJournal(
      new Map([
        ['stale', { changes: 0 }],
        ['broken', {}],
      ]),
    );
    const server = await serve({ journal, modules: [writes] });
    const statuses = await statusesOf(server, [
      creates(1, note('x')),
      creates(2, note('y'), note('stale')),
      creates(3, note('broken')),
      creates(4, note('z'), note('throw')),
      { ...creates(5, note('w')), after: [2] },
    ]);
    expect(statuses).toEqual([
      [1, 0],
      [2, 5],
      [3, 13],
      [4, 3],
      [5, 6],
    ]);
    expect(done).toEqual(['x 1']);
    const { entries } = await journal.read('user:ana', { offset: 0, mark: '' }, 1_000_000);
    expect(entries.map(({ kind }) => kind)).toEqual(['results', 'push', 'results', 'results', 'results']);
  });

  it('commits an atomic group as one, with all its effects', async () => {
    const { journal, done } = effectJournal(new Map());
    const server = await serve({ journal, modules: [writes] });
    const group = (seq: number, id: string, number: number) => ({ ...creates(seq, note(id)), group: number });
    const statuses = await statusesOf(server, [
      group(1, 'a', 1),
      { ...group(2, 'b', 1), after: [1] },
      group(3, 'c', 2),
    ]);
    expect(statuses).toEqual([
      [1, 0],
      [2, 0],
      [3, 0],
    ]);
    expect(done).toEqual(['a 1', 'b 2', 'c 3']);
    const { entries } = await journal.read('user:ana', { offset: 0, mark: '' }, 1_000_000);
    expect(entries.map(({ kind }) => kind)).toEqual(['results', 'push', 'push', 'results', 'push']);
  });

  it('rolls an atomic group back when one of its packets fails, however it fails', async () => {
    const { journal, done } = effectJournal(new Map([['stale', { changes: 2 }]]));
    const server = await serve({ journal, modules: [writes] });
    const group = (seq: number, number: number, id: string) => ({ ...creates(seq, note(id)), group: number });
    const statuses = await statusesOf(server, [
      group(1, 1, 'a'),
      group(2, 1, 'throw'),
      group(3, 1, 'b'),
      group(4, 2, 'c'),
      group(5, 2, 'stale'),
      group(6, 3, 'd'),
      { ...group(7, 3, 'e'), route: route.later, records: [] },
      group(8, 4, 'f'),
      { ...group(9, 4, 'g'), after: [6] },
      creates(10, note('h')),
    ]);
    expect(statuses).toEqual([
      [1, 7],
      [2, 3],
      [3, 7],
      [4, 7],
      [5, 5],
      [6, 7],
      [7, 8],
      [8, 7],
      [9, 6],
      [10, 0],
    ]);
    expect(done).toEqual(['h 0']);
  });

  it('keeps a result while the disk is full, and does not run the packet again', async () => {
    const clock = new ManualClock();
    const inner = memoryJournal();
    let isFull = true;
    const journal = journalWith(inner, {
      async complete(claim, completion) {
        if (isFull) throw new CrudpError('storage_full', 'no space', { retryable: true });
        return inner.complete(claim, completion);
      },
    });
    const server = await serve({ clock, journal });
    const ana = server.sender();
    await ana.post([creates(1, note('a'))]);
    await server.logged('failed');
    isFull = false;
    clock.advance(1000);
    expect((await ana.post([creates(1, note('a'))], wait)).results).toMatchObject([{ status: 0 }]);
    expect(server.ran).toHaveLength(1);
  });

  it('never gives an outbox back with a packet counted as begun that has not run', async () => {
    const clock = new ManualClock();
    const inner = memoryJournal();
    const journal = journalWith(inner, {
      async complete(claim, completion) {
        const outcome = await inner.complete(claim, completion);
        // The run's time is over just now, after it has said that it goes on.
        clock.advance(2000);
        return outcome;
      },
    });
    const server = await serve({ clock, journal });
    const packets = [1, 2, 3, 4, 5].map((seq) => creates(seq, note('a')));
    await server.sender().post(packets, wait);
    const attempts = server.log.flatMap((entry) => (entry.event === 'handler_started' ? [entry.attempt] : []));
    expect(attempts).toEqual([1, 1, 1, 1, 1]);
  });

  it('lets go of an outbox whose lease another process took', async () => {
    const inner = memoryJournal();
    const journal = journalWith(inner, {
      complete: async () => ({ kind: 'fenced' }),
    });
    const server = await serve({ journal });
    await server.sender().post([creates(1, note('a')), creates(2, note('b'))]);
    await server.logged('handler_finished', ({ attempt }) => attempt === 3);
    expect(server.ran.every((reqId) => reqId.endsWith('.1'))).toBe(true);
  });

  it('refuses what a handler does after it has returned', async () => {
    const kept: Context<typeof app>[] = [];
    const server = await serve({
      modules: [
        creating((ctx) => {
          kept.push(ctx);
          return [];
        }),
      ],
    });
    await statusesOf(server, [creates(1)]);
    expect(() => kept[0]?.push('all', 'notes.create', [])).toThrow('[context_ended]');
    expect(() => kept[0]?.effect('delete from x')).toThrow('[context_ended]');
  });
});
