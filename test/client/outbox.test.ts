import { describe, expect, it } from 'vitest';
import type { ReqId } from '../../src/lib/packet.ts';
import { answer, noNetwork, refusal, seqsOf } from './fake-server.ts';
import { bench, connected, note, outcomes, route, settle, stored } from './harness.ts';
import { JumpingClock } from './jumping-clock.ts';

describe('Outbox', () => {
  it('keeps packets in order across a reload', async () => {
    const { client, server, page } = bench({ online: false });
    await Promise.all(client.notes.createEach(['1', '2', '3'].map((id) => note(id))).map(({ saved }) => saved));
    await client.notes.delete('2').saved;
    await client.close();
    const later = page({ online: true });
    later.client.notes.create(note('4'));
    const { batch, after, tag } = await server.post(0);
    expect(after).toEqual({ epoch: '0', seq: 0, tag: '0' });
    expect(tag).toMatch(/^[0-9a-f]{16}$/);
    expect(batch).toMatchObject({ first: 1, oldest: 0 });
    const sent = batch.packets.map(({ seq, route: to, records }) => [seq, to, records]);
    expect(sent.slice(0, 4)).toEqual([
      [1, route.create, [stored('1')]],
      [2, route.create, [stored('2')]],
      [3, route.create, [stored('3')]],
      [4, route.delete, ['2']],
    ]);
    await settle();
    expect(server.deliveries.flatMap(({ seqs }) => seqs)).toEqual([1, 2, 3, 4, 5]);
  });

  it('sends calls that were saved together in one frame', async () => {
    const { client, server } = bench({ online: false });
    await Promise.all(client.notes.createEach(Array.from({ length: 10 }, (_, i) => note(`${i}`))).map((o) => o.saved));
    client.setOnline(true);
    expect((await server.post(0)).seqs).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    await settle();
    expect(server.deliveries).toHaveLength(1);
  });

  it('sends calls of a few milliseconds in one frame', async () => {
    const { client, server, clock } = await connected({ batchWindowMs: 5 });
    await client.notes.create(note('1')).saved;
    clock.advance(4);
    await client.notes.create(note('2')).saved;
    await settle();
    expect(server.posts).toHaveLength(0);
    clock.advance(1);
    expect((await server.post(0)).seqs).toEqual([1, 2]);
  });

  it('has one POST on its way, whatever asks for another', async () => {
    const { client, server } = await connected();
    let letGo: () => void = () => {};
    server.script.push(async (post) => {
      await new Promise<void>((resolve) => {
        letGo = resolve;
      });
      return server.accept(post);
    });
    client.notes.create(note('1'));
    await server.post(0);
    const second = client.notes.create(note('2'));
    await second.saved;
    client.retry();
    client.authenticated();
    server.current.break();
    await settle();
    expect(server.posts).toHaveLength(1);
    letGo();
    await second.accepted;
    expect(server.deliveries.map(({ seqs }) => seqs)).toEqual([[1], [2]]);
  });

  it.each([-1, 1])('goes on where the clock is set by %i years', async (years) => {
    const clock = new JumpingClock();
    const { client, server, events } = await connected({ clock });
    const before = client.notes.create(note('1'));
    await before.accepted;
    server.script.push(refusal(503, 'draining', { retryAfterMs: 5000 }));
    const during = client.notes.create(note('2'));
    await server.post(1);
    await settle();
    clock.jump(years * 31_536_000_000);
    const after = client.notes.create(note('3'));
    await after.saved;
    clock.advance(5000);
    await after.accepted;
    expect(server.deliveries.map(({ seqs }) => seqs)).toEqual([[1], [2], [2, 3]]);
    const outbox = server.posts[0]?.batch.outbox as string;
    const results = [1, 2, 3].map((seq) => ({ seq, records: [stored(String(seq))] }));
    await server.send(server.resultsEvent(outbox, ...results));
    expect(await outcomes([before, during, after])).toEqual(['ok', 'ok', 'ok']);
    expect(events.map(({ kind }) => kind).filter((kind) => kind === 'confirmed')).toHaveLength(3);
  });

  it('cuts batches at the packets they may have', async () => {
    const { client, server } = bench({ online: false, maxBatchPackets: 2 });
    await Promise.all(client.notes.createEach(['1', '2', '3', '4', '5'].map((id) => note(id))).map((o) => o.saved));
    client.setOnline(true);
    await server.post(2);
    expect(server.posts.map(({ seqs }) => seqs)).toEqual([[1, 2], [3, 4], [5]]);
  });

  it('names the last accepted packet, by number and tag, and the last of the frame', async () => {
    const { client, server } = await connected();
    await client.notes.create(note('1')).accepted;
    await client.notes.create(note('2')).accepted;
    const [first, second] = server.posts;
    expect(second?.after).toEqual({ epoch: server.epoch, seq: 1, tag: first?.tag });
    expect(second?.tag).not.toBe(first?.tag);
    expect(second?.batch).toMatchObject({ first: 2, oldest: 1 });
  });

  it('has marked packets sent, on disk, before the POST', async () => {
    const { client, server, page } = await connected();
    const states: (readonly string[])[] = [];
    server.script.push(async () => {
      states.push((await page({ online: false }).client.outbox.list()).map(({ state }) => state));
      return answer(500, { code: 'internal' });
    });
    client.notes.createEach([note('1'), note('2')]);
    await server.post(0);
    await settle();
    expect(states).toEqual([['sent', 'sent']]);
  });

  it('sends the same packets again after a POST without an answer, and new ones with them', async () => {
    const { client, server, clock } = await connected();
    server.script.push(noNetwork);
    const first = client.notes.create(note('1'));
    await server.post(0);
    await settle();
    const second = client.notes.create(note('2'));
    await second.saved;
    expect(server.posts).toHaveLength(1);
    clock.advance(1000);
    expect((await server.post(1)).seqs).toEqual([1, 2]);
    await Promise.all([first.accepted, second.accepted]);
  });

  it('tells how far results are stored with each frame', async () => {
    const { client, server } = await connected();
    const operations = client.notes.createEach([note('1'), note('2'), note('3')]);
    const { batch } = await server.post(0);
    await Promise.all(operations.map(({ accepted }) => accepted));
    await server.send(server.resultsEvent(batch.outbox, { seq: 1 }, { seq: 3 }));
    await operations[2]?.result;
    await client.notes.create(note('4')).accepted;
    expect(server.posts[1]?.batch).toMatchObject({ first: 4, oldest: 2 });
    await server.send(server.resultsEvent(batch.outbox, { seq: 2 }));
    await operations[1]?.result;
    await client.notes.create(note('5')).accepted;
    expect(server.deliveries[2]?.batch).toMatchObject({ first: 5, oldest: 1 });
  });

  it('cuts batches at the bytes they may have', async () => {
    const { client, server } = bench({ online: false, maxBatchBytes: 300 });
    await Promise.all(
      client.notes.createEach(Array.from({ length: 6 }, (_, i) => note(`${i}`, 'x'.repeat(80)))).map((o) => o.saved),
    );
    client.setOnline(true);
    await server.post(2);
    expect(server.posts.map(({ seqs }) => seqs.length)).toEqual([2, 2, 2]);
  });

  it('shows what waits, in which state and since when', async () => {
    const { client, server, clock } = await connected();
    client.outbox.subscribe(() => {});
    const savedAt = clock.now();
    const seen: unknown[] = [];
    server.script.push(async (post) => {
      clock.advance(50);
      await settle();
      seen.push(client.outbox.getSnapshot().entries.map(({ state, attempts }) => [state, attempts]));
      return server.accept(post);
    });
    const operation = client.notes.create(note('1'));
    await operation.accepted;
    await settle();
    expect(seen).toEqual([[['sent', 1]]]);
    expect(client.outbox.getSnapshot()).toMatchObject({
      count: 1,
      entries: [
        {
          reqId: operation.reqId,
          handler: 'notes',
          action: 'create',
          records: [note('1')],
          state: 'accepted',
          attempts: 0,
          queuedAt: savedAt,
          sentAt: savedAt,
          acceptedAt: savedAt + 50,
        },
      ],
    });
    expect(client.status.getSnapshot()).toMatchObject({
      state: 'idle',
      queued: 1,
      stream: 'open',
      durability: 'memory',
    });
    await server.send(server.resultsEvent(server.posts[0]?.batch.outbox ?? '', { seq: 1 }));
    await operation.result;
    await settle();
    expect(client.outbox.getSnapshot()).toEqual({ entries: [], count: 0 });
    expect(client.status.getSnapshot()).toMatchObject({ queued: 0 });
  });

  it('never sends the packets of another user of the same storage', async () => {
    const { client, page, server } = bench({ online: false });
    const [own] = client.notes.createEach([note('ana'), note('ana')]);
    await own?.saved;
    await client.close();
    const luis = page({ user: 'luis', online: true });
    server.hello = { user: 'luis' };
    await luis.client.notes.create(note('luis')).accepted;
    expect(server.posts.map(({ user, batch }) => [user, batch.packets.map(({ records }) => records)])).toEqual([
      ['luis', [[stored('luis')]]],
    ]);
    expect(await luis.client.outbox.list()).toHaveLength(1);
  });

  it('leaves packets of a newer contract to a newer page', async () => {
    const { client, storage, server } = await connected();
    await settle();
    const connection = storage.connect(() => {});
    await client.notes.create(note('1')).accepted;
    await connection.write(async (tx) => {
      const [row] = await tx.list('packets', { prefix: ['ana'] });
      const [outbox] = await tx.list('outboxes', { prefix: ['ana'] });
      if (row) tx.put('packets', { ...row, seq: 2, contract: 4 });
      if (outbox) tx.put('outboxes', { ...outbox, nextSeq: 3 });
    });
    await client.notes.create(note('3')).saved;
    await settle();
    expect(server.posts).toHaveLength(1);
    expect(client.status.getSnapshot()).toMatchObject({ state: 'held', reason: 'contract_newer' });
  });
});

