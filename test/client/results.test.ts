import { describe, expect, it } from 'vitest';
import { contract, handler } from '../../src/lib/contract/contract.ts';
import { shape } from '../../src/lib/contract/shape.ts';
import { string, u8 } from '../../src/lib/contract/types.ts';
import type { PacketResult } from '../../src/lib/packet.ts';
import { answer, codec, FakeServer, noNetwork } from './fake-server.ts';
import { app, bench, connected, note, settle, stored } from './harness.ts';

function result(seq: number, more: Partial<PacketResult> = {}): PacketResult {
  return { seq, route: 4, status: 0, message: '', records: [stored(String(seq))], ...more };
}

/** A client with so many accepted packets, and the outbox that they are in. */
async function accepted(count: number) {
  const b = await connected();
  const operations = b.client.notes.createEach(Array.from({ length: count }, (_, i) => note(String(i + 1))));
  const { batch } = await b.server.post(0);
  await operations[count - 1]?.accepted;
  return { ...b, operations, outbox: batch.outbox };
}

describe('A result', () => {
  it('takes its packet out of the outbox, together with the cursor', async () => {
    const { server, operations, outbox, storage, client } = await accepted(2);
    const event = server.resultsEvent(outbox, result(1));
    await server.send(event);
    await operations[0]?.result;
    const [user] = await storage.connect(() => {}).read((tx) => tx.list('users', { prefix: [] }));
    expect(user?.cursor).toBe(event.id);
    expect((await client.outbox.list()).map(({ reqId }) => reqId)).toEqual([`${outbox}.2`]);
  });

  it('may come with the answer, as it does for reads', async () => {
    const { client, server } = await connected();
    server.script.push((post) => {
      server.accept(post);
      return server.accepted(post.batch.outbox, 1, [result(1, { route: 5, records: [stored('found')] })]);
    });
    expect(await client.notes.read({ text: 'x' }).result).toEqual([stored('found')]);
    expect(server.posts[0]?.waitMs).toBeGreaterThan(0);
    await client.notes.create(note('1')).accepted;
    expect(server.posts[1]?.waitMs).toBe(0);
  });

  it('that comes before the 202 counts from then on', async () => {
    const { client, server, clock } = await connected();
    server.script.push((post) => {
      server.accept(post);
      return noNetwork(post);
    });
    const operation = client.notes.create(note('1'));
    const { batch } = await server.post(0);
    await server.send(server.resultsEvent(batch.outbox, result(1)));
    await settle();
    expect(await client.outbox.list()).toMatchObject([{ state: 'sent' }]);
    clock.advance(1000);
    expect(await operation.result).toEqual([stored('1')]);
    expect(server.posts).toHaveLength(2);
  });

  it('of another journal does not count', async () => {
    const { client, server, clock } = await connected();
    server.script.push(noNetwork);
    const operation = client.notes.create(note('1'));
    const { batch } = await server.post(0);
    const stream = await server.opened(0);
    stream.send(server.resultsEvent(batch.outbox, result(1, { records: [stored('of before')] })));
    await settle();
    // The journal was restored: what was heard of the old one has not happened.
    server.epoch = 'e000000000000002';
    stream.break();
    await settle();
    clock.advance(1000);
    await server.opened(1);
    await operation.accepted;
    await settle();
    expect(await client.outbox.list()).toHaveLength(1);
    await server.send(server.resultsEvent(batch.outbox, result(1, { records: [stored('of now')] })));
    expect(await operation.result).toEqual([stored('of now')]);
  });

  it('is handed out once, however often it comes', async () => {
    const { server, operations, outbox, events } = await accepted(1);
    await server.send(server.resultsEvent(outbox, result(1)), server.resultsEvent(outbox, result(1)));
    await operations[0]?.result;
    await server.send(server.resultsEvent(outbox, result(1, { status: 1, records: [] })));
    await settle();
    expect(events.map(({ kind }) => kind)).toEqual(['queued', 'confirmed']);
  });

  it('of an atomic group is stored with those of the others', async () => {
    const { client, server, events } = await connected();
    const group = client.atomic((calls) => calls.notes.createEach([note('1'), note('2')]));
    const { batch } = await server.post(0);
    await group[1]?.accepted;
    await server.send(server.resultsEvent(batch.outbox, result(2)));
    await settle();
    expect(await client.outbox.list()).toHaveLength(2);
    await server.send(server.resultsEvent(batch.outbox, result(1)));
    expect(await group[0]?.result).toEqual([stored('1')]);
    expect(await group[1]?.result).toEqual([stored('2')]);
    expect(events.filter(({ kind }) => kind === 'confirmed')).toHaveLength(2);
  });

  it('reaches listeners after a reload, when nobody waits for it any more', async () => {
    const { client, server, outbox, page } = await accepted(2);
    await client.close();
    const later = page();
    await server.opened(1);
    await server.send(server.resultsEvent(outbox, result(1), result(2, { status: 300, message: 'no', records: [] })));
    await settle();
    expect(later.events).toMatchObject([
      {
        kind: 'confirmed',
        handler: 'notes',
        action: 'create',
        reqId: `${outbox}.1`,
        records: [note('1')],
        result: [stored('1')],
      },
      {
        kind: 'rejected',
        reqId: `${outbox}.2`,
        records: [note('2')],
        error: { code: 'id_taken', message: '[id_taken] no' },
      },
    ]);
  });

  it('reaches listeners after a reload, if the page ended before it was handed out', async () => {
    const { client, storage, page } = await accepted(1);
    await client.close();
    const connection = storage.connect(() => {});
    await connection.write(async (tx) => {
      const [user] = await tx.list('users', { prefix: ['ana'] });
      if (!user) throw new Error('no user');
      tx.put('users', { ...user, feedEnd: user.feedEnd + 1 });
      tx.put('feed', {
        user: 'ana',
        id: user.feedEnd + 1,
        at: 0,
        items: [{ kind: 'push', route: 4, result: [stored('pushed')], isUnreadable: false }],
      });
    });
    const later = page();
    await settle();
    expect(later.events).toMatchObject([{ kind: 'push', result: [stored('pushed')] }]);
    await later.client.close();
    const last = page();
    await settle();
    expect(last.events).toEqual([]);
  });

  it('that was thrown away before a page awoke is forgotten, and nobody waits for it without end', async () => {
    const { storage, operations, outbox, gaps } = await accepted(2);
    const connection = storage.connect(() => {});
    const item = { kind: 'push', route: 4, result: [stored('pushed')], isUnreadable: false } as const;
    await connection.write(async (tx) => {
      const [user] = await tx.list('users', { prefix: ['ana'] });
      if (!user) throw new Error('no user');
      tx.delete('packets', ['ana', outbox, 1]);
      tx.put('users', { ...user, feedEnd: user.feedEnd + 2000 });
      tx.put('feed', { user: 'ana', id: user.feedEnd + 2000, at: 0, items: [item] });
    });
    connection.tell({ user: 'ana', note: { kind: 'fed' } });
    await expect(operations[0]?.result).rejects.toMatchObject({ code: 'forgotten', reqId: `${outbox}.1` });
    expect(gaps).toEqual(['gap']);
    let hasEnded = false;
    void operations[1]?.result
      .catch(() => undefined)
      .finally(() => {
        hasEnded = true;
      });
    await settle();
    expect(hasEnded).toBe(false);
  });

  it("of the user's other outboxes is a change made elsewhere", async () => {
    const { server, events } = await accepted(1);
    const other = '00000000000000bb';
    await server.send(server.resultsEvent(other, result(7), result(8, { status: 3, records: [] })));
    await settle();
    expect(events.slice(1)).toMatchObject([{ kind: 'remote', reqId: `${other}.7`, result: [stored('7')] }]);
  });

  it('that cannot be read is unreadable, and the packet has ended well', async () => {
    const newer = contract(
      { version: 4 },
      { notes: handler(1, { create: { out: shape({ id: string(), text: u8() }) } }) },
    );
    const { server, operations, outbox, events } = await accepted(1);
    const frame = codec.encodeResponse(newer, { outbox, results: [{ ...result(1), records: [{ id: '1', text: 1 }] }] });
    await server.send(server.event('results', btoa(String.fromCharCode(...frame))));
    await expect(operations[0]?.result).rejects.toMatchObject({ code: 'unreadable', status: 0 });
    expect(events.at(-1)).toMatchObject({ kind: 'confirmed', result: [], error: { code: 'unreadable' } });
  });

  it('in a broken frame is reported, left out, and asked for later', async () => {
    const { server, clock, operations, outbox, errors } = await accepted(1);
    await server.send(server.event('results', btoa('not a frame at all')));
    await settle();
    expect(errors).toMatchObject([{ code: 'bad_magic' }]);
    server.results.set(`${outbox}.1`, result(1));
    clock.advance(30_000);
    server.current.alive();
    clock.advance(30_000);
    expect(await operations[0]?.result).toEqual([stored('1')]);
  });
});

