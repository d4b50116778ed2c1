import { describe, expect, it, onTestFinished } from 'vitest';
import { crudpClient } from '../../src/lib/client/client.ts';
import type { Storage, StorageConnection } from '../../src/lib/client/storage.ts';
import { memoryStorage } from '../../src/lib/client/storages/memory.ts';
import { contract } from '../../src/lib/contract/contract.ts';
import { FakeLocks } from './fake-locks.ts';
import { codec } from './fake-server.ts';
import { app, bench, note, route, settle, stored } from './harness.ts';

/** A storage as tabs of one browser share it. */
function sharedStorage(): Storage {
  return { ...memoryStorage(), scope: 'shop' };
}

/** The same, for a page whose messages are lost as long as it is frozen. */
function freezable(storage: Storage): { storage: Storage; freeze(): void } {
  let isFrozen = false;
  return {
    freeze: () => {
      isFrozen = true;
    },
    storage: {
      ...storage,
      connect(hear): StorageConnection {
        const connection = storage.connect((heard) => void (isFrozen || hear(heard)));
        return {
          read: (work) => connection.read(work),
          write: (work) => connection.write(work),
          tell: (told) => void (isFrozen || connection.tell(told)),
          close: () => connection.close(),
        };
      },
    },
  };
}

describe('Tabs with Web Locks', () => {
  function tabs() {
    const first = bench({ storage: sharedStorage(), locks: new FakeLocks() });
    return { first, second: first.page(), server: first.server };
  }

  it('have one stream and one sender', async () => {
    const { first, second, server } = tabs();
    await server.opened(0);
    await settle();
    expect(first.client.status.getSnapshot()).toMatchObject({ isLeader: true, stream: 'open' });
    expect(second.client.status.getSnapshot()).toMatchObject({ isLeader: false, stream: 'open', state: 'idle' });
    const own = first.client.notes.create(note('1'));
    await own.accepted;
    const others = second.client.notes.create(note('2'));
    await others.accepted;
    expect(server.posts.map(({ seqs }) => seqs)).toEqual([[1], [2]]);
    const outbox = server.posts[0]?.batch.outbox as string;
    await server.send(server.resultsEvent(outbox, { seq: 2, records: [stored('2')] }, { seq: 1, status: 1 }));
    expect(await others.result).toEqual([stored('2')]);
    await expect(own.result).rejects.toMatchObject({ code: 'failed' });
    expect(server.streams).toHaveLength(1);
  });

  it('hear the same events, each once', async () => {
    const { first, second, server } = tabs();
    await server.opened(0);
    await settle();
    const operation = second.client.notes.create(note('1'));
    await operation.accepted;
    const outbox = server.posts[0]?.batch.outbox as string;
    await server.send(
      server.pushEvent({ route: route.create, records: [stored('pushed')] }),
      server.resultsEvent(outbox, { seq: 1, records: [stored('1')] }),
      server.resultsEvent('00000000000000bb', { seq: 9, records: [stored('remote')] }),
    );
    await operation.result;
    await settle();
    const kinds = ['queued', 'push', 'confirmed', 'remote'];
    expect(first.events.map(({ kind }) => kind)).toEqual(kinds);
    expect(second.events.map(({ kind }) => kind)).toEqual(kinds);
    expect(second.events).toEqual(first.events);
  });

  it('go on when the leader is closed', async () => {
    const { first, second, server } = tabs();
    await server.opened(0);
    await first.client.close();
    await server.opened(1);
    await second.client.notes.create(note('1')).accepted;
    expect(second.client.status.getSnapshot()).toMatchObject({ isLeader: true });
  });

  it('have one leader again when the device was asleep', async () => {
    const { first, second, server } = tabs();
    await server.opened(0);
    await settle();
    // Each finds that it has not heard of a leader for long, again and again, before it hears of anything else.
    first.clock.advance(60_000);
    await settle();
    const leading = [first, second].filter(({ client }) => client.status.getSnapshot().isLeader);
    expect(leading).toHaveLength(1);
    await server.opened(1);
    await first.client.notes.create(note('1')).accepted;
  });

  it('take over from a leader that is frozen', async () => {
    const shared = sharedStorage();
    const frozen = freezable(shared);
    const first = bench({ storage: frozen.storage, locks: new FakeLocks() });
    await first.server.opened(0);
    const second = first.page({ storage: shared });
    await settle();
    for (let beat = 0; beat < 8; beat++) {
      first.clock.advance(2500);
      await settle();
    }
    expect(second.client.status.getSnapshot().isLeader).toBe(false);
    frozen.freeze();
    first.clock.advance(10_000);
    await settle();
    expect(second.client.status.getSnapshot().isLeader).toBe(true);
    await second.client.notes.create(note('1')).accepted;
  });

  it('save for themselves: what one has saved needs neither the leader nor itself', async () => {
    const shared = sharedStorage();
    const frozen = freezable(shared);
    const first = bench({ storage: frozen.storage, locks: new FakeLocks() });
    const { server } = first;
    await server.opened(0);
    const second = first.page({ storage: shared });
    await settle();
    frozen.freeze();
    await second.client.notes.create(note('1')).saved;
    await settle();
    expect(server.posts).toEqual([]);
    await second.client.close();
    await first.client.close();
    const third = first.page({ storage: shared, locks: new FakeLocks() });
    expect((await server.post(0)).batch.packets).toMatchObject([{ seq: 1, records: [stored('1')] }]);
    expect(await third.client.outbox.list()).toHaveLength(1);
  });

  it('are switched off and on together', async () => {
    const { first, second, server } = tabs();
    await server.opened(0);
    second.client.setOnline(false);
    await settle();
    expect(first.client.status.getSnapshot()).toMatchObject({ state: 'offline', reason: 'switched_off' });
    const third = first.page();
    const operation = third.client.notes.create(note('1'));
    await operation.saved;
    await settle();
    expect(server.posts).toEqual([]);
    expect(third.client.status.getSnapshot()).toMatchObject({ state: 'offline', reason: 'switched_off' });
    third.client.setOnline(true);
    await operation.accepted;
  });

  it('sign in together', async () => {
    const { second, server } = tabs();
    await server.opened(0);
    server.script.push(() => ({ isServer: true, status: 401, json: {} }));
    const operation = second.client.notes.create(note('1'));
    await server.post(0);
    await settle();
    expect(second.client.status.getSnapshot()).toMatchObject({ state: 'needs-auth' });
    second.client.authenticated();
    await operation.accepted;
  });

  it('of an older contract give way to one of a newer', async () => {
    const locks = new FakeLocks();
    const first = bench({ storage: sharedStorage(), locks });
    const { server, storage, clock } = first;
    await server.opened(0);
    const newer = contract({ version: 4 }, app.handlers);
    const client = crudpClient(newer, { user: 'ana', storage, transport: server, codec, clock, locks });
    onTestFinished(() => client.close());
    const operation = client.notes.create(note('1'));
    await operation.accepted;
    expect(server.posts.map((post) => post.contract)).toEqual([4]);
    expect(client.status.getSnapshot().isLeader).toBe(true);
    expect(first.client.status.getSnapshot().isLeader).toBe(false);
  });

  it('of an older contract give way one after the other, until the newer one leads', async () => {
    const locks = new FakeLocks();
    const first = bench({ storage: sharedStorage(), locks });
    const { server, storage, clock } = first;
    const second = first.page();
    await server.opened(0);
    const newer = contract({ version: 4 }, app.handlers);
    const client = crudpClient(newer, { user: 'ana', storage, transport: server, codec, clock, locks });
    onTestFinished(() => client.close());
    await settle();
    const pages = [first.client, second.client, client];
    expect(pages.map(({ status }) => status.getSnapshot().isLeader)).toEqual([false, false, true]);
  });
});

