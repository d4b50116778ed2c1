import { CrudpError } from '../../../errors.ts';
import { type Connection, frameOf } from './connection.ts';

const tablesWithFrames = ['crudp_batch', 'crudp_chunk', 'crudp_entry', 'crudp_failed'] as const;
const otherTables = ['crudp_meta', 'crudp_outbox', 'crudp_result', 'crudp_log'] as const;
/** Frames in memory at once, of up to 8 MiB each. */
const pageRows = 8;

/**
 * Compares rows with their indices and frames with their sums. Of the journal only: `quick_check` has to do for what else is
 * in the file, which may be large.
 *
 * @throws {CrudpError} `journal_corrupt`.
 */
export function checkTables(db: Connection): void {
  for (const table of [...tablesWithFrames, ...otherTables]) {
    const finding = db.pragma(`integrity_check(${table})`);
    if (finding !== 'ok') throw new CrudpError('journal_corrupt', String(finding));
  }
  checkFrames(db);
}

/**
 * Compares all frames with their sums. SQLite's own check sees the structure of its pages, not the bytes in them.
 *
 * @throws {CrudpError} `journal_corrupt`.
 */
function checkFrames(db: Connection): void {
  for (const table of tablesWithFrames) {
    const query = `SELECT rowid AS id, frame, sum FROM ${table}
      WHERE rowid > ? AND frame IS NOT NULL AND sum IS NOT NULL ORDER BY rowid LIMIT ?`;
    for (let after = Number.MIN_SAFE_INTEGER; ; ) {
      const rows = db.all<{ id: number; frame: Uint8Array | ArrayBuffer; sum: number }>(query, after, pageRows);
      for (const { frame, sum } of rows) frameOf(frame, sum);
      const last = rows.at(-1);
      if (!last) break;
      after = last.id;
    }
  }
}
