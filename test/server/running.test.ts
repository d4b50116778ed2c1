import { describe, expect, it } from 'vitest';
import type { Field, RecordShape, ScalarKind } from '../../src/lib/contract/field.ts';
import { shape } from '../../src/lib/contract/shape.ts';
import { u8 } from '../../src/lib/contract/types.ts';
import { CrudpError } from '../../src/lib/errors.ts';
import type { RequestPacket } from '../../src/lib/packet.ts';
import type { Context } from '../../src/lib/server/context.ts';
import { implement } from '../../src/lib/server/implement.ts';
import type { Completion, CompletionOutcome } from '../../src/lib/server/journal.ts';
import { memoryJournal } from '../../src/lib/server/journals/memory.ts';
import { app, Note, note, route } from './app.ts';
import { codec, creates, serve, type TestServer } from './harness.ts';
import { journalWith } from './journal-with.ts';
import { ManualClock } from './manual-clock.ts';

const wait = { headers: { Prefer: 'wait=20' } };

/** A module whose `notes.create` is this. */
function creating(create: (ctx: Context<typeof app>, records: { id: string }[]) => unknown) {
  return implement(app, { notes: { access: { create: 'public' }, create } } as never);
}

/** A wider type, written in the same way. */
function looser({ type }: Field): ScalarKind {
  return type.kind === 'u8' ? 'int' : 'string';
}

async function statusesOf(server: TestServer, packets: readonly RequestPacket[], user = 'ana'): Promise<unknown> {
  const { results } = await server.sender(user).post(packets, wait);
  return results.map(({ seq, status }) => [seq, status]);
}

