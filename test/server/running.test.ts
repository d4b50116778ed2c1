import { describe, expect, it } from 'vitest';
import type { Field, RecordShape, ScalarKind } from '../../src/lib/contract/field.ts';
import { shape } from '../../src/lib/contract/shape.ts';
import { u8 } from '../../src/lib/contract/types.ts';
import type { Context } from '../../src/lib/server/context.ts';
import { implement } from '../../src/lib/server/implement.ts';
import { memoryJournal } from '../../src/lib/server/journals/memory.ts';
import { app, Note, note, route } from './app.ts';
import { creating, statusesOf, wait } from './creating.ts';
import { codec, creates, serve } from './harness.ts';
import { ManualClock } from './manual-clock.ts';

/** A wider type, written in the same way. */
function looser({ type }: Field): ScalarKind {
  return type.kind === 'u8' ? 'int' : 'string';
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

  it('calls packets mismatched whose frame cannot be read any more', async () => {
    const packets = [creates(1, note('a'), note('b')), { seq: 2, route: route.echo, records: ['x'] }];
    const journal = memoryJournal();
    const before = await serve({ journal, concurrency: 0 });
    await before.sender().post(packets);
    await before.server.close();
    // The next deployment allows less, or its contract has grown more defaults than the frame may make.
    const after = await serve({ journal, limits: { values: 3 } });
    await after.server.start();
    await after.logged('settled', ({ reqId }) => reqId.endsWith('.2'));
    const [chunk] = await journal.results({ user: 'ana', outbox: '00000000000000a1' }, [1, 2]);
    const { results } = codec.decodeResponse(app, chunk?.frame ?? new Uint8Array());
    expect(results.map(({ seq, route: at, status }) => [seq, at, status])).toEqual([
      [1, route.create, 9],
      [2, route.echo, 9],
    ]);
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
