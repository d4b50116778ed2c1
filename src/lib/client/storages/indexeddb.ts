import { type IDBPDatabase, type IDBPObjectStore, type IDBPTransaction, openDB } from 'idb';
import { CrudpError } from '../../errors.ts';
import {
  type Durability,
  type Key,
  type KeyRange,
  type ReadTransaction,
  type Storage,
  type StorageConnection,
  type TableName,
  type Tables,
  tableNames,
  type WriteTransaction,
} from '../storage.ts';
import { type Schema, schemaVersion, upgradeSchema } from './indexeddb-schema.ts';
import { memoryStorage } from './memory.ts';
import { opfsFiles } from './opfs.ts';

type Database = IDBPDatabase<Schema>;
type Transaction = IDBPTransaction<Schema, TableName[], 'readonly' | 'readwrite'>;

export interface IndexedDbOptions {
  /**
   * Whether the browser is asked to keep the outbox until the user deletes it, once there is a packet in it. Some browsers
   * decide by themselves, others ask the user. Default true.
   */
  readonly persist?: boolean;
}

interface StorageManager {
  persist?(): Promise<boolean>;
  persisted?(): Promise<boolean>;
}

/**
 * Keeps the outbox in IndexedDB, in a database of this name. What is written is on disk (`durability: 'strict'`) before
 * anybody is told that it is saved. Where the browser has no IndexedDB or refuses it, as some do in private windows, it is
 * kept in this page's memory, and `client.status` says so.
 */
export function indexedDbStorage(name: string, { persist = true }: IndexedDbOptions = {}): Storage {
  const scope = typeof BroadcastChannel === 'function' ? `crudp:${name}` : null;
  const memory = memoryStorage();
  const large = opfsFiles(name);
  let isRefused = false;
  let lost: CrudpError | undefined;
  const noteLoss = (message: string): void => {
    lost = new CrudpError('storage_lost', `the browser has thrown away what was stored: ${message}`);
  };
  let opening: Promise<unknown> | undefined;

  /** Decided once: half an outbox in memory and half on disk would be none. */
  const decide = (connection: IndexedDbConnection): Promise<unknown> => {
    opening ??= openPatiently(connection).catch((error: unknown) => {
      const failure = storageError(error);
      if (connection.isClosed) opening = undefined;
      if (connection.isClosed || (failure instanceof CrudpError && failure.code === 'storage_newer')) throw failure;
      isRefused = true;
    });
    return opening;
  };

  const durability = async (): Promise<Durability> => {
    const probe = new IndexedDbConnection(name, null, noteLoss, () => {});
    await decide(probe);
    probe.close();
    if (isRefused) return 'memory';
    return (await storageManager().persisted?.()) ? 'persistent' : 'best_effort';
  };

  return {
    get scope() {
      return isRefused ? null : scope;
    },
    get largeFiles() {
      return isRefused ? undefined : large;
    },
    get lost() {
      return lost;
    },
    durability,
    async persist() {
      if (persist && !isRefused) await storageManager().persist?.();
      return durability();
    },
    connect(hear) {
      const disk = new IndexedDbConnection(name, scope, noteLoss, hear);
      const held = memory.connect(hear);
      const chosen = async (): Promise<StorageConnection> => {
        await decide(disk);
        return isRefused ? held : disk;
      };
      return {
        read: async (work) => (await chosen()).read(work),
        write: async (work) => (await chosen()).write(work),
        tell: (note) => (isRefused ? held : disk).tell(note),
        close() {
          disk.close();
          held.close();
        },
      };
    },
  };
}

function storageManager(): StorageManager {
  return (globalThis as { navigator?: { storage?: StorageManager } }).navigator?.storage ?? {};
}

class IndexedDbConnection implements StorageConnection {
  readonly #name: string;
  readonly #onLoss: (message: string) => void;
  readonly #channel: BroadcastChannel | undefined;
  #database: Promise<Database> | undefined;
  isClosed = false;

  /** @param scope Null: it hears nothing and tells nothing. */
  constructor(name: string, scope: string | null, onLoss: (message: string) => void, hear: (note: unknown) => void) {
    this.#name = name;
    this.#onLoss = onLoss;
    if (scope === null) return;
    this.#channel = new BroadcastChannel(scope);
    this.#channel.onmessage = ({ data }) => hear(data);
    // In Node an open channel would keep the process alive.
    (this.#channel as { unref?: () => void }).unref?.();
  }

  read<T>(work: (tx: ReadTransaction) => Promise<T>): Promise<T> {
    return this.#run('readonly', work);
  }

  write<T>(work: (tx: WriteTransaction) => Promise<T>): Promise<T> {
    return this.#run('readwrite', work);
  }

  tell(note: unknown): void {
    if (!this.isClosed) this.#channel?.postMessage(note);
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#channel?.close();
    // The browser lets transactions that have begun come to their end.
    this.#database?.then(
      (database) => database.close(),
      () => undefined,
    );
  }