describe('Acknowledging', () => {
  it('takes an empty frame after 5 s of quiet', async () => {
    const { server, clock, operations, outbox } = await accepted(3);
    await server.send(server.resultsEvent(outbox, result(1)));
    await operations[0]?.result;
    await settle();
    clock.advance(4000);
    await server.send(server.resultsEvent(outbox, result(2)));
    await operations[1]?.result;
    await settle();
    clock.advance(4999);
    await settle();
    expect(server.posts).toHaveLength(1);
    clock.advance(1);
    const { batch, tag, after } = await server.post(1);
    expect(batch).toMatchObject({ packets: [], first: 4, oldest: 1 });
    expect(tag).toBe('');
    expect(after.seq).toBe(3);
    clock.advance(50_000);
    await settle();
    expect(server.posts).toHaveLength(2);
  });

  it('takes an empty frame after 64 results', async () => {
    const { server, operations, outbox } = await accepted(70);
    await server.send(server.resultsEvent(outbox, ...Array.from({ length: 63 }, (_, i) => result(i + 1))));
    await operations[62]?.result;
    await settle();
    expect(server.posts).toHaveLength(1);
    await server.send(server.resultsEvent(outbox, result(64)));
    const { batch } = await server.post(1);
    expect(batch).toMatchObject({ packets: [], first: 71, oldest: 6 });
  });

  it('is not needed where nothing is gained by it', async () => {
    const { server, clock, operations, outbox } = await accepted(2);
    await server.send(server.resultsEvent(outbox, result(2)));
    await operations[1]?.result;
    clock.advance(5000);
    await settle();
    expect(server.posts).toHaveLength(1);
  });

  it('is made up for after a reload', async () => {
    const { client, server, clock, operations, outbox, page } = await accepted(1);
    await server.send(server.resultsEvent(outbox, result(1)));
    await operations[0]?.result;
    await client.close();
    page();
    await server.opened(1);
    clock.advance(5000);
    expect((await server.post(1)).batch).toMatchObject({ outbox, packets: [], first: 2, oldest: 0 });
  });
});

