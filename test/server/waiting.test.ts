import { describe, expect, it } from 'vitest';
import { memoryJournal } from '../../src/lib/server/journals/memory.ts';
import { app, note } from './app.ts';
import { codec, creates, type Sender, serve, type TestServer } from './harness.ts';

/** A server on which a note waits for as long as its id is in `missing`. */
async function serveWaiting(missing: Set<string>, facts: Parameters<typeof serve>[0] = {}) {
  return serve({
    ...facts,
    waitsFor: ({ records }) => (records as { id: string }[]).some(({ id }) => missing.has(id)),
  });
}

async function settled(server: TestServer, ...seqs: number[]): Promise<void> {
  const ends = ['handler_finished', 'settled'] as const;
  const hasEnded = (seq: number) =>
    Promise.race(ends.map((event) => server.logged(event, ({ reqId }) => reqId.endsWith(`.${seq}`))));
  await Promise.all(seqs.map(hasEnded));
}

async function statuses(sender: Sender, seqs: readonly number[]): Promise<unknown> {
  const { results } = await sender.postFrame(
    codec.encodeRequest(app, { outbox: sender.outbox, first: 1, oldest: 0, packets: seqs.map((seq) => creates(seq)) }),
    { 'CRUDP-After': `${sender.place.epoch}.${sender.place.seq}.${sender.place.tag}`, 'CRUDP-Tag': sender.place.tag },
  );
  return results.map(({ seq, status }) => [seq, status]).sort(([a = 0], [b = 0]) => a - b);
}

describe('Packets that wait for something outside', () => {
  it('step out of the line: those behind go on, but for those that depend on them', async () => {
    const missing = new Set(['file']);
    const server = await serveWaiting(missing);
    const ana = server.sender();
    await ana.post([
      creates(1, note('file')),
      creates(2, note('b')),
      { ...creates(3, note('c')), after: [1] },
      { ...creates(4, note('d')), after: [2] },
      { ...creates(5, note('e')), after: [3] },
    ]);
    await settled(server, 2, 4);
    await ana.post([creates(6, note('f')), { ...creates(7, note('g')), after: [5] }], { first: 6, oldest: 1 });
    await settled(server, 6);
    expect(server.ran.map((reqId) => reqId.slice(-1))).toEqual(['2', '4', '6']);
    missing.clear();
    await server.server.resume({ user: 'ana', outbox: ana.outbox });
    await settled(server, 1, 3, 5, 7);
    expect(server.ran.map((reqId) => reqId.slice(-1))).toEqual(['2', '4', '6', '1', '3', '5', '7']);
    expect(server.log.filter(({ event }) => event === 'handler_started')).toHaveLength(7);
    const all = await statuses(ana, [1, 2, 3, 4, 5, 6, 7]);
    expect(all).toEqual([1, 2, 3, 4, 5, 6, 7].map((seq) => [seq, 0]));
  });

  it('hold their atomic group, and fail with those they depend on', async () => {
    const missing = new Set(['file']);
    const server = await serveWaiting(missing);
    const ana = server.sender();
    const inGroup = (seq: number, id: string) => ({ ...creates(seq, note(id)), group: 1 });
    await ana.post([
      creates(1, note('a', 'crash')),
      inGroup(2, 'b'),
      inGroup(3, 'file'),
      { ...creates(4, note('file')), after: [1] },
      creates(5, note('e')),
    ]);
    await settled(server, 1, 4, 5);
    expect(await statuses(ana, [1, 4, 5])).toEqual([
      [1, 13],
      [4, 6],
      [5, 0],
    ]);
    missing.clear();
    await server.server.resume({ user: 'ana', outbox: ana.outbox });
    await settled(server, 2, 3);
  });

  it('are neither counted as begun nor looked at again before something happens', async () => {
    const journal = memoryJournal();
    const missing = new Set(['file']);
    let looks = 0;
    const server = await serve({
      journal,
      waitsFor: ({ records }) => {
        looks++;
        return (records as { id: string }[]).some(({ id }) => missing.has(id));
      },
    });
    const ana = server.sender();
    await ana.post([creates(1, note('file')), creates(2, note('b'))]);
    await settled(server, 2);
    const luis = server.sender('luis');
    await luis.post([creates(1, note('c'))], { headers: { Prefer: 'wait=20' } });
    expect(looks).toBe(3);
    await server.server.close();
    await journal.open();
    expect(await journal.claim()).toMatchObject({ user: 'ana', next: 1, begun: new Map(), done: [[2, 2]] });
  });

  it('run after a restart, those that ran before do not', async () => {
    const journal = memoryJournal();
    const missing = new Set(['file']);
    const first = await serveWaiting(missing, { journal });
    await first.sender().post([creates(1, note('file')), creates(2, note('b'))]);
    await settled(first, 2);
    await first.server.close();
    missing.clear();
    const second = await serveWaiting(missing, { journal });
    await second.server.start();
    await settled(second, 1);
    expect(second.ran).toEqual(['00000000000000a1.1']);
  });
});