  async #run<T>(mode: 'readonly' | 'readwrite', work: (tx: IndexedDbTransaction) => Promise<T>): Promise<T> {
    try {
      const tx: Transaction = (await this.open()).transaction([...tableNames], mode, { durability: 'strict' });
      const ending = endOf(tx);
      try {
        const value = await work(new IndexedDbTransaction(tx));
        commit(tx);
        await ending;
        return value;
      } catch (error) {
        abort(tx);
        await ending.catch(() => undefined);
        // An end with a cause of its own, a full disk for one, says more than the request that failed with it.
        throw tx.error ?? error;
      }
    } catch (error) {
      throw storageError(error);
    }
  }

  /** @throws A browser's own errors, as they are. */
  async open(): Promise<Database> {
    if (this.isClosed) throw new CrudpError('storage_failed', 'the storage is closed');
    if (typeof indexedDB === 'undefined') throw new CrudpError('storage_failed', 'there is no IndexedDB here');
    const forget = (): void => {
      this.#database = undefined;
    };
    this.#database ??= openDatabase(this.#name, forget, this.#onLoss).catch((error: unknown) => {
      forget();
      throw error;
    });
    return this.#database;
  }
}

/** A browser may be unable to open its files for a moment, as after a crash: that is no refusal. Five tries, in 4.25 s. */
async function openPatiently(connection: IndexedDbConnection, pauseMs = 50): Promise<unknown> {
  try {
    return await connection.open();
  } catch (error) {
    if (pauseMs > 3200 || (error as Error).name !== 'UnknownError') throw error;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    return openPatiently(connection, 4 * pauseMs);
  }
}

/** Chromium's: it begins anew where it finds its files damaged, and says so here and nowhere else. */
interface LossyUpgrade extends IDBVersionChangeEvent {
  readonly dataLoss?: string;
  readonly dataLossMessage?: string;
}

/** @param forget Called when the connection is no longer good: the next transaction opens another. */
function openDatabase(name: string, forget: () => void, onLoss: (message: string) => void): Promise<Database> {
  return openDB<Schema>(name, schemaVersion, {
    upgrade(database, from, _to, tx, event: LossyUpgrade) {
      if (event.dataLoss === 'total') onLoss(event.dataLossMessage ?? '');
      return upgradeSchema(database, from, tx);
    },
    // A newer page wants to upgrade, or the user deletes the data: who holds on blocks both.
    blocking(_current, _blocked, event) {
      forget();
      (event.target as IDBDatabase).close();
    },
    terminated: forget,
  });
}

class IndexedDbTransaction implements WriteTransaction {
  readonly #tx: Transaction;

  constructor(tx: Transaction) {
    this.#tx = tx;
  }

  async get<T extends TableName>(table: T, key: Key): Promise<Tables[T] | undefined> {
    return (await this.#tx.objectStore(table).get([...key])) as Tables[T] | undefined;
  }

  async list<T extends TableName>(table: T, range: KeyRange, limit?: number): Promise<Tables[T][]> {
    return (await this.#tx.objectStore(table).getAll(bounds(range), limit)) as Tables[T][];
  }

  put<T extends TableName>(table: T, row: Tables[T]): void {
    this.#writable(table).put(row).catch(seenAtTheEnd);
  }

  delete(table: TableName, key: Key): void {
    this.#writable(table)
      .delete([...key])
      .catch(seenAtTheEnd);
  }

  deleteAll(table: TableName, range: KeyRange): void {
    this.#writable(table).delete(bounds(range)).catch(seenAtTheEnd);
  }

  #writable<T extends TableName>(table: T): IDBPObjectStore<Schema, TableName[], T, 'readwrite'> {
    // Only `write` hands out the methods that come here.
    return this.#tx.objectStore(table) as unknown as IDBPObjectStore<Schema, TableName[], T, 'readwrite'>;
  }
}

// A request that fails ends its transaction, and that is where it is reported.
const seenAtTheEnd = (): void => undefined;

/** An array stands behind every number and string in IndexedDB's order. */
const last: IDBValidKey = [];

function bounds({ prefix, above, upTo }: KeyRange): globalThis.IDBKeyRange {
  const lower = above === undefined ? [...prefix] : [...prefix, above, last];
  const upper = upTo === undefined ? [...prefix, last] : [...prefix, upTo, last];
  return IDBKeyRange.bound(lower, upper);
}

function endOf(tx: Transaction): Promise<void> {
  const ending = new Promise<void>((resolve, reject) => {
    tx.addEventListener('complete', () => resolve());
    tx.addEventListener('abort', () => reject(tx.error ?? new DOMException('aborted', 'AbortError')));
  });
  // It may end before anybody awaits it.
  ending.catch(seenAtTheEnd);
  tx.done.catch(seenAtTheEnd);
  return ending;
}

/** Now, and not when the last request has been heard of. */
function commit(tx: Transaction): void {
  try {
    tx.commit();
  } catch {
    // It has ended, or fails: that is where it is told.
  }
}

function abort(tx: Transaction): void {
  try {
    tx.abort();
  } catch {
    // It has ended already.
  }
}

/** Errors of the caller's own work pass as they are. */
function storageError(error: unknown): unknown {
  if (!(error instanceof DOMException)) return error;
  const facts = { cause: error };
  switch (error.name) {
    case 'QuotaExceededError':
      return new CrudpError('storage_full', 'the browser refuses to store more', { ...facts, retryable: true });
    case 'VersionError':
      return new CrudpError('storage_newer', 'a newer page has changed the database: load this one again', facts);
    default:
      return new CrudpError('storage_failed', `IndexedDB: ${error.message || error.name}`, facts);
  }
}
