import { describe, expect, it } from 'vitest';
import { memoryJournal } from '../../src/lib/server/journals/memory.ts';
import { app, note } from './app.ts';
import { creating, wait } from './creating.ts';
import { codec, creates, serve } from './harness.ts';

const key = (seq: number) => ({ user: 'ana', reqId: `00000000000000a1.${seq}` });

describe('Failed packets', () => {
  it('are those that somebody may do something about, with their records', async () => {
    const { server, sender } = await serve();
    await sender().post(
      [
        creates(1, note('a')),
        creates(2, note('b', 'crash'), note('c')),
        creates(3, note('d', 'taken')),
        { ...creates(4, note('e')), after: [2] },
        creates(5, note('f', 'refused')),
      ],
      wait,
    );
    const list = await server.packets.list();
    expect(list.map(({ at: _, place: __, ...entry }) => entry)).toEqual([
      {
        ...key(2),
        handler: 'notes',
        action: 'create',
        status: 13,
        message: '',
        records: [note('b', 'crash'), note('c')],
      },
      {
        ...key(5),
        handler: 'notes',
        action: 'create',
        status: 1,
        message: 'not today',
        records: [note('f', 'refused')],
      },
    ]);
    expect(await server.packets.list({ status: 1, user: 'ana' })).toHaveLength(1);
    expect(await server.packets.list({ after: list[0]?.place ?? 0, limit: 5 })).toHaveLength(1);
    expect(await server.packets.list({ user: 'luis' })).toEqual([]);
  });

  it('are discarded once', async () => {
    const { server, sender } = await serve();
    await sender().post([creates(1, note('a', 'crash'))], wait);
    expect(await server.packets.discard({ ...key(1), user: 'luis' })).toBe(false);
    expect(await server.packets.discard(key(1))).toBe(true);
    expect(await server.packets.discard(key(1))).toBe(false);
    await expect(server.packets.discard({ user: 'ana', reqId: 'x' })).rejects.toThrow('[bad_req_id]');
  });

  it('run again as their sender; what they answer is pushed, and the result stays', async () => {
    let isBroken = true;
    const seen: unknown[] = [];
    const journal = memoryJournal();
    const module = creating((ctx, records) => {
      if (isBroken) throw new Error('no database');
      seen.push([ctx.user, ctx.roles, ctx.reqId, ctx.action]);
      ctx.push('all', 'notes.create', [note('told')]);
      return records;
    });
    const { server, sender, logged } = await serve({ journal, modules: [module] });
    const ana = sender();
    await ana.post([creates(1, note('a'))], wait);
    expect(await server.packets.runAgain(key(1))).toEqual({ status: 13, message: '' });
    expect(await server.packets.list()).toHaveLength(1);
    isBroken = false;
    expect(await server.packets.runAgain(key(1))).toEqual({ status: 0, message: '' });
    expect(await server.packets.runAgain(key(1))).toBeNull();
    expect(await logged('packet_rerun', ({ status }) => status === 0)).toMatchObject(key(1));
    expect(seen).toEqual([['ana', ['writer'], key(1).reqId, 'create']]);
    const { entries } = await journal.read('user:ana', { offset: 0, mark: '' }, 1 << 20);
    expect(entries.map(({ kind }) => kind)).toEqual(['results', 'push']);
    expect(codec.decodePush(app, entries[1]?.frame ?? new Uint8Array()).packets).toMatchObject([
      { route: 4, records: [note('a')] },
    ]);
    expect((await journal.end('all')).offset).toBe(1);
    const { results } = await ana.post([creates(1)]);
    expect(results).toMatchObject([{ seq: 1, status: 13 }]);
  });

  it('stay where running them again comes to nothing once more', async () => {
    let answer = (): unknown => Promise.reject(new Error('broken'));
    const { server, sender } = await serve({
      modules: [
        creating((ctx) => {
          if (ctx.meta) return [];
          return answer();
        }),
      ],
    });
    await sender().post([creates(1, note('a'))], wait);
    answer = () => 'no array';
    expect(await server.packets.runAgain(key(1))).toMatchObject({ status: 13 });
    expect(await server.packets.list()).toMatchObject([{ status: 13 }]);
  });

  it("are nobody else's while they run: what somebody discards meanwhile has not gone well", async () => {
    let finish = (): void => {};
    let answer = (): unknown => Promise.reject(new Error('broken'));
    const journal = memoryJournal();
    const module = creating((ctx) => {
      ctx.push('all', 'notes.create', [note('told')]);
      return answer();
    });
    const { server, sender, log } = await serve({ journal, modules: [module] });
    await sender().post([creates(1, note('a'))], wait);
    const running = new Promise<void>((started) => {
      answer = () => {
        started();
        return new Promise((resolve) => {
          finish = () => resolve([]);
        });
      };
    });
    const again = server.packets.runAgain(key(1));
    await running;
    expect(await server.packets.discard(key(1))).toBe(true);
    finish();
    expect(await again).toBeNull();
    expect((await journal.end('all')).offset).toBe(0);
    expect(log.filter(({ event }) => event === 'packet_rerun')).toEqual([]);
  });
});
