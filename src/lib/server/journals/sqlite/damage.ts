import { type Connection, frameOf } from './connection.ts';

/** Tables with frames. */
const tables = ['crudp_batch', 'crudp_chunk', 'crudp_entry', 'crudp_failed'] as const;
/** Frames in memory at once, of up to 8 MiB each. */
const pageRows = 8;

/**
 * Compares all frames with their sums. SQLite's own check sees the structure of its pages, not the bytes in them.
 *
 * @throws {CrudpError} `journal_corrupt`.
 */
export function checkFrames(db: Connection): void {
  for (const table of tables) {
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
