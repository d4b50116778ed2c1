import { describe, expect, it } from 'vitest';
import type { PacketResult } from '../../src/lib/packet.ts';
import { noNetwork } from './fake-server.ts';
import { bench, connected, note, outcomes, route, settle, stored } from './harness.ts';

const result = (seq: number, status = 0): PacketResult => ({
  seq,
  route: route.create,
  status,
  message: '',
  records: status === 0 ? [stored(String(seq))] : [],
});

describe('A packet that the server cannot read', () => {
  it.each([
    [9, 'contract_mismatch'],
    [8, 'unsupported'],
  ])('ends with status %i as %s, and is parked', async (status, code) => {
    const { client, server, page, clock } = await connected();
    const operation = client.notes.create(note('1'));
    const { outbox } = (await server.post(0)).batch;
    await operation.accepted;
    await server.send(server.resultsEvent(outbox, result(1, status)));
    await expect(operation.result).rejects.toMatchObject({ code, status });
    await settle();
    const parked = [{ reqId: `${outbox}.1`, state: 'parked', records: [note('1')], parkedAt: clock.now() }];
    expect(await client.outbox.list()).toMatchObject(parked);
    expect(client.status.getSnapshot()).toMatchObject({ queued: 0, parked: 1 });
    await client.close();
    const later = page();
    await settle();
    expect(await later.client.outbox.list()).toMatchObject(parked);
    expect(later.client.status.getSnapshot()).toMatchObject({ queued: 0, parked: 1 });
  });

  it('is sent again by retry, as a new packet, and lost sight of by nobody', async () => {
    const { client, server, events } = await connected();
    const operation = client.notes.create(note('1'));
    const { outbox } = (await server.post(0)).batch;
    await server.send(server.resultsEvent(outbox, result(1, 9)));
    await expect(operation.result).rejects.toMatchObject({ code: 'contract_mismatch' });
    const reqId = await client.outbox.retry(`${outbox}.1`);
    expect(reqId).toBe(`${outbox}.2`);
    const post = await server.post(1);
    expect(post.batch.packets).toMatchObject([{ seq: 2, records: [stored('1')] }]);
    expect(post.tag).not.toBe(server.posts[0]?.tag);
    await server.send(server.resultsEvent(outbox, result(2)));
    await settle();
    expect(events).toMatchObject([
      { kind: 'queued', reqId: `${outbox}.1` },
      { kind: 'rejected', reqId: `${outbox}.1` },
      { kind: 'queued', reqId, replaces: `${outbox}.1` },
      { kind: 'confirmed', reqId, result: [stored('2')] },
    ]);
    expect(client.status.getSnapshot()).toMatchObject({ queued: 0, parked: 0 });
    expect(await client.outbox.list()).toEqual([]);
  });

  it('takes its atomic group along, both ways', async () => {
    const { client, server } = await connected();
    const operations = client.atomic((calls) => calls.notes.createEach([note('1'), note('2'), note('3')]));
    const { outbox } = (await server.post(0)).batch;
    await server.send(server.resultsEvent(outbox, result(1, 7), result(2, 9), result(3, 7)));
    expect(await outcomes(operations)).toEqual(['rolled_back', 'contract_mismatch', 'rolled_back']);
    await settle();
    expect((await client.outbox.list()).map(({ state }) => state)).toEqual(['parked', 'parked', 'parked']);
    expect(await client.outbox.retry(`${outbox}.2`)).toBe(`${outbox}.5`);
    const { batch } = await server.post(1);
    expect(batch.packets.map(({ seq, group }) => [seq, group])).toEqual([
      [4, 1],
      [5, 1],
      [6, 1],
    ]);
    await server.send(server.resultsEvent(outbox, result(4, 9), result(5, 7), result(6, 7)));
    await settle();
    expect(await client.outbox.discard(`${outbox}.6`)).toBe(true);
    expect(await client.outbox.list()).toEqual([]);
    expect(client.status.getSnapshot()).toMatchObject({ queued: 0, parked: 0 });
  });

  it('is not kept where it reads: nobody waits for the answer any more', async () => {
    const { client, server } = await connected();
    const read = client.notes.read({});
    const { outbox } = (await server.post(0)).batch;
    await server.send(server.resultsEvent(outbox, { seq: 1, route: route.read, status: 9 }));
    await expect(read.result).rejects.toMatchObject({ code: 'contract_mismatch' });
    expect(await client.outbox.list()).toEqual([]);
  });
});

describe('Discarding', () => {
  it('takes what was never sent out of the queue', async () => {
    const { client, server } = bench({ online: false });
    const [one, two] = client.notes.createEach([note('1'), note('2')]);
    if (!one || !two) throw new Error('two operations');
    expect(await client.outbox.discard(await one.saved)).toBe(true);
    await expect(one.result).rejects.toMatchObject({ code: 'cancelled' });
    client.setOnline(true);
    expect((await server.post(0)).seqs).toEqual([2]);
    expect(await client.outbox.discard('00000000000000ff.7')).toBe(false);
    expect(await client.outbox.discard('nothing')).toBe(false);
  });

  it('hides what was sent, and still finds out what the server has of it', async () => {
    const { client, server, clock, events } = await connected();
    server.script.push((post) => {
      server.accept(post);
      return noNetwork(post);
    });
    const operation = client.notes.create(note('1'));
    const reqId = await operation.saved;
    await server.post(0);
    await settle();
    expect(await client.outbox.discard(reqId)).toBe(true);
    await expect(operation.result).rejects.toMatchObject({ code: 'discarded', reqId });
    expect(await client.outbox.discard(reqId)).toBe(false);
    expect(await client.outbox.list()).toEqual([]);
    await settle();
    expect(client.status.getSnapshot()).toMatchObject({ queued: 0 });
    // The 202 was lost: what is behind it can only be sent because the client still knows the packet's tag.
    const next = client.notes.create(note('2'));
    clock.advance(1000);
    await next.accepted;
    const { outbox } = (await server.post(0)).batch;
    expect(server.places.size).toBe(1);
    await server.send(server.resultsEvent(outbox, result(1), result(2)));
    expect(await next.result).toEqual([stored('2')]);
    await settle();
    expect(events.map(({ kind }) => kind)).toEqual(['queued', 'rejected', 'queued', 'confirmed']);
    expect(client.status.getSnapshot()).toMatchObject({ queued: 0 });
    await client.notes.create(note('3')).accepted;
    expect(server.deliveries.at(-1)?.batch).toMatchObject({ first: 3, oldest: 0 });
  });

  it('is the end of it where the server turns out not to have it', async () => {
    const { client, server } = await connected();
    const [one, two] = client.notes.createEach([note('1'), note('2')]);
    await two?.accepted;
    expect(await client.outbox.discard(one?.reqId ?? '')).toBe(true);
    server.places.clear();
    server.epoch = 'e000000000000002';
    await client.notes.create(note('3')).accepted;
    await settle();
    const moved = server.deliveries.at(-1);
    expect(moved?.batch.packets.map(({ records }) => records)).toEqual([[stored('2')], [stored('3')]]);
    expect(moved?.batch.outbox).not.toBe(server.posts[0]?.batch.outbox);
    expect(await client.outbox.list()).toHaveLength(2);
  });
});

describe('Trying again', () => {
  it('ends the wait after a failure', async () => {
    const { client, server } = await connected();
    server.script.push(noNetwork);
    const operation = client.notes.create(note('1'));
    const reqId = await operation.saved;
    await server.post(0);
    await settle();
    expect(await client.outbox.retry(reqId)).toBe(reqId);
    await operation.accepted;
  });
});
