import { describe, expect, it, onTestFinished } from 'vitest';
import { crudpClient } from '../../src/lib/client/client.ts';
import type { CrudpEvent } from '../../src/lib/client/events.ts';
import type { ClientOptions } from '../../src/lib/client/options.ts';
import { indexedDbStorage } from '../../src/lib/client/storages/indexeddb.ts';
import { contract, handler } from '../../src/lib/contract/contract.ts';
import { shape } from '../../src/lib/contract/shape.ts';
import { string } from '../../src/lib/contract/types.ts';
import { FakeServer } from './fake-server.ts';

const Note = shape({ id: string(), text: string() });
const app = contract({ version: 1 }, { notes: handler(1, { create: { in: Note, out: Note } }) });

function page(name: string, server: FakeServer, options: Partial<ClientOptions> = {}) {
  const client = crudpClient(app, { user: 'ana', storage: indexedDbStorage(name), transport: server, ...options });
  const events: CrudpEvent[] = [];
  client.notes.on('create', (event: CrudpEvent) => events.push(event));
  onTestFinished(() => client.close());
  return { client, events };
}

const note = (id: string) => ({ id, text: 'ñ' });

describe('A client in a browser', () => {
  it('keeps its packets in IndexedDB across a reload', async () => {
    const name = crypto.randomUUID();
    const server = new FakeServer(app);
    const first = page(name, server, { online: false });
    const saved = await Promise.all(first.client.notes.createEach(['1', '2', '3'].map(note)).map((o) => o.saved));
    await first.client.close();
    const second = page(name, server);
    const post = await server.post(0);
    expect(post.batch.packets.map(({ records }) => records)).toEqual([[note('1')], [note('2')], [note('3')]]);
    expect(saved.map((reqId) => reqId.split('.')[0])).toEqual(Array(3).fill(post.batch.outbox));
    const ended = new Promise<void>((resolve) => {
      second.client.notes.on('create', (event: CrudpEvent) => {
        if (event.kind === 'rejected') resolve();
      });
    });
    await second.client.notes.create(note('4')).accepted;
    await server.send(server.resultsEvent(post.batch.outbox, { seq: 1, records: [note('1')] }, { seq: 2, status: 1 }));
    await ended;
    expect(second.events.map(({ kind }) => kind)).toEqual(['queued', 'confirmed', 'rejected']);
    expect(await second.client.outbox.list()).toHaveLength(2);
  });

  it('shares one stream and one sender with other tabs, by Web Locks and BroadcastChannel', async () => {
    const name = crypto.randomUUID();
    const server = new FakeServer(app);
    const tabs = [page(name, server), page(name, server), page(name, server)];
    await server.opened(0);
    const operations = tabs.map(({ client }, i) => client.notes.create(note(String(i))));
    await Promise.all(operations.map(({ accepted }) => accepted));
    const { outbox } = (await server.post(0)).batch;
    await server.send(
      server.resultsEvent(outbox, ...[1, 2, 3].map((seq) => ({ seq, records: [note(`answer ${seq}`)] }))),
    );
    const results = await Promise.all(operations.map(({ result }) => result));
    expect(results.map(([record]) => record?.id).sort()).toEqual(['answer 1', 'answer 2', 'answer 3']);
    expect(server.streams).toHaveLength(1);
    expect(server.deliveries.flatMap(({ seqs }) => seqs)).toEqual([1, 2, 3]);
    expect(tabs.filter(({ client }) => client.status.getSnapshot().isLeader)).toHaveLength(1);
    const [leader] = tabs.filter(({ client }) => client.status.getSnapshot().isLeader);
    await leader?.client.close();
    await server.opened(1);
    const [other] = tabs.filter((tab) => tab !== leader);
    await other?.client.notes.create(note('after')).accepted;
  });

  it('says how long its outbox lasts', async () => {
    const { client } = page(crypto.randomUUID(), new FakeServer(app));
    await client.notes.create(note('1')).accepted;
    expect(['best_effort', 'persistent']).toContain(client.status.getSnapshot().durability);
  });
});
