import { describe, expect, it } from 'vitest';
import { nowhere } from '../../src/lib/client/storage.ts';
import type { PacketResult } from '../../src/lib/packet.ts';
import { type Answer, foreign, moved, type Post } from './fake-server.ts';
import { connected, note, outcomes, settle, stored } from './harness.ts';

const otherEpoch = 'e000000000000002';

function result(seq: number, id: string): PacketResult {
  return { seq, route: 4, status: 0, message: '', records: [stored(id)] };
}

/** Accepts a frame and loses the answer. */
function lost(b: { server: { accept(post: Post): unknown } }): Answer {
  return (post) => {
    b.server.accept(post);
    return Promise.reject(new Error('connection reset'));
  };
}

describe('moved', () => {
  it('after a lost 202 means that the packets are accepted, and their results are asked for', async () => {
    const b = await connected();
    const { client, server, clock } = b;
    server.script.push(lost(b));
    const [first, second] = client.notes.createEach([note('1'), note('2')]);
    const { batch } = await server.post(0);
    await settle();
    const third = client.notes.create(note('3'));
    await third.saved;
    server.results.set(`${batch.outbox}.1`, result(1, '1'));
    clock.advance(1000);
    await Promise.all([first?.accepted, second?.accepted, third.accepted]);
    expect(await first?.result).toEqual([stored('1')]);
    await settle();
    expect(server.posts.map(({ seqs, after }) => [after.seq, seqs])).toEqual([
      [0, [1, 2]],
      [0, [1, 2, 3]],
      [2, [3]],
      [3, [1, 2, 3]],
    ]);
    // The packets are known there: their records need not go again.
    expect(server.posts[3]?.batch.packets.map(({ records }) => records)).toEqual([[], [], []]);
  });

  it('with the same number and tag is a journal that was restored and has all: it goes on under its epoch', async () => {
    const { client, server } = await connected();
    await client.notes.create(note('1')).accepted;
    const outbox = server.posts[0]?.batch.outbox as string;
    server.epoch = otherEpoch;
    server.places.set(outbox, { epoch: otherEpoch, seq: 1, tag: server.posts[0]?.tag as string });
    await client.notes.create(note('2')).accepted;
    expect(server.posts.slice(1).map(({ batch, after, seqs }) => [batch.outbox, after.epoch, seqs])).toEqual([
      [outbox, 'e000000000000001', [2]],
      [outbox, otherEpoch, [2]],
    ]);
  });

  it('of a journal restored from an older backup moves what it lacks to a new outbox, in order', async () => {
    const b = await connected();
    const { client, server, events } = b;
    const operations = client.notes.createEach(['1', '2'].map((id) => note(id)));
    await operations[1]?.accepted;
    operations.push(...client.notes.createEach(['3', '4'].map((id) => note(id))));
    await operations[3]?.accepted;
    const { batch, tag } = await server.post(0);
    await server.send(server.resultsEvent(batch.outbox, result(2, '2')));
    await operations[1]?.result;
    // The backup knows the first two.
    server.epoch = otherEpoch;
    server.places.set(batch.outbox, { epoch: otherEpoch, seq: 2, tag });
    server.results.set(`${batch.outbox}.1`, result(1, '1'));
    const fifth = client.notes.create(note('5'), { after: operations[3] ?? [] });
    await fifth.accepted;
    expect(await operations[0]?.result).toEqual([stored('1')]);
    await settle();
    const [, , refused, ...rest] = server.posts;
    expect(refused).toMatchObject({ seqs: [5], after: { seq: 4 } });
    const fresh = rest.find(({ batch: other }) => other.outbox !== batch.outbox);
    expect(fresh).toMatchObject({ after: nowhere, seqs: [1, 2, 3] });
    expect(fresh?.batch.packets.map(({ records, after }) => [records, after ?? []])).toEqual([
      [[stored('3')], []],
      [[stored('4')], []],
      [[stored('5')], [2]],
    ]);
    const question = rest.find(({ batch: other }) => other.outbox === batch.outbox);
    expect(question).toMatchObject({ seqs: [1], after: { epoch: otherEpoch, seq: 2 } });
    // Names have changed, and everybody is told.
    expect(operations[2]?.reqId).toBe(`${fresh?.batch.outbox}.1`);
    expect(events.filter((event) => event.kind === 'queued' && event.replaces !== undefined)).toMatchObject(
      [3, 4, 5].map((seq, index) => ({
        replaces: `${batch.outbox}.${seq}`,
        reqId: `${fresh?.batch.outbox}.${index + 1}`,
        records: [note(String(seq))],
      })),
    );
    await server.send(server.resultsEvent(fresh?.batch.outbox as string, result(1, '3'), result(3, '5')));
    expect(await operations[2]?.result).toEqual([stored('3')]);
    expect(await fifth.result).toEqual([stored('5')]);
  });

  it('of a journal that knows nothing moves all', async () => {
    const { client, server } = await connected();
    const [first, second] = client.notes.createEach([note('1'), note('2')]);
    await second?.accepted;
    server.places.clear();
    server.epoch = otherEpoch;
    await client.notes.create(note('3')).accepted;
    const last = server.posts.at(-1);
    expect(last?.batch.outbox).not.toBe(server.posts[0]?.batch.outbox);
    expect(last?.seqs).toEqual([1, 2, 3]);
    expect(first?.reqId).toBe(`${last?.batch.outbox}.1`);
  });

  // With a packet of the copy's under the number of ours, and with one more.
  it.each([1, 2])('of a backup that a copied profile went on with to %i moves even what was accepted', async (seq) => {
    const { client, server, clock, events } = await connected();
    const first = client.notes.create(note('1'));
    await first.accepted;
    const { batch } = await server.post(0);
    server.epoch = otherEpoch;
    server.places.set(batch.outbox, { epoch: otherEpoch, seq, tag: 'cccccccccccccccc' });
    server.results.set(`${batch.outbox}.1`, result(1, 'of the copy'));
    // The journal is another: what is not answered yet is asked for, with nothing new to send.
    server.current.end();
    await settle();
    clock.advance(1000);
    await server.opened(1);
    await server.send(server.resultsEvent(batch.outbox, result(1, 'of the copy')));
    await server.post(2);
    await settle();
    const [, question, again] = server.posts;
    expect(question).toMatchObject({ seqs: [1], after: { seq: 1 } });
    expect(again).toMatchObject({ seqs: [1], after: nowhere });
    expect(again?.batch.outbox).not.toBe(batch.outbox);
    expect(events.filter(({ kind }) => kind === 'confirmed')).toEqual([]);
    await server.send(server.resultsEvent(again?.batch.outbox as string, result(1, '1')));
    expect(await first.result).toEqual([stored('1')]);
  });

  it('by a copied profile that was faster moves only what is new here', async () => {
    const { client, server } = await connected();
    const first = client.notes.create(note('1'));
    await first.accepted;
    const outbox = server.posts[0]?.batch.outbox as string;
    // The copy has sent packets of its own under the numbers 2 and 3.
    server.places.set(outbox, { epoch: server.epoch, seq: 3, tag: 'cccccccccccccccc' });
    server.results.set(`${outbox}.1`, result(1, '1'));
    server.results.set(`${outbox}.2`, result(2, 'of the copy'));
    const second = client.notes.create(note('2'));
    await second.accepted;
    expect(await first.result).toEqual([stored('1')]);
    await settle();
    const fresh = server.posts.find(({ batch }) => batch.outbox !== outbox);
    expect(fresh?.batch.packets.map(({ records }) => records)).toEqual([[stored('2')]]);
    // A result of the copy's packet is no answer to ours.
    await server.send(server.resultsEvent(outbox, result(2, 'of the copy')));
    await settle();
    expect(await client.outbox.list()).toMatchObject([{ reqId: second.reqId, records: [note('2')] }]);
  });

  it('does nothing where another page was faster', async () => {
    const b = await connected();
    const { client, server, page } = b;
    await client.notes.create(note('1')).accepted;
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    // The first page's frame arrives after the second's, which had the same packets.
    server.script.push(async (post) => {
      await held;
      return server.accept(post);
    });
    const second = client.notes.create(note('2'));
    await server.post(1);
    const other = page();
    await server.post(2);
    await settle();
    release();
    await second.accepted;
    await settle();
    const outboxes = new Set(server.posts.map(({ batch }) => batch.outbox));
    expect(outboxes.size).toBe(1);
    expect(await other.client.outbox.list()).toMatchObject([{ state: 'accepted' }, { state: 'accepted' }]);
    await other.client.notes.create(note('3')).accepted;
    expect(server.places.get([...outboxes][0] as string)).toMatchObject({ seq: 3 });
  });

  it('keeps order where a packet waits for one that stays behind', async () => {
    const { client, server } = await connected();
    const first = client.notes.create(note('1'));
    await first.accepted;
    const outbox = server.posts[0]?.batch.outbox as string;
    server.places.set(outbox, { epoch: server.epoch, seq: 2, tag: 'cccccccccccccccc' });
    const second = client.notes.create(note('2'), { after: first });
    const third = client.notes.create(note('3'));
    await third.saved;
    await server.post(1);
    await settle();
    // The second cannot name a packet of the old outbox, so it waits here, and the third behind it.
    expect(server.posts.filter(({ batch }) => batch.outbox !== outbox)).toEqual([]);
    await server.send(server.resultsEvent(outbox, result(1, '1')));
    await Promise.all([second.accepted, third.accepted]);
    const fresh = server.posts.find(({ batch }) => batch.outbox !== outbox);
    expect(fresh?.batch.packets.map(({ records, after }) => [records, after ?? []])).toEqual([
      [[stored('2')], []],
      [[stored('3')], []],
    ]);
  });

  it('ends a packet as skipped that waited for one that has failed', async () => {
    const { client, server } = await connected();
    const [first, second] = [client.notes.create(note('1')), client.notes.create(note('2'))];
    const third = client.notes.create(note('3'), { after: first });
    await third.accepted;
    const outbox = server.posts[0]?.batch.outbox as string;
    await server.send(server.resultsEvent(outbox, { seq: 1, status: 1 }));
    await expect(first.result).rejects.toMatchObject({ code: 'failed' });
    server.places.clear();
    const fourth = client.notes.create(note('4'));
    await fourth.accepted;
    expect(await outcomes([third])).toEqual(['skipped']);
    expect(second.reqId?.startsWith(outbox)).toBe(false);
    const fresh = server.posts.at(-1);
    expect(fresh?.batch.packets.map(({ records }) => records)).toEqual([[stored('2')], [stored('4')]]);
  });

  it('twice keeps everything', async () => {
    const { client, server } = await connected();
    const operations = client.notes.createEach([note('1'), note('2')]);
    await operations[1]?.accepted;
    server.places.clear();
    const third = client.notes.create(note('3'));
    await third.accepted;
    server.places.clear();
    const fourth = client.notes.create(note('4'));
    await fourth.accepted;
    await settle();
    const { batch } = server.posts.at(-1) as Post;
    expect(batch.packets.map(({ records }) => records)).toEqual(['1', '2', '3', '4'].map((id) => [stored(id)]));
    await server.send(server.resultsEvent(batch.outbox, ...[1, 2, 3, 4].map((seq) => result(seq, String(seq)))));
    expect(await outcomes([...operations, third, fourth])).toEqual(['ok', 'ok', 'ok', 'ok']);
  });

  it('said by anybody but the server is not believed', async () => {
    const { client, server, clock } = await connected();
    await client.notes.create(note('1')).accepted;
    server.script.push(foreign(409, moved(nowhere).json));
    const second = client.notes.create(note('2'));
    await server.post(1);
    await settle();
    clock.advance(1000);
    await second.accepted;
    expect(new Set(server.posts.map(({ batch }) => batch.outbox)).size).toBe(1);
  });
});
