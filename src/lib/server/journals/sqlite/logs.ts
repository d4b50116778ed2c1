import { beginning, type LogEntry, type LogPosition, type LogReading } from '../../journal-log.ts';
import { type Connection, frameOf, sumOf } from './connection.ts';
import { RecentRows } from './recent-rows.ts';
import { unreferenced } from './results.ts';

/** More are read in several calls, however small they are. */
const maxEntries = 1024;

interface LogRow {
  readonly id: number;
  readonly end_offset: number;
  readonly end_mark: string;
  readonly start_offset: number;
  readonly start_mark: string;
}

interface EntryRow {
  readonly offset: number;
  readonly mark: string;
  readonly outbox: string;
  readonly chunk: number | null;
  readonly frame: Uint8Array | ArrayBuffer;
  readonly sum: number | null;
}

/** What a new entry holds: a chunk of results, or a push. */
export type EntryContent =
  | { readonly outbox: string; readonly chunk: number; readonly bytes: number }
  | { readonly frame: Uint8Array };

/** The ends of logs: each completion appends to its user's log. */
export class LogEnds {
  readonly db: Connection;
  readonly #known = new RecentRows<string, { readonly id: number; readonly end: number }>();

  constructor(db: Connection) {
    this.db = db;
  }

  append(log: string, content: EntryContent, mark: string, at: number): void {
    const bytes = 'chunk' in content ? content.bytes : content.frame.length;
    const { id, end } = this.#advance(log, mark, bytes);
    const insert = `INSERT INTO crudp_entry (log, "offset", mark, at, outbox, chunk, bytes, frame, sum)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`;
    if ('chunk' in content) {
      this.db.run(insert, id, end, mark, at, content.outbox, content.chunk, bytes, null, null);
    } else {
      this.db.run(insert, id, end, mark, at, '', null, bytes, content.frame, sumOf(content.frame));
    }
  }

  /** What was written has been undone. */
  undone(): void {
    this.#known.clear();
  }

  #advance(log: string, mark: string, bytes: number): { readonly id: number; readonly end: number } {
    const last = this.#known.get(log) ?? this.#find(log);
    const next = last ? { id: last.id, end: last.end + 1 } : { id: this.#add(log, mark, bytes), end: 1 };
    if (last) {
      const update = 'UPDATE crudp_log SET end_offset = ?, end_mark = ?, bytes = bytes + ? WHERE id = ?';
      this.db.run(update, next.end, mark, bytes, next.id);
    }
    this.#known.set(log, next);
    return next;
  }

  #find(log: string): { readonly id: number; readonly end: number } | undefined {
    const row = findLog(this.db, log);
    return row && { id: row.id, end: row.end_offset };
  }

  #add(log: string, mark: string, bytes: number): number {
    const added = this.db.get<{ id: number }>(
      `INSERT INTO crudp_log (name, end_offset, end_mark, start_offset, start_mark, bytes)
       VALUES (?, 1, ?, 0, '', ?) RETURNING id`,
      log,
      mark,
      bytes,
    ) as { id: number };
    return added.id;
  }
}

export function endOf(db: Connection, log: string): LogPosition {
  const row = findLog(db, log);
  return row ? { offset: row.end_offset, mark: row.end_mark } : beginning;
}

export function readLog(db: Connection, log: string, position: LogPosition, maxBytes: number): LogReading {
  const row = findLog(db, log);
  if (!row) return { entries: [], recovered: position.offset === 0 && position.mark === '', more: false };
  const recovered = markAt(db, row, position.offset) === position.mark;
  const after = recovered ? position.offset : row.start_offset;
  const end = endWithin(db, row.id, after, maxBytes);
  const rows = db.all<EntryRow>(
    `SELECT entry."offset" AS "offset", entry.mark, entry.outbox, entry.chunk, coalesce(entry.frame, chunk.frame) AS frame,
       coalesce(entry.sum, chunk.sum) AS sum
     FROM crudp_entry AS entry LEFT JOIN crudp_chunk AS chunk ON chunk.id = entry.chunk
     WHERE entry.log = ? AND entry."offset" > ? AND entry."offset" <= ? ORDER BY entry."offset"`,
    row.id,
    after,
    end,
  );
  const entries = rows.map(({ offset, mark, outbox, chunk, frame, sum }): LogEntry => {
    return { log, offset, mark, kind: chunk === null ? 'push' : 'results', outbox, frame: frameOf(frame, sum) };
  });
  return { entries, recovered, more: end < row.end_offset };
}