describe('Running packets', () => {
  it('lets a failing packet fail alone, and keeps what was thrown to itself', async () => {
    const server = await serve();
    const { results } = await server
      .sender()
      .post(
        [
          creates(1, note('a')),
          creates(2, note('b', 'crash')),
          creates(3, note('c', 'refused')),
          creates(4, note('d')),
          creates(5, note('e'), note('f', 'taken')),
          creates(6, note('g')),
        ],
        wait,
      );
    expect(results.map(({ status, message }) => [status, message])).toEqual([
      [0, ''],
      [13, ''],
      [1, 'not today'],
      [0, ''],
      [300, '{"issues":[{"path":[1,"id"],"message":"have it"}]}'],
      [0, ''],
    ]);
    expect(await server.logged('handler_failed')).toMatchObject({ attempt: 1, error: new Error('secret of b') });
  });

  it('lets unknown routes and wrong values fail only their packets', async () => {
    const server = await serve();
    const statuses = await statusesOf(server, [
      creates(1, note('a')),
      { seq: 2, route: route.later, records: [['x']] },
      { seq: 3, route: route.echo, records: ['a name of every prototype'] },
      creates(4, note('b')),
    ]);
    expect(statuses).toEqual([
      [1, 0],
      [2, 8],
      [3, 0],
      [4, 0],
    ]);
  });

  it('lets a foreign signature and values outside their type fail only their packets', async () => {
    const server = await serve();
    const ana = server.sender();
    // Of the same signature, but written by one who does not keep to it.
    const loose = {
      ...Note,
      fields: Note.fields.map((field) => ({ ...field, type: { ...field.type, kind: looser(field) } })),
    };
    const foreign = shape({ text: u8() });
    const inputs = new Map<number, RecordShape | null>([...app.inputs, [route.create, loose], [route.read, foreign]]);
    const packets = [
      creates(1, note('a', '', 255)),
      creates(2, note('b'), note('c', '', 256)),
      { seq: 3, route: route.read, records: [{ text: 1 }] },
      { seq: 4, route: route.read, records: [] },
      { seq: 5, route: 1020, records: [] },
      creates(6, note('d')),
    ];
    const batch = { outbox: ana.outbox, first: 1, oldest: 0, packets };
    const frame = codec.encodeRequest({ inputs: inputs.set(1020, null), outputs: app.outputs }, batch);
    const { results } = await ana.postFrame(frame, { 'CRUDP-Tag': 'ab'.repeat(8), Prefer: 'wait=20' });
    expect(results.map(({ seq, status }) => [seq, status])).toEqual([
      [1, 0],
      [2, 2],
      [3, 9],
      [4, 9],
      [5, 8],
      [6, 0],
    ]);
    const { issues } = JSON.parse(results[1]?.message ?? '') as { issues: unknown };
    expect(issues).toEqual([{ path: [1, 'stars'], message: expect.any(String) }]);
  });

  it('judges access when the packet runs', async () => {
    const server = await serve();
    const packets = [creates(1, note('a')), ...[5, 6, 7, 8].map((at, i) => ({ seq: i + 2, route: at, records: [] }))];
    const post = (user: string, roles: string) =>
      server.sender(user).post(packets, { headers: { Prefer: 'wait=20', 'x-roles': roles } });
    const statuses = async (user: string, roles: string) =>
      (await post(user, roles)).results.map(({ status }) => status);
    expect(await statuses('ana', 'writer')).toEqual([0, 0, 0, 0, 0]);
    expect(await statuses('luis', 'admin')).toEqual([3, 0, 0, 3, 0]);
    expect(await statuses('eva', 'authenticated')).toEqual([3, 0, 3, 3, 0]);
  });

  it.each([
    ['answers a text', () => 'yes', 3],
    ['throws', () => Promise.reject(new Error('x')), 13],
    ['refuses with its own word', (ctx: Context) => Promise.reject(ctx.fail('not_found')), 4],
    ['resolves to true', async () => true, 0],
  ])('takes an access rule that %s for what it is', async (_, rule, status) => {
    const modules = [implement(app, { notes: { access: { create: rule }, create: () => [] } } as never)];
    expect(await statusesOf(await serve({ modules }), [creates(1)])).toEqual([[1, status]]);
  });

  it('calls an answer that is not of its shape internal, and logs where', async () => {
    const server = await serve();
    expect(await statusesOf(server, [{ seq: 1, route: route.update, records: [note('a')] }])).toEqual([[1, 13]]);
    expect(await server.logged('output_rejected')).toMatchObject({ path: 'results[0].records[0].stars' });
    const other = await serve({ modules: [creating(() => 'no array')] });
    expect(await statusesOf(other, [creates(1)])).toEqual([[1, 13]]);
    expect(await other.logged('output_rejected')).toMatchObject({ path: 'results[0].records' });
  });

  it('runs a packet after those it depends on, or skips it', async () => {
    const server = await serve();
    const statuses = await statusesOf(server, [
      creates(1, note('a', 'crash')),
      creates(2, note('b')),
      { ...creates(3, note('c')), after: [2] },
      { ...creates(4, note('d')), after: [3, 1] },
      { ...creates(5, note('e')), after: [4] },
      { ...creates(6, note('f')), after: [3] },
    ]);
    expect(statuses).toEqual([
      [1, 13],
      [2, 0],
      [3, 0],
      [4, 6],
      [5, 6],
      [6, 0],
    ]);
  });

  it('finds the statuses of dependencies in earlier batches, and misses those that are gone', async () => {
    const server = await serve();
    const ana = server.sender();
    await ana.post([creates(1, note('a')), creates(2, note('b'))], wait);
    await ana.post([], { first: 3, oldest: 2 });
    const { results } = await ana.post(
      [
        { ...creates(3), after: [2] },
        { ...creates(4), after: [1] },
      ],
      wait,
    );
    expect(results.map(({ status }) => status)).toEqual([0, 6]);
  });

  it('expires what waited too long', async () => {
    const clock = new ManualClock();
    let gate = (): void => {};
    const opened = new Promise<void>((resolve) => {
      gate = resolve;
    });
    const server = await serve({ clock, maxQueueMs: 1000, modules: [creating(() => opened.then(() => []))] });
    const ana = server.sender();
    await ana.post([creates(1), creates(2)]);
    await server.logged('handler_started');
    clock.advance(1001);
    gate();
    const { results } = await ana.post([creates(1), creates(2)], wait);
    expect(results.map(({ status }) => status)).toEqual([0, 10]);
  });

  it('runs different outboxes side by side, one outbox in order', async () => {
    const waiting = new Map<string, () => void>();
    const server = await serve({
      concurrency: 2,
      modules: [creating((ctx) => new Promise((resolve) => waiting.set(ctx.reqId, () => resolve([]))))],
    });
    const outboxes = ['a1', 'a2', 'a3'].map((end) => server.sender(`user ${end}`, end.padStart(16, '0')));
    for (const sender of outboxes) await sender.post([creates(1), creates(2)]);
    const started = (reqId: string) => server.logged('handler_started', (entry) => entry.reqId.endsWith(reqId));
    await Promise.all([started('a1.1'), started('a2.1')]);
    expect([...waiting.keys()].map((reqId) => reqId.slice(-4))).toEqual(['a1.1', 'a2.1']);
    for (const reqId of ['a1.1', 'a2.1', 'a1.2', 'a2.2', 'a3.1', 'a3.2']) {
      await started(reqId);
      waiting.get(reqId.padStart(18, '0'))?.();
    }
    await server.logged('handler_finished', (entry) => entry.reqId.endsWith('a3.2'));
  });
});

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
    expect(entries.map(({ kind }) => kind)).toEqual(['results', 'push', 'results', 'results', 'results', 'results']);
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

describe('close', () => {
  it('lets the running handler finish, and runs nothing after it', async () => {
    let finish = (): void => {};
    const running = new Promise<unknown[]>((resolve) => {
      finish = () => resolve([]);
    });
    const journal = memoryJournal();
    const server = await serve({ journal, modules: [creating(() => running)] });
    await server.sender().post([creates(1), creates(2)]);
    await server.logged('handler_started');
    const closed = server.server.close();
    finish();
    await closed;
    expect(server.log.filter(({ event }) => event === 'handler_started')).toHaveLength(1);
    await journal.open();
    expect((await journal.claim())?.next).toBe(2);
  });

  it('aborts ctx.signal when the grace period is over, and leaves behind who ignores it', async () => {
    const clock = new ManualClock();
    const signals: AbortSignal[] = [];
    const journal = memoryJournal();
    const server = await serve({
      clock,
      journal,
      graceMs: 700,
      modules: [
        creating((ctx) => {
          signals.push(ctx.signal);
          return new Promise(() => {});
        }),
      ],
    });
    await server.sender().post([creates(1)]);
    await server.logged('handler_started');
    const closed = server.server.close();
    await clock.armed(700);
    expect(signals[0]?.aborted).toBe(false);
    clock.advance(700);
    expect(signals[0]?.aborted).toBe(true);
    clock.advance(700);
    await closed;
    await journal.open();
    expect(await journal.claim()).toMatchObject({ next: 1, attempts: 1 });
  });
});
