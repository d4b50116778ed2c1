import 'fake-indexeddb/auto';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { crudpClient } from '../../../src/lib/client/client.ts';
import type { Storage } from '../../../src/lib/client/storage.ts';
import { indexedDbStorage } from '../../../src/lib/client/storages/indexeddb.ts';
import { contract } from '../../../src/lib/contract/contract.ts';
import { testStorage } from '../../contracts/storage.ts';

let count = 0;
const make = async (): Promise<{ storage: Storage; again: Storage }> => {
  const name = `test-${++count}`;
  return { storage: indexedDbStorage(name), again: indexedDbStorage(name) };
};

testStorage(make);

/** A database as version 1 of the schema had it. */
function createVersion1(name: string, fill: (tx: IDBTransaction) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => {
      const keys = {
        users: ['user'],
        outboxes: ['user', 'outbox'],
        packets: ['user', 'outbox', 'seq'],
        waits: ['user', 'outbox', 'seq', 'waiterOutbox', 'waiterSeq'],
        feed: ['user', 'id'],
      };
      for (const [table, keyPath] of Object.entries(keys)) request.result.createObjectStore(table, { keyPath });
      fill(request.transaction as IDBTransaction);
    };
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      request.result.close();
      resolve();
    };
  });
}

describe('The schema', () => {
  const old = { user: 'ana', outbox: '00000000000000a1', cursor: 'c', feedEnd: 8, feedHeard: 6 };

  it('is upgraded from version 1, with all that is in it', async () => {
    const name = `test-${++count}`;
    const packet = { user: 'ana', outbox: old.outbox, seq: 3, route: 4, records: [{ id: 'ñ' }], contract: 1 };
    const item = { kind: 'push', route: 4, result: ['pushed'], isUnreadable: false };
    await createVersion1(name, (tx) => {
      tx.objectStore('users').put(old);
      tx.objectStore('users').put({ ...old, user: 'luis' });
      tx.objectStore('packets').put(packet);
      tx.objectStore('packets').put({ ...packet, seq: 4 });
      for (const id of [7, 8]) tx.objectStore('feed').put({ user: 'ana', id, at: 100, ...item });
    });
    const connection = indexedDbStorage(name).connect(() => {});
    const [users, packets, feed, parked] = await connection.read((tx) =>
      Promise.all([
        tx.list('users', { prefix: [] }),
        tx.list('packets', { prefix: [] }),
        tx.list('feed', { prefix: [] }),
        tx.list('parked', { prefix: [] }),
      ]),
    );
    connection.close();
    expect(users).toEqual([
      { ...old, queued: 2, parked: 0 },
      { ...old, user: 'luis', queued: 0, parked: 0 },
    ]);
    expect(packets).toEqual([packet, { ...packet, seq: 4 }]);
    expect(feed).toEqual([7, 8].map((id) => ({ user: 'ana', id, at: 100, items: [item] })));
    expect(parked).toEqual([]);
  });

  it('of a newer page is left alone', async () => {
    const name = `test-${++count}`;
    const connection = indexedDbStorage(name).connect(() => {});
    await connection.write(async () => {});
    const newer = await new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open(name, 99);
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    await expect(connection.write(async () => {})).rejects.toMatchObject({ code: 'storage_newer' });
    const late = indexedDbStorage(name);
    await expect(late.connect(() => {}).read(async () => {})).rejects.toMatchObject({ code: 'storage_newer' });
    await expect(late.durability()).rejects.toMatchObject({ code: 'storage_newer' });
    newer.close();
    connection.close();
  });
});

describe('A browser that refuses to store anything', () => {
  const refusals: [string, () => unknown][] = [
    ['has no IndexedDB', () => undefined],
    ['throws', () => ({ open: () => thrown('SecurityError') })],
    ['fails', () => ({ open: failing })],
  ];

  function thrown(name: string): never {
    throw new DOMException('not here', name);
  }

  function failing(): EventTarget {
    const request = Object.assign(new EventTarget(), { error: new DOMException('not here', 'InvalidStateError') });
    queueMicrotask(() => request.dispatchEvent(new Event('error')));
    return request;
  }

  it.each(refusals)('because it %s has the outbox in memory, for this page alone', async (_, factory) => {
    vi.stubGlobal('indexedDB', factory());
    onTestFinished(() => void vi.unstubAllGlobals());
    const storage = indexedDbStorage(`test-${++count}`);
    const connection = storage.connect(() => {});
    expect(await storage.durability()).toBe('memory');
    expect(storage.scope).toBeNull();
    expect(await storage.persist?.()).toBe('memory');
    await connection.write(async (tx) => tx.put('users', { ...row, cursor: 'kept' }));
    expect(await connection.read((tx) => tx.list('users', { prefix: [] }))).toMatchObject([{ cursor: 'kept' }]);
    connection.close();
  });

  it('is not taken for one that cannot open its files for a moment, as after a crash', async () => {
    const real = indexedDB;
    let tries = 0;
    const open = (name: string, version: number) => (++tries < 4 ? thrown('UnknownError') : real.open(name, version));
    vi.stubGlobal('indexedDB', { open });
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    onTestFinished(() => {
      vi.useRealTimers();
      vi.unstubAllGlobals();
    });
    const name = `test-${++count}`;
    const connection = indexedDbStorage(name).connect(() => {});
    const written = connection.write(async (tx) => tx.put('users', { ...row, cursor: 'kept' }));
    await vi.advanceTimersByTimeAsync(1050);
    await written;
    expect(tries).toBe(4);
    const other = indexedDbStorage(name).connect(() => {});
    expect(await other.read((tx) => tx.list('users', { prefix: [] }))).toMatchObject([{ cursor: 'kept' }]);
    connection.close();
    other.close();
  });

  it('is taken for one where it never can', async () => {
    const open = () => thrown('UnknownError');
    vi.stubGlobal('indexedDB', { open });
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    onTestFinished(() => {
      vi.useRealTimers();
      vi.unstubAllGlobals();
    });
    const durability = indexedDbStorage(`test-${++count}`).durability();
    await vi.advanceTimersByTimeAsync(4250);
    expect(await durability).toBe('memory');
  });

  it('is not taken for one where the client is closed while it opens', async () => {
    const storage = indexedDbStorage(`test-${++count}`);
    const connection = storage.connect(() => {});
    const read = connection.read(async () => {});
    connection.close();
    await read.catch(() => undefined);
    expect(await storage.durability()).toBe('best_effort');
    const next = storage.connect(() => {});
    await next.write(async () => {});
    expect(storage.scope).not.toBeNull();
    next.close();
  });
});

