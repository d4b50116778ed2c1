import { extname } from 'node:path';
import type { Clock } from '../../../clock.ts';
import type { Random } from '../random.ts';
import type { SqliteDriver } from './driver.ts';
import type { EngineOptions } from './engine.ts';

/** How a SQLite journal is opened. */
export interface SqliteJournalOptions {
  /**
   * The SQLite library. Default: `node:sqlite`, where this Node has it (from 22.13 on).
   *
   * Else a module with a better-sqlite3-compatible class as its default export: `'libsql'`, `'better-sqlite3'`, or
   * a file's URL. A name, since the library is loaded by the journal's thread, to which no class can be sent; it is looked
   * up from the folder the process was started in. With `thread: false` the class itself will do.
   */
  readonly driver?: string | URL | SqliteDriver;
  /** False: run in the calling thread, which then waits for each commit's fsync. Default true. */
  readonly thread?: boolean;
  /**
   * The thread's module, for a server that is bundled into one file: build `crudp/sqlite-worker` as a second one and pass
   * its URL. Default: the file in this package.
   */
  readonly worker?: URL;
  /** Look for damage before the journal is used; takes time in proportion to the file. Default true. */
  readonly check?: boolean;
  /** How long to wait while the application's own connection writes, ms. Default 5000. */
  readonly busyTimeoutMs?: number;
  /** Frames handed out with one claim, unless a single batch is larger. Default 1 MiB. */
  readonly maxClaimBytes?: number;
  /** Dates results and log entries. Default: the system's. */
  readonly clock?: Clock;
  /** Default: the system's. */
  readonly random?: Random;
}

/** @throws {TypeError} for options that can't be. */
export function engineOptions(path: string, options: SqliteJournalOptions, freshEpoch: string): EngineOptions {
  const { driver, thread = true, check = true, busyTimeoutMs = 5000, maxClaimBytes = 1 << 20 } = options;
  if (path === '' || path.startsWith(':') || path.startsWith('file:')) {
    throw new TypeError('a journal is a file, given by its path; memoryJournal() is the one without');
  }
  if (typeof driver === 'function' && thread) {
    throw new TypeError("a class can't be sent to the journal's thread: pass the module's name, or thread: false");
  }
  if (!Number.isSafeInteger(busyTimeoutMs) || busyTimeoutMs < 0) throw new TypeError('busyTimeoutMs is a number of ms');
  const common = { path, freshEpoch, check, busyTimeoutMs, maxClaimBytes };
  if (driver === undefined) return common;
  return { ...common, driver: driver instanceof URL ? driver.href : driver };
}

/** Beside this file; its ending is the same, since sources and what is compiled from them both run. */
export function workerUrl(): URL {
  return new URL(`./sqlite-worker${extname(new URL(import.meta.url).pathname)}`, import.meta.url);
}
