import { describe, expect, it } from 'vitest';
import type { StorageConnection } from '../../src/lib/client/storage.ts';
import { memoryStorage } from '../../src/lib/client/storages/memory.ts';
import { CrudpError } from '../../src/lib/errors.ts';
import { refusal } from './fake-server.ts';
import { bench, connected, note, outcomes, settle, stored } from './harness.ts';

const reqIdText = /^[0-9a-f]{16}\.[1-9]\d*$/;

describe('Operation', () => {
  it('has a ReqID once it is saved', async () => {
    const { client } = bench({ online: false });
    const operation = client.notes.create(note('1'));
    expect(operation.reqId).toBeUndefined();
    const reqId = await operation.saved;
    expect(reqId).toMatch(reqIdText);
    expect(operation.reqId).toBe(reqId);
  });

  it('works behind a Proxy, as frameworks put one around what a page keeps', async () => {
    const { client } = bench({ online: false });
    const operation = client.notes.create(note('1'));
    const reactive = new Proxy(operation, { get: (target, name, proxy) => Reflect.get(target, name, proxy) });
    expect(await reactive.saved).toMatch(reqIdText);
    expect(reactive.reqId).toBe(operation.reqId);
    expect(reactive.progress.getSnapshot()).toMatchObject({ bytes: 0, total: 0 });
    expect(await reactive.cancel()).toBe(true);
  });

  it('is saved, then accepted, then has a result', async () => {
    const { client, server } = await connected();
    const operation = client.notes.create(note('1'));
    const order: string[] = [];
    const all = [
      operation.saved.then(() => order.push('saved')),
      operation.accepted.then(() => order.push('accepted')),
      operation.result.then(() => order.push('result')),
    ];
    const { batch } = await server.post(0);
    await operation.accepted;
    await server.send(server.resultsEvent(batch.outbox, { seq: 1, records: [stored('1', 'answer')] }));
    await Promise.all(all);
    expect(order).toEqual(['saved', 'accepted', 'result']);
    expect(await operation.result).toEqual([stored('1', 'answer')]);
  });

  it('takes one record, many, or none', async () => {
    const { client } = bench({ online: false });
    client.notes.create(note('1'));
    client.notes.create([note('2'), note('3')]);
    client.notes.create([]);
    await client.notes.delete('4').saved;
    const entries = await client.outbox.list();
    expect(entries.map(({ records }) => records)).toEqual([[note('1')], [note('2'), note('3')], [], ['4']]);
  });

  it('takes records that are arrays only in an array', async () => {
    const { client } = bench({ online: false });
    await client.rows.create([[1, 2], [3]]).saved;
    await client.rows.create([[]]).saved;
    const entries = await client.outbox.list();
    expect(entries.map(({ records }) => records)).toEqual([[[1, 2], [3]], [[]]]);
    // @ts-expect-error one record that is an array would look like many
    await expect(client.rows.create([1, 2]).saved).rejects.toMatchObject({ code: 'invalid' });
    // @ts-expect-error no array at all
    expect(() => client.rows.create(new Uint8Array(2))).toThrow(TypeError);
  });

  it('makes a packet of each record for the calls that end in Each', async () => {
    const { client } = bench({ online: false });
    const operations = client.notes.createEach([note('1'), note('2'), note('3')]);
    const reqIds = await Promise.all(operations.map(({ saved }) => saved));
    expect(reqIds.map((reqId) => reqId.split('.')[1])).toEqual(['1', '2', '3']);
    expect((await client.outbox.list()).map(({ records }) => records.length)).toEqual([1, 1, 1]);
  });

  it('refuses values outside their types at once, each with its path, and enqueues nothing', async () => {
    const { client } = bench({ online: false });
    // @ts-expect-error stars is a number
    const operation = client.notes.create([note('1'), { id: 2, text: 'x', stars: 'many' }]);
    const expected = {
      code: 'invalid',
      issues: [
        { path: [1, 'id'], message: 'a string is wanted' },
        { path: [1, 'stars'], message: 'a whole number is wanted' },
      ],
    };
    await expect(operation.saved).rejects.toMatchObject(expected);
    await expect(operation.accepted).rejects.toMatchObject(expected);
    await expect(operation.result).rejects.toMatchObject(expected);
    expect(operation.reqId).toBeUndefined();
    expect(await client.outbox.list()).toEqual([]);
  });

  it('refuses what has no frame', async () => {
    const { client } = bench({ online: false });
    const many = Array.from({ length: 1_000_001 }, () => 'x');
    const operation = client.notes.delete(many);
    await expect(operation.saved).rejects.toMatchObject({ code: 'unencodable' });
    await expect(operation.result).rejects.toBeInstanceOf(CrudpError);
    expect(await client.outbox.list()).toEqual([]);
  });

  it('sends what the records were when it was called', async () => {
    const { client, server } = await connected();
    const given = { at: new Date(5), raw: Uint8Array.of(1), any: { a: [1] }, parts: [{ name: 'x', more: () => {} }] };
    client.things.create(given);
    given.at.setTime(9);
    given.raw[0] = 9;
    given.any.a.push(9);
    given.parts.length = 0;
    const { batch } = await server.post(0);
    expect(batch.packets[0]?.records).toEqual([
      { at: new Date(5), raw: Uint8Array.of(1), any: { a: [1] }, parts: [{ name: 'x' }] },
    ]);
  });

  it('rejects by the name of the refusal', async () => {
    const { client, server } = await connected();
    const operations = client.notes.createEach(['1', '2', '3', '4', '5'].map((id) => note(id)));
    const { batch } = await server.post(0);
    const issues = '{"issues":[{"path":[0,"text"],"message":"too short"}]}';
    await server.send(
      server.resultsEvent(
        batch.outbox,
        { seq: 1, status: 300, message: 'have it' },
        { seq: 2, status: 2, message: issues },
        { seq: 3, status: 3 },
        { seq: 4, status: 999 },
        { seq: 5, status: 300, message: issues },
      ),
    );
    const errors = await Promise.all(operations.map(({ result }) => result.catch((error: CrudpError) => error)));
    expect(errors.map((error) => (error as CrudpError).code)).toEqual([
      'id_taken',
      'invalid',
      'denied',
      'status_999',
      'id_taken',
    ]);
    expect(errors[0]).toMatchObject({ message: '[id_taken] have it', reqId: `${batch.outbox}.1`, status: 300 });
    for (const index of [1, 4]) {
      expect(errors[index]).toMatchObject({ issues: [{ path: [0, 'text'], message: 'too short' }] });
    }
  });

  it('never becomes an unhandled rejection', async () => {
    const unhandled: unknown[] = [];
    const listen = (error: unknown): void => void unhandled.push(error);
    process.on('unhandledRejection', listen);
    const { client, server } = await connected();
    // @ts-expect-error not a string
    client.notes.delete(5);
    client.notes.create(note('1'));
    const cancelled = client.notes.create(note('2'));
    await cancelled.saved;
    const { batch } = await server.post(0);
    await server.send(server.resultsEvent(batch.outbox, { seq: 1, status: 1 }, { seq: 2, status: 3 }));
    client.notes.create(note('3'));
    await settle();
    await client.close();
    client.notes.create(note('4'));
    await settle();
    process.off('unhandledRejection', listen);
    expect(unhandled).toEqual([]);
  });

  it('can be cancelled until it is sent', async () => {
    const { client, server, events } = bench({ online: false });
    const [first, second, third] = client.notes.createEach([note('1'), note('2'), note('3')]);
    expect(await second?.cancel()).toBe(true);
    expect(await second?.cancel()).toBe(false);
    await expect(second?.result).rejects.toMatchObject({ code: 'cancelled' });
    client.setOnline(true);
    const post = await server.post(0);
    expect(post.seqs).toEqual([1, 3]);
    expect(await first?.cancel()).toBe(false);
    await third?.accepted;
    expect(events.filter(({ kind }) => kind === 'rejected')).toMatchObject([
      { reqId: second?.reqId, records: [note('2')], error: { code: 'cancelled' } },
    ]);
  });

  it('cannot be cancelled once a POST has carried it, be it without an answer', async () => {
    const { client, server } = await connected();
    server.script.push(() => Promise.reject(new Error('no network')));
    const operation = client.notes.create(note('1'));
    await server.post(0);
    await settle();
    expect(await operation.cancel()).toBe(false);
    expect(await client.outbox.list()).toMatchObject([{ state: 'sent', attempts: 1 }]);
  });

  it('rejects where the storage is full, and half of nothing is written', async () => {
    const storage = memoryStorage();
    let isFull = false;
    const filling = {
      ...storage,
      connect: (hear: (note: unknown) => void): StorageConnection => {
        const connection = storage.connect(hear);
        const write: StorageConnection['write'] = (work) =>
          connection.write(async (tx) => {
            const value = await work(tx);
            if (isFull) throw new CrudpError('storage_full', 'no room', { retryable: true });
            return value;
          });
        return { read: (work) => connection.read(work), write, tell: () => {}, close: () => connection.close() };
      },
    };
    const { client } = bench({ storage: filling, online: false });
    await client.notes.create(note('1')).saved;
    isFull = true;
    const operations = client.notes.createEach([note('2'), note('3')]);
    expect(await outcomes(operations)).toEqual(['storage_full', 'storage_full']);
    await expect(operations[0]?.saved).rejects.toMatchObject({ code: 'storage_full', retryable: true });
    expect(operations[0]?.reqId).toBeUndefined();
    isFull = false;
    await client.notes.create(note('4')).saved;
    expect((await client.outbox.list()).map(({ records }) => records)).toEqual([[note('1')], [note('4')]]);
  });

  it('expires if it is not sent in time; reads do so by themselves', async () => {
    const { client, clock, server } = bench({ online: false });
    const read = client.notes.read({});
    const brief = client.notes.create(note('1'), { expiresInMs: 1000 });
    const dated = client.notes.create(note('1'), { expiresAt: clock.now() + 1000 });
    const lasting = client.notes.create(note('2'));
    await lasting.saved;
    clock.advance(999);
    await settle();
    expect(await client.outbox.list()).toHaveLength(4);
    clock.advance(1);
    await expect(dated.result).rejects.toMatchObject({ code: 'expired' });
    await expect(brief.result).rejects.toMatchObject({ code: 'expired' });
    clock.advance(29_000);
    await expect(read.result).rejects.toMatchObject({ code: 'expired' });
    client.setOnline(true);
    expect((await server.post(0)).seqs).toEqual([4]);
  });

  it('keeps a read that was sent, but not whoever waits for it', async () => {
    const { client, clock, server, events } = await connected();
    const read = client.notes.read({ text: 'x' });
    const { batch } = await server.post(0);
    clock.advance(30_000);
    await expect(read.result).rejects.toMatchObject({ code: 'expired', retryable: true });
    await server.send(server.resultsEvent(batch.outbox, { seq: 1, route: 5, records: [stored('late')] }));
    await settle();
    expect(events.at(-1)).toMatchObject({ kind: 'confirmed', action: 'read', result: [stored('late')] });
    expect(await client.outbox.list()).toEqual([]);
  });

  it('rejects when the client is closed, and its packet stays', async () => {
    const { client, page } = bench({ online: false });
    const operation = client.notes.create(note('1'));
    await operation.saved;
    await client.close();
    await expect(operation.result).rejects.toMatchObject({ code: 'closed' });
    await expect(client.notes.create(note('2')).saved).rejects.toMatchObject({ code: 'closed' });
    expect(await page().client.outbox.list()).toMatchObject([{ records: [note('1')], state: 'queued' }]);
  });

  it('fails alone where the server calls it malformed', async () => {
    const { client, server } = await connected();
    server.script.push(refusal(400, 'out_of_range'));
    const operation = client.notes.create(note('1'));
    const reqId = await operation.saved;
    await expect(operation.result).rejects.toMatchObject({ code: 'invalid', reqId });
  });
});
