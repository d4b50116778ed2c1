import { describe, expect, it } from 'vitest';
import { EncodeError } from '../../src/lib/errors.ts';
import type { Context } from '../../src/lib/server/context.ts';
import { implement } from '../../src/lib/server/implement.ts';
import { memoryJournal } from '../../src/lib/server/journals/memory.ts';
import { app, note } from './app.ts';
import { statusesOf, wait } from './creating.ts';
import { codec, creates, serve } from './harness.ts';
import { journalWith } from './journal-with.ts';

type Code = (ctx: Context<typeof app>, records: { text?: string | undefined }[]) => unknown;

function module(create: Code, coalesce: readonly string[] = []) {
  return implement(app, { notes: { access: { create: 'public' }, create, coalesce } } as never);
}

/** Notes what it is given, and makes it unfit for its shape. */
function spoiling(seen: unknown[], then: (ctx: Context<typeof app>, records: readonly unknown[]) => unknown): Code {
  return (ctx, records) => {
    seen.push(records.map(({ text }) => text).join());
    for (const record of records) record.text = undefined;
    return then(ctx, records);
  };
}

describe('A handler that changes what it is given', () => {
  it('and fails, runs once, and what was sent is kept', async () => {
    const seen: unknown[] = [];
    const fails = spoiling(seen, (ctx) => {
      throw ctx.fail('failed');
    });
    const server = await serve({ modules: [module(fails)] });
    const packets = [creates(1, note('a', 'one')), creates(2, note('b', 'two'))];
    expect(await statusesOf(server, packets)).toEqual([
      [1, 1],
      [2, 1],
    ]);
    expect(seen).toEqual(['one', 'two']);
    const kept = await server.server.packets.list();
    expect(kept.map(({ records }) => records)).toEqual(packets.map(({ records }) => records));
  });

  it('gets what was sent when it is called again', async () => {
    const seen: unknown[] = [];
    const retries = spoiling(seen, (ctx) => {
      if (ctx.attempt < 3) throw ctx.retryAfter(0);
      return [];
    });
    const server = await serve({ modules: [module(retries)] });
    const group = [creates(1, note('a', 'one')), creates(2, note('b', 'two'))].map((each) => ({ ...each, group: 1 }));
    await server.sender().post(group, wait);
    expect(seen).toEqual(['one', 'one', 'one', 'two']);
  });

  it('gets what was sent after a shared call that came to nothing', async () => {
    const seen: unknown[] = [];
    const splits = spoiling(seen, (_, records) => {
      if (records.length > 1) throw new Error('not together');
      return [note('')];
    });
    const server = await serve({ modules: [module(splits, ['create'])] });
    const packets = ['one', 'two', 'three'].map((text, index) => creates(index + 1, note('a', text)));
    await server.sender().post(packets, wait);
    expect(seen).toEqual(['one,two,three', 'one', 'two', 'three']);
  });

  it('gets what was sent after a shared call whose effect failed', async () => {
    const seen: unknown[] = [];
    const inner = memoryJournal();
    const journal = journalWith(inner, {
      async complete(claim, completion) {
        const isShared = completion.results.length > 1 && completion.effects.length > 0;
        if (isShared) return { kind: 'effect_failed', index: 0, changes: 0, message: 'no' };
        return inner.complete(claim, { ...completion, effects: [] });
      },
    });
    const effects = spoiling(seen, (ctx, records) => {
      if (records.length > 1) ctx.effect('one');
      return records.map(() => note(''));
    });
    const server = await serve({ journal, modules: [module(effects, ['create'])] });
    await server.sender().post([creates(1, note('a', 'one')), creates(2, note('b', 'two'))], wait);
    expect(seen).toEqual(['one,two', 'one', 'two']);
  });
});

describe('A failed packet that cannot be written again', () => {
  it('has its result all the same', async () => {
    const refusing: typeof codec = {
      ...codec,
      encodeRequest: () => {
        throw new EncodeError('', 'it has grown');
      },
    };
    const server = await serve({ codec: refusing });
    expect(await statusesOf(server, [creates(1, note('a', 'crash')), creates(2, note('b'))])).toEqual([
      [1, 13],
      [2, 0],
    ]);
    expect(await server.logged('failed')).toMatchObject({ where: 'keeping 00000000000000a1.1' });
    expect(await server.server.packets.list()).toEqual([]);
  });
});
