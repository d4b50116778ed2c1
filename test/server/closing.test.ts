import { describe, expect, it } from 'vitest';
import { CrudpError } from '../../src/lib/errors.ts';
import type { Context } from '../../src/lib/server/context.ts';
import { implement } from '../../src/lib/server/implement.ts';
import { memoryJournal } from '../../src/lib/server/journals/memory.ts';
import type { Uploads } from '../../src/lib/server/uploads.ts';
import { app, note } from './app.ts';
import { creating, wait } from './creating.ts';
import { creates, serve } from './harness.ts';
import { journalWith } from './journal-with.ts';
import { ManualClock } from './manual-clock.ts';

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
    const begun = new Map([[1, 1]]);
    expect(await journal.claim()).toMatchObject({ next: 1, begun, excused: begun });
  });

  it('starts nothing any more when the grace period is over, of what may run ahead neither', async () => {
    const clock = new ManualClock();
    const journal = memoryJournal();
    const started: string[] = [];
    const server = await serve({
      clock,
      journal,
      graceMs: 700,
      modules: [
        implement(app, {
          notes: {
            access: { create: 'public' },
            ahead: ['create'],
            async create(ctx: Context<typeof app>, records: readonly unknown[]) {
              started.push(ctx.reqId.slice(-1));
              // Finishes what it is at, though it is told to stop.
              await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve));
              return records;
            },
          },
        } as never),
      ],
    });
    await server.sender().post([creates(1, note('a')), creates(2, note('b')), creates(3, note('c'))]);
    await server.logged('handler_started');
    const closed = server.server.close();
    await clock.armed(700);
    clock.advance(700);
    await closed;
    expect(started).toEqual(['1']);
    await journal.open();
    const left = new Map([2, 3].map((seq) => [seq, 1]));
    expect(await journal.claim()).toMatchObject({ next: 2, begun: left, excused: left });
  });

  it('gives outboxes back that wait for another try', async () => {
    const clock = new ManualClock();
    const journal = memoryJournal();
    const server = await serve({
      clock,
      journal,
      modules: [
        creating((ctx) => {
          throw ctx.retryAfter(60_000);
        }),
      ],
    });
    await server.sender().post([creates(1)]);
    await clock.armed(60_000);
    await server.server.close();
    await journal.open();
    expect(await journal.claim()).toMatchObject({ next: 1, begun: new Map([[1, 1]]) });
    clock.advance(60_000);
    expect(server.log.filter(({ event }) => event === 'handler_started')).toHaveLength(1);
  });

  it('waits for no other try of a packet whose shared call came to nothing when it was committed', async () => {
    const clock = new ManualClock();
    const inner = memoryJournal();
    const journal = journalWith(inner, {
      async complete(claim, completion) {
        if (completion.effects.length > 0) return { kind: 'effect_failed', index: 0, changes: 0, message: 'no' };
        return inner.complete(claim, completion);
      },
    });
    const create = (ctx: Context<typeof app>, records: readonly unknown[]) => {
      if (records.length === 1) throw ctx.retryAfter(60_000);
      ctx.effect('anything');
      return records;
    };
    const module = { notes: { access: { create: 'public' }, coalesce: ['create'], create } };
    const server = await serve({ clock, journal, graceMs: 700, modules: [implement(app, module as never)] });
    await server.sender().post([creates(1, note('a')), creates(2, note('b'))]);
    await clock.armed(60_000);
    const closed = server.server.close();
    await clock.armed(700);
    // Twice as long would end it in any case.
    clock.advance(700);
    await closed;
  });

  it('is for good, and the same for all who ask', async () => {
    const { server } = await serve();
    expect(server.close()).toBe(server.close());
    await server.close();
    await expect(server.start()).rejects.toThrow('[draining]');
  });
});