describe('Tabs without Web Locks', () => {
  it('each do for themselves, and nothing is doubled', async () => {
    const first = bench();
    const { server } = first;
    const second = first.page();
    await server.opened(1);
    const [a, b] = [first.client.notes.create(note('1')), second.client.notes.create(note('2'))];
    await Promise.all([a.accepted, b.accepted]);
    await settle();
    const outbox = server.posts[0]?.batch.outbox as string;
    expect(server.places.get(outbox)?.seq).toBe(2);
    expect(new Set(server.posts.map(({ batch }) => batch.outbox)).size).toBe(1);
    const results = [1, 2].map((seq) => ({ seq, records: [stored(String(seq))] }));
    const events = [
      server.pushEvent({ route: route.create, records: [stored('pushed')] }),
      server.resultsEvent(outbox, ...results),
      server.resultsEvent('00000000000000bb', { seq: 9, records: [stored('remote')] }),
    ];
    for (const stream of server.streams) stream.send(...events);
    expect(await a.result).toEqual([stored('1')]);
    expect(await b.result).toEqual([stored('2')]);
    await settle();
    for (const page of [first, second]) {
      expect(page.events.map(({ kind }) => kind).sort()).toEqual([
        'confirmed',
        'confirmed',
        'push',
        'queued',
        'queued',
        'remote',
      ]);
      expect(await page.client.outbox.list()).toEqual([]);
    }
  });

  it('keep a cursor of their own each, so that none misses a push', async () => {
    const first = bench();
    const { server, clock } = first;
    const second = first.page();
    const [one, two] = [await server.opened(0), await server.opened(1)];
    await settle();
    const push = server.pushEvent({ route: route.create, records: [stored('1')] });
    one.send(push);
    await settle();
    two.break();
    await settle();
    clock.advance(1000);
    const again = await server.opened(2);
    expect(again.cursor).not.toBe(push.id);
    again.send(push);
    await settle();
    expect(first.events.map(({ kind }) => kind)).toEqual(['push']);
    expect(second.events.map(({ kind }) => kind)).toEqual(['push']);
  });
});
