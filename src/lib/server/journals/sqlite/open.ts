import { existsSync, mkdirSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { CrudpError } from '../../../errors.ts';
import { Connection } from './connection.ts';
import { checkTables } from './damage.ts';
import type { SqliteDriver } from './driver.ts';
import { damageOf, isBusy, storageFailure } from './failure.ts';
import { checkLog } from './log-damage.ts';
import { prepareSchema } from './schema.ts';

export interface OpenOptions {
  /** The journal's id if it is made now. */
  readonly freshEpoch: string;
  /** Whether to look for damage before anything is written. */
  readonly check: boolean;
  /** How long to wait for the application's own connection. */
  readonly busyTimeoutMs: number;
}

export interface OpenFile {
  readonly db: Connection;
  readonly epoch: string;
  /** How often the journal has been opened, this time included. */
  readonly opens: number;
  close(): void;
}

/**
 * Opens a journal's file for this process alone.
 *
 * @throws {CrudpError} `journal_in_use`, `journal_foreign`, `journal_newer`, `journal_corrupt`, `storage_failed`.
 */
export function openFile(driver: SqliteDriver, path: string, options: OpenOptions): OpenFile {
  const file = canonical(path);
  const lock = takeLock(driver, file);
  let db: Connection | undefined;
  try {
    if (options.check) checkLog(`${file}-wal`);
    const opened = new Connection(driver, file);
    db = opened;
    const { epoch, opens } = prepare(opened, options);
    return {
      db: opened,
      epoch,
      opens,
      close() {
        emptyLog(opened);
        opened.close();
        unlock(lock);
      },
    };
  } catch (error) {
    db?.close();
    unlock(lock);
    throw openFailure(error);
  }
}

function prepare(db: Connection, { freshEpoch, check, busyTimeoutMs }: OpenOptions): { epoch: string; opens: number } {
  db.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`);
  if (check) {
    const finding = db.pragma('quick_check(1)');
    if (finding !== 'ok') throw new CrudpError('journal_corrupt', String(finding));
  }
  const { epoch, opens } = prepareSchema(db, freshEpoch);
  if (check) checkTables(db);
  const mode = db.pragma('journal_mode = WAL');
  if (mode !== 'wal') throw new CrudpError('storage_failed', `this file system allows no WAL (journal_mode ${mode})`);
  // FULL: a commit is on disk when it returns. NORMAL loses the last commits in a power cut.
  db.exec('PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY');
  // 16 MiB, not 4: each checkpoint costs two fsyncs and writes each page once, however often it was written since.
  db.exec('PRAGMA wal_autocheckpoint = 4000');
  // A WAL that a long reader made huge is cut back once it can be.
  db.exec(`PRAGMA journal_size_limit = ${64 << 20}`);
  return { epoch, opens };
}

/** So that what is copied after a clean end is the whole journal, with any driver: libsql would leave the log. */
function emptyLog(db: Connection): void {
  try {
    db.exec('PRAGMA busy_timeout = 0; PRAGMA wal_checkpoint(TRUNCATE)');
  } catch {
    // A full disk, or a reader: nothing is lost, the log stays and is read when the journal is opened.
  }
}

/** One name for the file, however it is written: the lock lies beside it. */
function canonical(path: string): string {
  const full = resolve(path);
  try {
    mkdirSync(dirname(full), { recursive: true });
    return existsSync(full) ? realpathSync(full) : join(realpathSync(dirname(full)), basename(full));
  } catch (error) {
    throw openFailure(error);
  }
}

/**
 * Holds a lock beside the database for as long as the journal is open. A lock on the database itself would shut out the
 * application's own connection. It is the operating system's, so it goes with its process, however that ends; the empty
 * file stays, since deleting it could pull it from under the next process.
 */
function takeLock(driver: SqliteDriver, file: string): Connection {
  let lock: Connection | undefined;
  try {
    lock = new Connection(driver, `${file}-lock`);
    lock.exec('PRAGMA busy_timeout = 0; PRAGMA journal_mode = MEMORY');
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock?.close();
    if (isBusy(error)) throw new CrudpError('journal_in_use', `another process has ${file} open`, { cause: error });
    throw openFailure(error);
  }
}

function unlock(lock: Connection): void {
  lock.rollback();
  lock.close();
}

function openFailure(error: unknown): CrudpError {
  if (error instanceof CrudpError) return error;
  const damage = damageOf(error);
  if (damage === 'foreign') return new CrudpError('journal_foreign', 'the file is no database', { cause: error });
  if (damage === 'corrupt') return new CrudpError('journal_corrupt', 'the file is damaged', { cause: error });
  const why = error instanceof Error ? error.message : String(error);
  const failed = () => new CrudpError('storage_failed', `the file can't be opened: ${why}`, { cause: error });
  return storageFailure(error) ?? failed();
}
