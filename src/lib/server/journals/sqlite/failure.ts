import { CrudpError } from '../../../errors.ts';

// Primary result codes, https://sqlite.org/rescode.html
const BUSY = 5;
const LOCKED = 6;
const CORRUPT = 11;
const FULL = 13;
const CONSTRAINT = 19;
const NOTADB = 26;
// Extended ones. The shared-memory file could not grow, which is what a full disk looks like there.
const IOERR_SHMSIZE = 4874;
/** A virtual table of the application's, a full-text index say. */
const CORRUPT_VTAB = 267;

const codes: Readonly<Record<string, number>> = {
  SQLITE_BUSY: BUSY,
  SQLITE_LOCKED: LOCKED,
  SQLITE_READONLY: 8,
  SQLITE_IOERR: 10,
  SQLITE_CORRUPT: CORRUPT,
  SQLITE_FULL: FULL,
  SQLITE_CANTOPEN: 14,
  SQLITE_CONSTRAINT: CONSTRAINT,
  SQLITE_NOTADB: NOTADB,
  SQLITE_IOERR_SHMSIZE: IOERR_SHMSIZE,
  SQLITE_CORRUPT_VTAB: CORRUPT_VTAB,
};

/** After these nothing that was written lately can be trusted to be there. */
const fatal = new Set([8, 10, CORRUPT, 14, NOTADB]);

/** A driver's extended result code: node:sqlite's `errcode`, libsql's `rawCode`, better-sqlite3's name. */
function resultCode(error: unknown): number {
  const { errcode, rawCode, code } = error as { errcode?: unknown; rawCode?: unknown; code?: unknown };
  if (typeof errcode === 'number') return errcode;
  if (typeof rawCode === 'number') return rawCode;
  const name = String(code);
  return codes[name] ?? codes[/^SQLITE_[A-Z]+/.exec(name)?.[0] ?? ''] ?? 0;
}

/** Whether the database is held by another connection. */
export function isBusy(error: unknown): boolean {
  const primary = resultCode(error) & 0xff;
  return primary === BUSY || primary === LOCKED;
}

/** Whether a rule of a table's forbids what was asked. */
export function isConstraint(error: unknown): boolean {
  return (resultCode(error) & 0xff) === CONSTRAINT;
}

/** Whether a file is no database, or was one. */
export function damageOf(error: unknown): 'foreign' | 'corrupt' | undefined {
  const primary = resultCode(error) & 0xff;
  return primary === NOTADB ? 'foreign' : primary === CORRUPT ? 'corrupt' : undefined;
}

/** The storage's failure that a driver's error reports; undefined where the storage is not to blame. */
export function storageFailure(error: unknown): CrudpError | undefined {
  const code = resultCode(error);
  if ((code & 0xff) === FULL || code === IOERR_SHMSIZE) {
    return new CrudpError('storage_full', 'the disk is full', { cause: error, retryable: true });
  }
  if (isBusy(error)) {
    const message = 'another connection held the database for too long';
    return new CrudpError('storage_busy', message, { cause: error, retryable: true });
  }
  if (!fatal.has(code & 0xff) || code === CORRUPT_VTAB) return undefined;
  const message = `the journal accepts nothing any more: ${(error as Error).message}`;
  return new CrudpError('storage_failed', message, { cause: error });
}