describe('Asking again', () => {
  it('begins after a minute without a result, while a stream is up, and backs off', async () => {
    const { server, clock, outbox } = await accepted(1);
    const start = clock.now();
    const askedAfterMinutes: number[] = [];
    for (let count = 1; clock.now() < start + 16 * 60_000; ) {
      server.current.alive();
      clock.advance(30_000);
      await settle();
      if (server.posts.length > count) askedAfterMinutes.push((clock.now() - start) / 60_000);
      count = server.posts.length;
    }
    expect(askedAfterMinutes).toEqual([1, 3, 7, 15]);
    expect(server.posts[1]).toMatchObject({ seqs: [1], batch: { outbox } });
  });

  it('is left where no stream is up', async () => {
    const server = new FakeServer(app);
    server.greets = false;
    const { client, clock } = bench({ server });
    const operation = client.notes.create(note('1'));
    const stream = await server.opened(0);
    await operation.accepted;
    stream.end({ status: 503, retryAfterMs: 600_000 });
    await settle();
    clock.advance(300_000);
    await settle();
    expect(server.posts).toHaveLength(1);
    server.greets = true;
    clock.advance(300_000);
    // Now there is one, and it begins at the end: the result may have been before.
    expect((await server.post(1)).seqs).toEqual([1]);
  });

  it('goes on until it is answered', async () => {
    const { server, clock, operations, outbox } = await accepted(1);
    server.script.push(noNetwork, () => answer(500, { code: 'internal' }));
    server.results.set(`${outbox}.1`, result(1));
    clock.advance(30_000);
    server.current.alive();
    clock.advance(30_000);
    await server.post(1);
    await settle();
    clock.advance(2000);
    await server.post(2);
    await settle();
    clock.advance(4000);
    expect(await operations[0]?.result).toEqual([stored('1')]);
  });

  it('is due at once for reads when the stream comes back: their results are in no log', async () => {
    const { client, server, clock } = await connected();
    const read = client.notes.read({}, { expiresInMs: 600_000 });
    const { batch } = await server.post(0);
    await read.accepted;
    server.results.set(`${batch.outbox}.1`, result(1, { route: 5 }));
    server.current.break();
    await settle();
    clock.advance(1000);
    expect(await read.result).toEqual([stored('1')]);
  });
});
