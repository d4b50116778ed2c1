import { describe, expect, it } from 'vitest';
import type { RecordShape } from '../../src/lib/contract/field.ts';
import { implement } from '../../src/lib/server/implement.ts';
import { app, Note, note, route } from './app.ts';
import { creating, wait } from './creating.ts';
import { codec, creates, serve } from './harness.ts';
import { ManualClock } from './manual-clock.ts';

/** Of the same signature, with room for values that the shape refuses. */
const looseNote: RecordShape = {
  ...Note,
  fields: Note.fields.map((field) => (field.name === 'stars' ? { ...field, type: { kind: 'int' } } : field)),
};

describe('An outbox whose run breaks', () => {
  it('waits a second, alone', async () => {
    const clock = new ManualClock();
    let isBroken = true;
    const server = await serve({
      clock,
      waitsFor: (_, { user }) => {
        if (isBroken && user === 'ana') throw new Error('no database');
        return false;
      },
    });
    const ana = server.sender();
    await ana.post([creates(1, note('a'))]);
    expect(await server.logged('failed')).toMatchObject({ where: 'worker', error: new Error('no database') });
    await clock.armed(1000);
    const { results } = await server.sender('luis').post([creates(1, note('b'))], wait);
    expect(results).toMatchObject([{ status: 0 }]);
    isBroken = false;
    clock.advance(1000);
    expect((await ana.post([creates(1)], wait)).results).toMatchObject([{ status: 0 }]);
    expect(server.log.filter(({ event }) => event === 'failed')).toHaveLength(1);
  });
});

describe('Results that fit in no frame together', () => {
  it('of an atomic group: the one with the largest answer is internal, and nothing of the group stands', async () => {
    const text = 'x'.repeat(1_000_000);
    const server = await serve({
      modules: [creating((_, records) => Array.from({ length: records.length }, () => note('a', text)))],
    });
    const many = (seq: number, count: number) => creates(seq, ...Array.from({ length: count }, () => note('a')));
    const group = [many(1, 3), many(2, 4), many(3, 2)].map((packet) => ({ ...packet, group: 1 }));
    const { results } = await server.sender().post([...group, creates(4)], wait);
    expect(results.map(({ status }) => status)).toEqual([7, 13, 7, 0]);
    expect(server.log.filter(({ event }) => event === 'handler_started')).toHaveLength(4);
    expect(await server.logged('failed')).toMatchObject({ where: 'results of 00000000000000a1.2' });
  });

  it('of an atomic group that is all wrong: the first one says why', async () => {
    const server = await serve();
    const ana = server.sender();
    const wrong = Array.from({ length: 100 }, () => note('abcdef', '', 256));
    const packets = Array.from({ length: 2000 }, (_, index) => ({ ...creates(index + 1, ...wrong), group: 1 }));
    const batch = { outbox: ana.outbox, first: 1, oldest: 0, packets };
    const frame = codec.encodeRequest({ inputs: new Map([[route.create, looseNote]]), outputs: app.outputs }, batch);
    const { results } = await ana.postFrame(frame, { 'CRUDP-Tag': 'ab'.repeat(8), Prefer: 'wait=20' });
    expect(results.slice(0, 2)).toMatchObject([
      { status: 2, message: expect.stringContaining('stars') },
      { status: 7, message: '' },
    ]);
    expect(results).toHaveLength(2000);
  });

  it('of many packets: they come in more than one', async () => {
    const server = await serve({
      modules: [
        implement(app, {
          notes: {
            access: { create: 'public' },
            ahead: ['create'],
            // In a frame of few bytes: all of them are equal.
            create: () => Array.from({ length: 10_000 }, () => note('')),
          },
        }),
      ],
    });
    const packets = Array.from({ length: 60 }, (_, index) => creates(index + 1));
    const { status, results } = await server.sender().post(packets, wait);
    expect(status).toBe(202);
    // The client asks for the others.
    expect(results.length).toBeGreaterThan(0);
    expect(results.every((result) => result.status === 0 && result.records.length === 10_000)).toBe(true);
    expect(server.log.filter(({ event }) => event === 'failed')).toEqual([]);
  });
});