/** Drops a slice of the entries older than `before`. @returns Whether there may be more. */
export function trimLogs(db: Connection, before: number, count: number): boolean {
  const old = db.all<{ log: number; end: number; entries: number }>(
    `SELECT log, max("offset") AS "end", count(*) AS entries FROM
       (SELECT log, "offset" FROM crudp_entry WHERE at < ? ORDER BY at, log, "offset" LIMIT ?)
     GROUP BY log`,
    before,
    count,
  );
  // A clock that jumped leaves younger entries among them: they go too, since a log has no holes.
  for (const { log, end } of old) dropEntries(db, log, end);
  return old.reduce((sum, { entries }) => sum + entries, 0) === count;
}

/** Drops a slice of the oldest entries of a log that holds more than `maxBytes`. @returns Whether there may be more. */
export function trimLogSizes(db: Connection, maxBytes: number, count: number): boolean {
  const log = db.get<{ id: number; bytes: number }>(
    'SELECT id, bytes FROM crudp_log WHERE bytes > ? LIMIT 1',
    maxBytes,
  );
  if (!log) return false;
  const query = 'SELECT "offset", bytes FROM crudp_entry WHERE log = ? ORDER BY "offset" LIMIT ?';
  let { bytes: left } = log;
  let end = 0;
  for (const { offset, bytes } of db.all<{ offset: number; bytes: number }>(query, log.id, count)) {
    if (left <= maxBytes) break;
    left -= bytes;
    end = offset;
  }
  dropEntries(db, log.id, end);
  return true;
}

/** Drops a log's entries up to one that is there. */
function dropEntries(db: Connection, log: number, end: number): void {
  const range = 'FROM crudp_entry WHERE log = ? AND "offset" <= ?';
  db.run(
    `UPDATE crudp_log SET bytes = bytes - (SELECT sum(bytes) ${range}),
       (start_offset, start_mark) = (SELECT "offset", mark ${range} ORDER BY "offset" DESC LIMIT 1)
     WHERE id = ?`,
    log,
    end,
    log,
    end,
    log,
  );
  const chunks = `SELECT chunk ${range} AND chunk IS NOT NULL`;
  db.run(`UPDATE crudp_chunk SET logged = 0 WHERE id IN (${chunks})`, log, end);
  db.run(`DELETE FROM crudp_chunk WHERE id IN (${chunks}) AND ${unreferenced}`, log, end);
  db.run(`DELETE ${range}`, log, end);
}

function findLog(db: Connection, name: string): LogRow | undefined {
  return db.get<LogRow>(
    'SELECT id, end_offset, end_mark, start_offset, start_mark FROM crudp_log WHERE name = ?',
    name,
  );
}

/** The mark of the last trimmed entry counts: who has read up to it has missed nothing. */
function markAt(db: Connection, log: LogRow, offset: number): string | undefined {
  if (offset === log.start_offset) return log.start_mark;
  return db.get<{ mark: string }>('SELECT mark FROM crudp_entry WHERE log = ? AND "offset" = ?', log.id, offset)?.mark;
}

/** The last of the entries after `after` that stay within `maxBytes`; the first one in any case. */
function endWithin(db: Connection, log: number, after: number, maxBytes: number): number {
  const sizes = db.all<{ offset: number; bytes: number }>(
    'SELECT "offset", bytes FROM crudp_entry WHERE log = ? AND "offset" > ? ORDER BY "offset" LIMIT ?',
    log,
    after,
    maxEntries,
  );
  let [end, sum] = [after, 0];
  for (const { offset, bytes } of sizes) {
    sum += bytes;
    if (end > after && sum > maxBytes) break;
    end = offset;
  }
  return end;
}
