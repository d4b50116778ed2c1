import { CrudpError } from '../../errors.ts';
import {
  type Key,
  type KeyRange,
  keyPaths,
  type Storage,
  type StorageConnection,
  type TableName,
  type Tables,
  type WriteTransaction,
} from '../storage.ts';
import { SortedRows } from './sorted-rows.ts';

/**
 * A storage that lasts as long as the process: for tests, for Node, and for pages that are not allowed to store anything.
 *
 * Several clients may share one; they hear each other as tabs of a browser do.
 */
export function memoryStorage(): Storage {
  const tables: MemoryTables = new Map();
  const connections = new Set<MemoryConnection>();
  let last: Promise<unknown> = Promise.resolve();

  const alone: Alone = (work) => {
    const run = last.then(async () => {
      const tx = new MemoryTransaction(tables);
      const value = await work(tx);
      tx.commit();
      return value;
    });
    last = run.catch(() => undefined);
    return run;
  };

  return {
    scope: null,
    durability: async () => 'memory',
    connect: (hear) => new MemoryConnection(connections, alone, hear),
  };
}

type Alone = <T>(work: (tx: MemoryTransaction) => Promise<T>) => Promise<T>;
type MemoryTables = Map<TableName, SortedRows>;

class MemoryConnection implements StorageConnection {
  readonly #all: Set<MemoryConnection>;
  readonly #alone: Alone;
  readonly #hear: (note: unknown) => void;

  constructor(all: Set<MemoryConnection>, alone: Alone, hear: (note: unknown) => void) {
    this.#all = all.add(this);
    this.#alone = alone;
    this.#hear = hear;
  }

  async read<T>(work: (tx: MemoryTransaction) => Promise<T>): Promise<T> {
    if (!this.#all.has(this)) throw new CrudpError('storage_failed', 'the storage is closed');
    return this.#alone(work);
  }

  write<T>(work: (tx: MemoryTransaction) => Promise<T>): Promise<T> {
    return this.read(work);
  }

  tell(note: unknown): void {
    const copy: unknown = structuredClone(note);
    // Later, as from another page; and not to one that has gone by then.
    queueMicrotask(() => {
      for (const other of this.#all) if (other !== this) other.#hear(copy);
    });
  }

  close(): void {
    this.#all.delete(this);
  }
}

/** Rows are cloned on their way in and out, as IndexedDB does: what is stored is nobody's to change. */
class MemoryTransaction implements WriteTransaction {
  readonly #tables: MemoryTables;
  /** Copies of the tables that were written to, which take their places in the end. */
  readonly #changed: MemoryTables = new Map();

  constructor(tables: MemoryTables) {
    this.#tables = tables;
  }

  async get<T extends TableName>(table: T, key: Key): Promise<Tables[T] | undefined> {
    return structuredClone(this.#rows(table).get(key)) as Tables[T] | undefined;
  }

  async list<T extends TableName>(table: T, range: KeyRange, limit?: number): Promise<Tables[T][]> {
    return structuredClone(this.#rows(table).list(range, limit)) as Tables[T][];
  }

  put<T extends TableName>(table: T, row: Tables[T]): void {
    const key = (keyPaths[table] as readonly (keyof Tables[T])[]).map((name) => row[name]) as unknown as Key;
    this.#writable(table).set(key, structuredClone(row));
  }

  delete(table: TableName, key: Key): void {
    this.#writable(table).delete({ prefix: key });
  }

  deleteAll(table: TableName, range: KeyRange): void {
    this.#writable(table).delete(range);
  }

  commit(): void {
    for (const [table, rows] of this.#changed) this.#tables.set(table, rows);
  }

  #rows(table: TableName): SortedRows {
    return this.#changed.get(table) ?? this.#tables.get(table) ?? new SortedRows([]);
  }

  #writable(table: TableName): SortedRows {
    const rows = this.#changed.get(table) ?? this.#rows(table).copy();
    this.#changed.set(table, rows);
    return rows;
  }
}