describe('Persistence', () => {
  it('is asked for by persist, unless it is not wanted', async () => {
    let asked = 0;
    const manager = {
      persist: async () => ++asked > 0,
      persisted: async () => asked > 0,
    };
    vi.stubGlobal('navigator', { storage: manager });
    onTestFinished(() => void vi.unstubAllGlobals());
    const unwanted = indexedDbStorage(`test-${++count}`, { persist: false });
    expect(await unwanted.persist?.()).toBe('best_effort');
    expect(asked).toBe(0);
    const wanted = indexedDbStorage(`test-${++count}`);
    expect(await wanted.durability()).toBe('best_effort');
    expect(await wanted.persist?.()).toBe('persistent');
  });
});

const row = { user: 'ana', outbox: '00000000000000a1', cursor: null, feedEnd: 0, feedHeard: 0, queued: 0, parked: 0 };

describe('indexedDbStorage', () => {
  it('asks for strict durability', async () => {
    const { storage } = await make();
    const connection = storage.connect(() => {});
    await connection.read(async () => {});
    const transaction = vi.spyOn(IDBDatabase.prototype, 'transaction');
    await connection.write(async (tx) => tx.put('users', row));
    expect(transaction.mock.calls.map((args) => args[2])).toEqual([{ durability: 'strict' }]);
    transaction.mockRestore();
    connection.close();
  });

  it('says storage_full where the quota is used up, and writes nothing', async () => {
    const { storage } = await make();
    const connection = storage.connect(() => {});
    await connection.write(async (tx) => tx.put('users', row));
    const put = vi.spyOn(IDBObjectStore.prototype, 'put');
    put.mockImplementationOnce(() => {
      throw new DOMException('no room', 'QuotaExceededError');
    });
    const write = connection.write(async (tx) => {
      tx.delete('users', ['ana']);
      tx.put('users', { ...row, user: 'luis' });
    });
    await expect(write).rejects.toMatchObject({ code: 'storage_full', retryable: true });
    put.mockRestore();
    expect(await connection.read((tx) => tx.list('users', { prefix: [] }))).toEqual([row]);
    connection.close();
  });

  it('says storage_failed for any other failure of the database', async () => {
    const { storage } = await make();
    const connection = storage.connect(() => {});
    const symbol = { ...row, cursor: Symbol('no clone') as unknown as string };
    await expect(connection.write(async (tx) => tx.put('users', symbol))).rejects.toMatchObject({
      code: 'storage_failed',
    });
    connection.close();
  });

  it('says storage_lost where the browser has thrown away damaged files', async () => {
    // As Chromium tells it; the property is on no other browser's event.
    Object.defineProperties(IDBVersionChangeEvent.prototype, {
      dataLoss: { value: 'total', configurable: true },
      dataLossMessage: { value: 'checksum mismatch', configurable: true },
    });
    onTestFinished(() => {
      for (const name of ['dataLoss', 'dataLossMessage']) Reflect.deleteProperty(IDBVersionChangeEvent.prototype, name);
    });
    const { storage } = await make();
    expect(storage.lost).toBeUndefined();
    const errors: unknown[] = [];
    const client = crudpClient(contract({ version: 1 }, {}), {
      url: 'http://127.0.0.1:9/api',
      user: 'ana',
      storage,
      online: false,
      onError: (error) => void errors.push(error),
    });
    onTestFinished(() => client.close());
    await expect.poll(() => errors).toMatchObject([{ code: 'storage_lost' }]);
    expect(String(errors[0])).toContain('checksum mismatch');
  });

  it('lets go of a database that is to be deleted, and opens it again', async () => {
    const { storage } = await make();
    const connection = storage.connect(() => {});
    await connection.write(async (tx) => tx.put('users', row));
    await new Promise((resolve, reject) => {
      const request = indexedDB.deleteDatabase(`test-${count}`);
      request.onsuccess = resolve;
      request.onerror = reject;
    });
    expect(await connection.read((tx) => tx.list('users', { prefix: [] }))).toEqual([]);
    connection.close();
  });
});
