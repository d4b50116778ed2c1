import { CrudpError } from '../../../errors.ts';
import { xxh32 } from '../../../xxh32.ts';
import { builtinDriver, type SqliteDatabase, type SqliteDriver, type SqliteStatement } from './driver.ts';

/** What the journal binds: booleans, say, make libsql abort the process. */
export type SqliteValue = null | number | bigint | string | Uint8Array;

/** Statements of ours are some forty; the rest is for effects. */
const cachedStatements = 256;

/** One open database, with the drivers' differences behind it. Errors are the driver's own: see failure.ts. */
export class Connection {
  readonly #db: SqliteDatabase;
  readonly #spread: boolean;
  readonly #statements = new Map<string, SqliteStatement>();

  constructor(driver: SqliteDriver, path: string) {
    this.#db = new driver(path);
    // node:sqlite takes an array for named parameters; libsql takes a single blob or null for them, unless in an array.
    this.#spread = driver === builtinDriver();
  }

  exec(sql: string): void {
    this.#db.exec(sql);
  }

  run(sql: string, ...params: SqliteValue[]): void {
    this.#prepare(sql).run(...this.#bound(params));
  }

  get<Row>(sql: string, ...params: SqliteValue[]): Row | undefined {
    return (this.#prepare(sql).get(...this.#bound(params)) ?? undefined) as Row | undefined;
  }

  all<Row>(sql: string, ...params: SqliteValue[]): Row[] {
    return this.#prepare(sql).all(...this.#bound(params)) as Row[];
  }

  /** Reads or sets a pragma that answers with one value. */
  pragma(sql: string): unknown {
    const row = this.#db.prepare(`PRAGMA ${sql}`).get(...this.#bound([])) as Record<string, unknown> | undefined;
    return row && Object.values(row)[0];
  }

  /** Ends a transaction that failed, if SQLite has not done so itself: a full disk, say, undoes it all at once. */
  rollback(): void {
    try {
      this.#db.exec('ROLLBACK');
    } catch {
      // There is none any more. A rollback writes nothing, so nothing else can go wrong that the next statement hides.
    }
  }

  close(): void {
    this.#statements.clear();
    this.#db.close();
  }

  #prepare(sql: string): SqliteStatement {
    const known = this.#statements.get(sql);
    if (known) return known;
    if (this.#statements.size === cachedStatements) this.#statements.clear();
    const statement = this.#db.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #bound(params: SqliteValue[]): unknown[] {
    return this.#spread ? params : [params];
  }
}

/** What a frame's row says of its bytes. */
export function sumOf(frame: Uint8Array): number {
  return xxh32(new DataView(frame.buffer, frame.byteOffset, frame.byteLength), 0, frame.length, 0);
}

/**
 * A frame as read, in memory of its own.
 *
 * @param sum Its row's; null in rows that have none.
 * @throws {CrudpError} `journal_corrupt`: these are not the bytes that were written.
 */
export function frameOf(blob: Uint8Array | ArrayBuffer, sum: number | null): Uint8Array<ArrayBuffer> {
  const frame = bytesOf(blob);
  if (sum !== null && sumOf(frame) !== sum) {
    throw new CrudpError('journal_corrupt', 'a frame is not as it was written: the disk has damaged it');
  }
  return frame;
}

/** A blob as read, in memory of its own: libsql gives a Buffer for one row, an ArrayBuffer for many. */
function bytesOf(blob: Uint8Array | ArrayBuffer): Uint8Array<ArrayBuffer> {
  return new Uint8Array(blob instanceof ArrayBuffer ? new Uint8Array(blob) : blob);
}
