import type { DBSchema, IDBPDatabase, IDBPTransaction, StoreNames } from 'idb';
import type { FeedItem, FeedRow, TableName, Tables, UserRow } from '../storage.ts';

export type Schema = DBSchema & { [T in TableName]: { key: IDBValidKey; value: Tables[T] } };
type Upgrade = IDBPTransaction<Schema, StoreNames<Schema>[], 'versionchange'>;

export const schemaVersion = 3;

/** What version 1 had as keys; a version's own literals, as a later one may change them. */
const keysOf1 = {
  users: ['user'],
  outboxes: ['user', 'outbox'],
  packets: ['user', 'outbox', 'seq'],
  waits: ['user', 'outbox', 'seq', 'waiterOutbox', 'waiterSeq'],
  feed: ['user', 'id'],
} as const;

/** Brings a database of any older version, or none, to the present one: a step for each version, none left out. */
export async function upgradeSchema(database: IDBPDatabase<Schema>, from: number, tx: Upgrade): Promise<void> {
  if (from < 1) {
    for (const [table, keys] of Object.entries(keysOf1)) {
      database.createObjectStore(table as keyof typeof keysOf1, { keyPath: [...keys] });
    }
  }
  if (from < 2) {
    database.createObjectStore('parked', { keyPath: ['user', 'outbox', 'seq'] });
    await countPackets(tx);
    await gatherFeed(tx);
  }
  if (from < 3) database.createObjectStore('files', { keyPath: ['user', 'upload'] });
}

/** Version 2 keeps count, where version 1 counted whenever it was asked. */
async function countPackets(tx: Upgrade): Promise<void> {
  const users = tx.objectStore('users');
  for (const row of (await users.getAll()) as UserRow[]) {
    const own = IDBKeyRange.bound([row.user], [row.user, []]);
    await users.put({ ...row, queued: await tx.objectStore('packets').count(own), parked: 0 });
  }
}

/** Version 1 had a row for each item of the feed. */
async function gatherFeed(tx: Upgrade): Promise<void> {
  const feed = tx.objectStore('feed');
  for (const row of (await feed.getAll()) as unknown as (FeedItem & Omit<FeedRow, 'items'>)[]) {
    const { user, id, at, ...item } = row;
    await feed.put({ user, id, at, items: [item as FeedItem] });
  }
}