describe('Dependencies', () => {
  it('go along as long as they have no result', async () => {
    const { client, server } = bench({ online: false });
    const a = client.notes.create(note('a'));
    const b = client.notes.create(note('b'));
    const c = client.notes.create(note('c'), { after: [a, b, a] });
    await client.notes.create(note('d'), { after: (await c.saved) as ReqId }).saved;
    client.setOnline(true);
    const { batch } = await server.post(0);
    expect(batch.packets.map(({ after }) => after ?? [])).toEqual([[], [], [2, 1], [3]]);
  });

  it('on packets that have ended are judged when they are enqueued', async () => {
    const { client, server } = await connected();
    const [good, bad] = client.notes.createEach([note('1'), note('2')]);
    const { batch } = await server.post(0);
    await server.send(server.resultsEvent(batch.outbox, { seq: 1 }, { seq: 2, status: 1, message: 'no' }));
    if (!good || !bad) throw new Error('two operations');
    await expect(bad.result).rejects.toMatchObject({ code: 'failed', message: '[failed] no' });
    const skipped = [
      client.notes.create(note('3'), { after: bad }),
      client.notes.create(note('4'), { after: bad.reqId ?? '' }),
    ];
    expect(await outcomes(skipped)).toEqual(['skipped', 'skipped']);
    await client.notes.create(note('5'), { after: [good, good.reqId ?? ''] }).accepted;
    expect(server.posts[1]?.batch.packets).toMatchObject([{ seq: 5 }]);
    expect(server.posts[1]?.batch.packets[0]?.after ?? []).toEqual([]);
  });

  it('skip what waits, also behind that, as long as it was not sent', async () => {
    const { client, server } = await connected();
    const first = client.notes.create(note('1'));
    const { batch } = await server.post(0);
    await first.accepted;
    // A frame that is not answered keeps the others on this device.
    let release = (): void => {};
    server.script.push(async (post) => {
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      return server.accept(post);
    });
    const blocker = client.notes.create(note('2'));
    await server.post(1);
    const second = client.notes.create(note('3'), { after: first });
    const third = client.notes.create(note('4'), { after: second });
    const free = client.notes.create(note('5'));
    await free.saved;
    await server.send(server.resultsEvent(batch.outbox, { seq: 1, status: 4 }));
    expect(await outcomes([first, second, third])).toEqual(['not_found', 'skipped', 'skipped']);
    release();
    await Promise.all([blocker.accepted, free.accepted]);
    expect(server.posts[2]?.seqs).toEqual([5]);
  });

  it('keep the result of a packet on the server as long as a sent one names it', async () => {
    const { client, server } = bench({ online: false });
    const [a, b] = client.notes.createEach([note('1'), note('2')]);
    const c = client.notes.create(note('3'), { after: a ?? [] });
    await c.saved;
    client.setOnline(true);
    const { batch } = await server.post(0);
    await c.accepted;
    await server.send(server.resultsEvent(batch.outbox, { seq: 1 }, { seq: 2 }));
    await Promise.all([a?.result, b?.result]);
    await client.notes.create(note('4')).accepted;
    expect(server.deliveries[1]?.batch).toMatchObject({ first: 4, oldest: 3 });
    await server.send(server.resultsEvent(batch.outbox, { seq: 3 }));
    await c.result;
    await client.notes.create(note('5')).accepted;
    expect(server.deliveries[2]?.batch).toMatchObject({ first: 5, oldest: 1 });
  });

  it('must be known', async () => {
    const { client } = bench({ online: false });
    const stranger = client.notes.create(note('1'), { after: '00000000000000ff.7' });
    const fine = client.notes.create(note('2'));
    await expect(stranger.saved).rejects.toMatchObject({ code: 'unknown_packet' });
    await fine.saved;
    expect(() => client.notes.create(note('3'), { after: 'nothing' })).toThrow('[bad_dependency]');
  });
});

