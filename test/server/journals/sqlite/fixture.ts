import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Libsql from 'libsql';
import { onTestFinished } from 'vitest';
import type { Journal } from '../../../../src/lib/server/journal.ts';
import {
  builtinDriver,
  type SqliteDatabase,
  type SqliteDriver,
  type SqliteStatement,
} from '../../../../src/lib/server/journals/sqlite/driver.ts';
import type { SqliteJournalOptions } from '../../../../src/lib/server/journals/sqlite/options.ts';
import { sqliteJournal } from '../../../../src/lib/server/journals/sqlite.ts';

/** The drivers there are to test with. */
export const drivers: [name: string, driver: SqliteDriver][] = [['libsql', Libsql]];
const builtin = builtinDriver();
if (builtin) drivers.push(['node:sqlite', builtin]);

/** A file in a folder that goes with the test. */
export function newFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'crudp-sqlite-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'app.db');
}

/** Options of which some may be undefined: an undefined driver is none. */
type Loose<Options> = { [Name in keyof Options]: Options[Name] | undefined };

/** An open journal, in this thread unless options say otherwise; closed with the test. */
export async function openJournal(path: string, options: Loose<SqliteJournalOptions> = {}): Promise<Journal> {
  const { driver, ...rest } = { driver: Libsql, thread: false, ...options };
  const journal = sqliteJournal(path, { ...(driver ? { driver } : {}), ...rest } as SqliteJournalOptions);
  await journal.open();
  onTestFinished(() => journal.close());
  return journal;
}

/** The application's own connection to the file, by the journal's library. */
export function application(path: string, driver: SqliteDriver = Libsql): SqliteDatabase {
  const db = new driver(path);
  onTestFinished(() => {
    db.close();
  });
  return db;
}

export class SqliteFault extends Error {
  readonly code: string;
  readonly rawCode: number;

  constructor(code: string, rawCode: number) {
    super(`injected ${code}`);
    this.code = code;
    this.rawCode = rawCode;
  }
}

/** libsql, with every statement shown to `watch` before it runs, which may throw. */
export function watchedDriver(watch: (sql: string, path: string) => void): SqliteDriver {
  return class implements SqliteDatabase {
    readonly #path: string;
    readonly #db: Libsql.Database;

    constructor(path: string) {
      this.#path = path;
      this.#db = new Libsql(path);
    }

    exec(sql: string): void {
      watch(sql, this.#path);
      this.#db.exec(sql);
    }

    prepare(sql: string): SqliteStatement {
      const statement = this.#db.prepare(sql);
      const watched =
        <Result>(method: (...params: unknown[]) => Result) =>
        (...params: unknown[]) => {
          watch(sql, this.#path);
          return method.apply(statement, params);
        };
      return { run: watched(statement.run), get: watched(statement.get), all: watched(statement.all) };
    }

    close(): void {
      this.#db.close();
    }
  };
}
