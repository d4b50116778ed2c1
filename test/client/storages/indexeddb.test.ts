import 'fake-indexeddb/auto';
import { describe, expect, it, vi } from 'vitest';
import type { Storage } from '../../../src/lib/client/storage.ts';
import { indexedDbStorage } from '../../../src/lib/client/storages/indexeddb.ts';
import { testStorage } from '../../contracts/storage.ts';

let count = 0;
const make = async (): Promise<{ storage: Storage; again: Storage }> => {
  const name = `test-${++count}`;
  return { storage: indexedDbStorage(name), again: indexedDbStorage(name) };
};

testStorage(make);

describe('indexedDbStorage', () => {
  const row = { user: 'ana', outbox: '00000000000000a1', cursor: null, feedEnd: 0, feedHeard: 0, queued: 0, parked: 0 };

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
