import 'fake-indexeddb/auto';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Storage } from '../../src/lib/client/storage.ts';
import { indexedDbStorage } from '../../src/lib/client/storages/indexeddb.ts';
import { memoryStorage } from '../../src/lib/client/storages/memory.ts';
import { CrudpError } from '../../src/lib/errors.ts';
import { FakeLocks } from './fake-locks.ts';
import { bench, note, settle } from './harness.ts';

describe('Durability', () => {
  it('is memory where the browser refuses to store anything, and the client works all the same', async () => {
    vi.stubGlobal('indexedDB', undefined);
    onTestFinished(() => void vi.unstubAllGlobals());
    const locks = new FakeLocks();
    const storage = indexedDbStorage(crypto.randomUUID());
    const first = bench({ storage, locks });
    await first.client.notes.create(note('1')).accepted;
    expect(first.client.status.getSnapshot()).toMatchObject({ durability: 'memory', isLeader: true });
    // A page that nobody can tell anything must send for itself.
    const second = first.page({ storage: indexedDbStorage(crypto.randomUUID()) });
    await second.client.notes.create(note('2')).accepted;
    expect(new Set(first.server.posts.map(({ batch }) => batch.outbox)).size).toBe(2);
  });

  it('is told to be lost once, be the start of the client repeated', async () => {
    const lost = new CrudpError('storage_lost', 'the browser has thrown away what was stored');
    const locks = new FakeLocks();
    let requests = 0;
    const { clock, errors, client } = bench({
      storage: { ...memoryStorage(), scope: 'shop', lost },
      locks: {
        request(...args) {
          if (++requests === 1) throw new Error('not now');
          return locks.request(...args);
        },
      },
    });
    await settle();
    expect(errors).toEqual([lost, new Error('not now')]);
    clock.advance(1000);
    await client.notes.create(note('1')).accepted;
    expect(errors).toHaveLength(2);
    expect(requests).toBeGreaterThan(1);
  });

  it('is asked for once there is a packet to lose', async () => {
    let asked = 0;
    const storage: Storage = {
      ...memoryStorage(),
      durability: async () => 'best_effort',
      persist: async () => {
        asked++;
        return 'persistent';
      },
    };
    const { client } = bench({ storage, online: false });
    await settle();
    expect(asked).toBe(0);
    expect(client.status.getSnapshot().durability).toBe('best_effort');
    await client.notes.create(note('1')).saved;
    await client.notes.create(note('2')).saved;
    await settle();
    expect(asked).toBe(1);
    expect(client.status.getSnapshot().durability).toBe('persistent');
  });

  it('of an older page ends when a newer one changes the database: it gives way', async () => {
    const name = crypto.randomUUID();
    const locks = new FakeLocks();
    const older = bench({ storage: indexedDbStorage(name), locks });
    await older.client.notes.create(note('1')).accepted;
    const newer = await new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open(name, 99);
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    onTestFinished(() => newer.close());
    const operation = older.client.notes.create(note('2'));
    await expect(operation.saved).rejects.toMatchObject({ code: 'storage_newer' });
    await settle();
    expect(older.client.status.getSnapshot()).toMatchObject({
      state: 'held',
      reason: 'storage_newer',
      isLeader: false,
      stream: 'closed',
    });
    const lock = vi.fn(async () => {});
    await locks.request(`crudp:${name}:ana`, {}, lock);
    expect(lock).toHaveBeenCalledOnce();
  });
});
