import { CrudpError } from '../../errors.ts';
import {
  type Key,
  type KeyRange,
  keyPaths,
  type Storage,
  type StorageConnection,
  type TableName,
  type Tables,
  tableNames,
  type WriteTransaction,
} from '../storage.ts';
import { SortedRows } from './sorted-rows.ts';

/**
 * A storage that lasts as long as the process: for tests, for Node, and for pages that are not allowed to store anything.
 *
 * Several clients may share one; they hear each other as tabs of a browser do.
 */
export function memoryStorage(): Storage {
  const tables = new Map(tableNames.map((name) => [name, new SortedRows()]));
  const connections = new Set<MemoryConnection>();
  let last: Promise<unknown> = Promise.resolve();

  const alone: Alone = (work) => {
    const run = last.then(async () => {
      const tx = new MemoryTransaction(tables);
      try {
        return await work(tx);
      } catch (error) {
        tx.undo();
        throw error;
      }
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
  readonly #tables: ReadonlyMap<TableName, SortedRows>;
  readonly #undoing: (() => void)[] = [];

  constructor(tables: ReadonlyMap<TableName, SortedRows>) {
    this.#tables = tables;
  }

  async get<T extends TableName>(table: T, key: Key): Promise<Tables[T] | undefined> {
    return structuredClone(this.#rows(table).get(key)) as Tables[T] | undefined;
  }

  async list<T extends TableName>(table: T, range: KeyRange, limit?: number): Promise<Tables[T][]> {
    return structuredClone(this.#rows(table).list(range, limit)) as Tables[T][];
  }

  async count(table: TableName, range: KeyRange): Promise<number> {
    return this.#rows(table).count(range);
  }

  put<T extends TableName>(table: T, row: Tables[T]): void {
    const key = (keyPaths[table] as readonly (keyof Tables[T])[]).map((name) => row[name]) as unknown as Key;
    const rows = this.#rows(table);
    const before = rows.set(key, structuredClone(row));
    this.#undoing.push(() => (before === undefined ? rows.delete(key) : rows.set(key, before)));
  }

  delete(table: TableName, key: Key): void {
    const rows = this.#rows(table);
    const before = rows.delete(key);
    if (before !== undefined) this.#undoing.push(() => rows.set(key, before));
  }

  deleteAll(table: TableName, range: KeyRange): void {
    const rows = this.#rows(table);
    const before = rows.deleteAll(range);
    this.#undoing.push(() => rows.insertAll(before));
  }

  undo(): void {
    for (const undo of this.#undoing.reverse()) undo();
  }

  #rows(table: TableName): SortedRows {
    return this.#tables.get(table) as SortedRows;
  }
}
