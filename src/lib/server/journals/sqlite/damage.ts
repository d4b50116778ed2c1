import { CrudpError } from '../../../errors.ts';
import { type Connection, frameOf } from './connection.ts';

const tablesWithFrames = ['crudp_batch', 'crudp_chunk', 'crudp_entry', 'crudp_failed'] as const;
const otherTables = ['crudp_meta', 'crudp_outbox', 'crudp_result', 'crudp_log'] as const;
/** Frames in memory at once, of up to 8 MiB each. */
const pageRows = 8;

/**
 * What chunks say twice, each as a query that finds a row where they do not agree: which results they hold and where they
 * stand in a log (schema.ts). Rows of before chunks said so are not judged. A chunk of one result is compared as text, which
 * takes half of what taking its JSON apart does.
 */
const disagreements = [
  `SELECT 1 FROM crudp_chunk WHERE results IS NOT NULL AND (NOT json_valid(results)
     OR first IS NOT results ->> '$[0][0]' OR last IS NOT results ->> '$[#-1][1]') LIMIT 1`,
  `SELECT 1 FROM crudp_result AS result LEFT JOIN crudp_chunk AS chunk ON chunk.id = result.chunk
   WHERE chunk.id IS NULL OR chunk.results IS NOT NULL AND (chunk.outbox IS NOT result.outbox
     OR iif(chunk.first = chunk.last, chunk.results IS NOT format('[[%d,%d,%d]]', seq, seq, status), NOT EXISTS
       (SELECT 1 FROM json_each(chunk.results) AS span WHERE status = span.value ->> 2
        AND seq BETWEEN span.value ->> 0 AND span.value ->> 1))) LIMIT 1`,
  `SELECT 1 FROM crudp_entry AS entry LEFT JOIN crudp_chunk AS chunk ON chunk.id = entry.chunk
   WHERE entry.chunk IS NOT NULL AND (chunk.id IS NULL OR chunk.log IS NOT NULL
     AND (entry.log, entry."offset", entry.mark) IS NOT (chunk.log, chunk."offset", chunk.mark)) LIMIT 1`,
];

/**
 * Compares rows with their indices and with each other, and frames with their sums. Of the journal only: `quick_check` has
 * to do for what else is in the file, which may be large.
 *
 * @throws {CrudpError} `journal_corrupt`.
 */
export function checkTables(db: Connection): void {
  for (const table of [...tablesWithFrames, ...otherTables]) {
    const finding = db.pragma(`integrity_check(${table})`);
    if (finding !== 'ok') throw new CrudpError('journal_corrupt', String(finding));
  }
  for (const query of disagreements) {
    if (db.get(query)) throw new CrudpError('journal_corrupt', 'a chunk of results is not where its row says');
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
