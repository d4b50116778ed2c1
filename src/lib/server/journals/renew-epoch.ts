import { existsSync } from 'node:fs';
import { CrudpError } from '../../errors.ts';
import { newEpoch, type Random, systemRandom } from './random.ts';
import { loadDriver, type SqliteDriver } from './sqlite/driver.ts';
import { openFile } from './sqlite/open.ts';

export interface RenewEpochOptions {
  /** As in `sqliteJournal`; a class will do here. */
  readonly driver?: string | URL | SqliteDriver;
  /** Default: the system's. */
  readonly random?: Random;
}

/**
 * Gives a journal that was restored from a backup a new id, before a server opens it. A backup is a copy of the file
 * while the journal is closed, or what `VACUUM INTO` makes of it while it is open.
 *
 * Without it, a client whose packets were accepted after the backup was made takes the restored journal for the one it
 * knows, once others' packets have taken their numbers. With it, every client compares places again, and sends what is missing.
 *
 * @returns The new epoch.
 * @throws {CrudpError} `journal_missing` where there is no file; and whatever opening it throws.
 */
export async function renewEpoch(path: string, options: RenewEpochOptions = {}): Promise<string> {
  if (!existsSync(path)) throw new CrudpError('journal_missing', `${path} does not exist`);
  const driver = await loadDriver(options.driver instanceof URL ? options.driver.href : options.driver);
  const epoch = newEpoch(options.random ?? systemRandom);
  const { db, close } = openFile(driver, path, { freshEpoch: epoch, check: true, busyTimeoutMs: 5000 });
  try {
    db.run('UPDATE crudp_meta SET epoch = ?', epoch);
  } finally {
    close();
  }
  return epoch;
}