describe('Atomic groups', () => {
  it('are sent side by side, numbered in order', async () => {
    const { client, server } = bench({ online: false });
    client.notes.create(note('1'));
    const [a, b] = client.atomic((calls) => [calls.notes.create(note('2')), calls.notes.delete('1')]);
    client.atomic((calls) => calls.notes.createEach([note('3'), note('4')]));
    const last = client.notes.create(note('5'), { after: [a, b] });
    await last.saved;
    client.setOnline(true);
    const { batch } = await server.post(0);
    expect(batch.packets.map(({ group }) => group ?? 0)).toEqual([0, 1, 1, 2, 2, 0]);
  });

  it('are never split', async () => {
    const { client, server } = bench({ online: false, maxBatchBytes: 250 });
    const text = 'x'.repeat(80);
    client.notes.create(note('1', text));
    client.atomic((calls) => calls.notes.createEach(['2', '3', '4', '5'].map((id) => note(id, text))));
    await client.notes.create(note('6', text)).saved;
    client.setOnline(true);
    await server.post(2);
    expect(server.posts.map(({ batch }) => seqsOf(batch.packets))).toEqual([[1], [2, 3, 4, 5], [6]]);
  });

  it('are enqueued as a whole or not at all', async () => {
    const { client } = bench({ online: false });
    // @ts-expect-error an id is a string
    const operations = client.atomic((calls) => [calls.notes.create(note('1')), calls.notes.delete(5)]);
    expect(await outcomes(operations)).toEqual(['rolled_back', 'invalid']);
    const failure = new Error('the application changed its mind');
    const made: { result: Promise<unknown> }[] = [];
    const give = () =>
      client.atomic((calls) => {
        made.push(calls.notes.create(note('1')));
        throw failure;
      });
    expect(give).toThrow(failure);
    expect(await outcomes(made)).toEqual(['cancelled']);
    await client.notes.create(note('2')).saved;
    expect(await client.outbox.list()).toHaveLength(1);
  });

  it('end together where one of them ends here', async () => {
    const { client, clock } = bench({ online: false });
    const expiring = client.atomic((calls) => [
      calls.notes.create(note('1')),
      calls.notes.create(note('2'), { expiresInMs: 10 }),
    ]);
    const cancelled = client.atomic((calls) => calls.notes.createEach([note('3'), note('4')]));
    await cancelled[1]?.saved;
    clock.advance(10);
    expect(await outcomes(expiring)).toEqual(['rolled_back', 'expired']);
    expect(await cancelled[0]?.cancel()).toBe(true);
    expect(await outcomes(cancelled)).toEqual(['cancelled', 'cancelled']);
    expect(await client.outbox.list()).toEqual([]);
  });
});