describe('A start that fails', () => {
  it('leaves no journal open', async () => {
    const inner = memoryJournal();
    const calls: string[] = [];
    const journal = journalWith(inner, {
      open() {
        calls.push('open');
        return inner.open();
      },
      close() {
        calls.push('close');
        return inner.close();
      },
    });
    const uploads = { open: () => Promise.reject(new Error('no folder')) } as Partial<Uploads> as Uploads;
    const { server } = await serve({ journal, uploads });
    await expect(server.start()).rejects.toThrow('no folder');
    expect(calls).toEqual(['open', 'close']);
  });
});

describe('A journal in trouble', () => {
  it('is left alone for a second, then tried again', async () => {
    const clock = new ManualClock();
    const inner = memoryJournal();
    let failures = 3;
    const journal = journalWith(inner, {
      async claim() {
        if (failures-- > 0) throw new CrudpError('storage_busy', 'later', { retryable: true });
        return inner.claim();
      },
    });
    const server = await serve({ clock, journal });
    const ana = server.sender();
    await server.server.start();
    for (let count = 1; count <= 3; count++) {
      await clock.armed(1000);
      expect(server.log.filter(({ event }) => event === 'failed')).toHaveLength(count);
      clock.advance(1000);
    }
    expect((await ana.post([creates(1, note('a'))], wait)).results).toMatchObject([{ status: 0 }]);
  });

  it('gives the outbox back whose run it broke, and the packet runs again', async () => {
    const clock = new ManualClock();
    const inner = memoryJournal();
    let isBroken = true;
    const journal = journalWith(inner, {
      async complete(claim, completion) {
        if (isBroken) throw new Error('surprise');
        return inner.complete(claim, completion);
      },
    });
    const server = await serve({ clock, journal });
    const ana = server.sender();
    await ana.post([creates(1, note('a'))]);
    expect(await server.logged('failed')).toMatchObject({ where: 'worker', error: new Error('surprise') });
    isBroken = false;
    await clock.armed(1000);
    clock.advance(1000);
    await server.logged('handler_finished', ({ attempt }) => attempt === 2);
    expect((await ana.post([creates(1, note('a'))], wait)).results).toMatchObject([{ status: 0 }]);
  });

  it('is no fault of the server, whatever was asked of it', async () => {
    const fails = (code: string) => () => Promise.reject(new CrudpError(code, 'not now', { retryable: true }));
    const replaced = { commit: fails('storage_full'), end: fails('storage_failed'), results: fails('storage_busy') };
    const pushing = creating((ctx) => {
      ctx.push('all', 'notes.create', [note('told')]);
      return [];
    });
    const { url, sender, log } = await serve({ journal: journalWith(memoryJournal(), replaced), modules: [pushing] });
    const headers = { 'x-user': 'ana', authorization: 'Bearer x' };
    const events = await fetch(`${url}/events?outbox=00000000000000a1`, { headers });
    expect([events.status, await events.json()]).toMatchObject([503, { code: 'storage_failed' }]);
    expect(events.headers.get('retry-after')).toBe('10');
    const call = await fetch(`${url}/call/notes/create`, { method: 'POST', headers });
    expect([call.status, await call.json()]).toMatchObject([507, { code: 'storage_full' }]);
    const ana = sender();
    await ana.post([creates(1)]);
    expect(await ana.post([creates(1)])).toMatchObject({ status: 503, json: { code: 'storage_busy' } });
    expect(log.filter(({ event }) => event === 'failed')).toEqual([]);
  });

  it('is tried anew where it could not be opened', async () => {
    const inner = memoryJournal();
    let isHeld = true;
    const journal = journalWith(inner, {
      async open() {
        if (isHeld) throw new CrudpError('journal_in_use', 'another process holds it');
        await inner.open();
      },
    });
    const { server, sender } = await serve({ journal });
    await expect(server.start()).rejects.toThrow('[journal_in_use]');
    expect((await sender().post([creates(1, note('a'))])).status).toBe(500);
    isHeld = false;
    expect((await sender().post([creates(1, note('a'))], wait)).results).toMatchObject([{ status: 0 }]);
  });
});
