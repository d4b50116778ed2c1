import { describe, expect, it } from 'vitest';
import { implement } from '../../src/lib/server/implement.ts';
import { memoryJournal } from '../../src/lib/server/journals/memory.ts';
import type { StandardResult, StandardSchema } from '../../src/lib/server/standard-schema.ts';
import { app, note } from './app.ts';
import { creating, statusesOf, wait } from './creating.ts';
import { creates, serve } from './harness.ts';
import { ManualClock } from './manual-clock.ts';

type NoteRecord = ReturnType<typeof note>;

/** What a validation library makes, as Standard Schema describes it. */
function schemaOf<T>(validate: (value: T) => StandardResult<T> | Promise<StandardResult<T>>): StandardSchema<T> {
  return { '~standard': { version: 1, vendor: 'test', validate: validate as (value: unknown) => StandardResult<T> } };
}

describe('A validator', () => {
  const seen: NoteRecord[][] = [];
  const module = (validator: StandardSchema<NoteRecord>, access: 'public' | 'admin' = 'public') =>
    implement(app, {
      notes: {
        access: { create: access },
        validate: { create: validator },
        create(_ctx, records) {
          seen.push(records);
          return records;
        },
      },
    });
  const trimmed = schemaOf<NoteRecord>(async (value) => {
    const text = value.text.trim();
    if (text.length > 3) return { issues: [{ message: 'too long', path: ['text'] }, { message: 'odd' }] };
    if (value.id === '') return { issues: [{ message: 'empty', path: [{ key: 'id' }, 0] }] };
    return { value: { ...value, text } };
  });

  it('makes a packet invalid, with the paths of all its records', async () => {
    const server = await serve({ modules: [module(trimmed)] });
    const { results } = await server
      .sender()
      .post([creates(1, note('a'), note('b', 'too long'), note('')), creates(2, note('c', ' ok '))], wait);
    expect(results.map(({ status }) => status)).toEqual([2, 0]);
    expect(JSON.parse(results[0]?.message ?? '')).toEqual({
      issues: [
        { path: [1, 'text'], message: 'too long' },
        { path: [1], message: 'odd' },
        { path: [2, 'id', 0], message: 'empty' },
      ],
    });
    expect(seen).toEqual([[note('c', 'ok')]]);
  });

  it('says nothing to those who may not call, and fails its packet alone when it throws', async () => {
    const broken = schemaOf<NoteRecord>(() => {
      throw new Error('secret');
    });
    expect(await statusesOf(await serve({ modules: [module(broken, 'admin')] }), [creates(1, note('a'))])).toEqual([
      [1, 3],
    ]);
    expect(await statusesOf(await serve({ modules: [module(broken)] }), [creates(1, note('a'))])).toEqual([[1, 13]]);
  });

  it.each([
    ['is none', { validate: { create: () => true } }],
    ['is for an action without code', { validate: { update: trimmed } }],
    ['is for an action that runs ahead without code', { ahead: ['update'] }],
    ['is no list', { coalesce: 'create' }],
  ])('is refused at start where it %s', async (_, said) => {
    const code = { notes: { access: { create: 'public' }, create: () => [], ...said } };
    const { server } = await serve({ modules: [implement(app, code as never)] });
    await expect(server.start()).rejects.toThrow('[bad_implementation]');
  });
});

describe("A handler's deadline", () => {
  it('aborts its signal, makes it internal, and drops what it does later', async () => {
    const clock = new ManualClock();
    const reasons: unknown[] = [];
    let late: () => void = () => {};
    const journal = memoryJournal();
    const server = await serve({
      clock,
      journal,
      handlerTimeoutMs: 3000,
      modules: [
        creating((ctx, [first]) => {
          if (first?.id !== 'slow') return [];
          ctx.signal.addEventListener('abort', () => reasons.push((ctx.signal.reason as Error).message));
          return new Promise((_, reject) => {
            late = () => {
              expect(() => ctx.push('all', 'notes.create', [note('late')])).toThrow('[context_ended]');
              reject(new Error('late'));
            };
          });
        }),
      ],
    });
    const ana = server.sender();
    await ana.post([creates(1, note('slow')), creates(2, note('quick'))]);
    await server.logged('handler_started');
    await clock.armed(3000);
    clock.advance(3000);
    const { results } = await ana.post([creates(1), creates(2)], wait);
    expect(results.map(({ status }) => status)).toEqual([13, 0]);
    expect(reasons).toEqual(['[handler_timeout] the handler took longer than 3000 ms']);
    expect(await server.logged('handler_failed')).toMatchObject({ error: { code: 'handler_timeout' } });
    late();
  });

  it('leaves a packet to the next start whose handler ends with the shutdown', async () => {
    const clock = new ManualClock();
    const journal = memoryJournal();
    const server = await serve({
      clock,
      journal,
      graceMs: 500,
      handlerTimeoutMs: 60_000,
      modules: [
        creating(
          (ctx) =>
            new Promise((_, reject) => {
              ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason));
            }),
        ),
      ],
    });
    await server.sender().post([creates(1)]);
    await server.logged('handler_started');
    const closed = server.server.close();
    await clock.armed(500);
    clock.advance(500);
    await closed;
    expect(await server.logged('handler_aborted')).toMatchObject({ attempt: 1 });
    await journal.open();
    expect(await journal.claim()).toMatchObject({ next: 1 });
  });
});

describe('Turns', () => {
  it('let twenty light users through while a heavy one runs, each after a slice of him at most', async () => {
    const clock = new ManualClock();
    const order: string[] = [];
    const server = await serve({
      clock,
      concurrency: 1,
      modules: [
        creating((ctx) => {
          order.push(ctx.user);
          clock.advance(10);
          return [];
        }),
      ],
    });
    const users = ['heavy', ...Array.from({ length: 20 }, (_, index) => `light ${index}`)];
    const senders = users.map((user) => server.sender(user));
    const [heavy, ...light] = senders as [(typeof senders)[number], ...typeof senders];
    await heavy.post(Array.from({ length: 2000 }, (_, index) => creates(index + 1)));
    await Promise.all(light.map((sender) => sender.post([creates(1)], wait)));
    const before = order.lastIndexOf('light 19') + 1;
    // 500 ms of 10 ms each: one slice before the first of them comes, one between two of them at most.
    expect(order.slice(0, before).filter((user) => user === 'heavy').length).toBeLessThanOrEqual(51 * 21);
    expect(new Set(order.slice(0, before)).size).toBe(21);
  });
});
