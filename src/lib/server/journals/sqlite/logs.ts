import { beginning, type LogAppend, type LogPosition } from '../../journal-log.ts';
import { type Chunks, unreferenced } from './chunks.ts';
import { type Connection, sumOf } from './connection.ts';
import { RecentRows } from './recent-rows.ts';
import type { EntryPlace } from './unfiled.ts';

export interface LogRow {
  readonly id: number;
  readonly end_offset: number;
  readonly end_mark: string;
  readonly start_offset: number;
  readonly start_mark: string;
}

/** The logs' ends, and what is appended behind them. */
export class Logs {
  readonly #db: Connection;
  readonly #chunks: Chunks;
  /** By name. */
  readonly #ends = new RecentRows<string, EntryPlace>();

  constructor(db: Connection, chunks: Chunks) {
    this.#db = db;
    this.#chunks = chunks;
  }

  /** Appends a push. */
  append({ log, frame }: LogAppend, mark: string, at: number): void {
    const { log: id, offset } = this.next(log, mark);
    const update = 'UPDATE crudp_log SET end_offset = ?, end_mark = ?, bytes = bytes + ? WHERE id = ?';
    this.#db.run(update, offset, mark, frame.length, id);
    this.#db.run(
      `INSERT INTO crudp_entry (log, "offset", mark, at, outbox, chunk, bytes, frame, sum)
       VALUES (?, ?, ?, ?, '', NULL, ?, ?, ?)`,
      id,
      offset,
      mark,
      at,
      frame.length,
      frame,
      sumOf(frame),
    );
  }

  /** Takes the next place in a log for a chunk that is added in the same transaction. */
  next(log: string, mark: string): EntryPlace {
    const last = this.#end(log);
    const next = { log: last?.log ?? this.#add(log), offset: (last?.offset ?? 0) + 1, mark };
    this.#ends.set(log, next);
    return next;
  }

  /** The last entry of a log. */
  end(log: string): LogPosition {
    const { offset, mark } = this.#end(log) ?? beginning;
    return { offset, mark };
  }

  /** What was written has been undone. */
  undone(): void {
    this.#ends.clear();
  }

  #end(log: string): EntryPlace | undefined {
    const known = this.#ends.get(log);
    if (known) return known;
    const row = findLog(this.#db, log);
    if (!row) return undefined;
    const unfiled = this.#chunks.ofLog(row.id).at(-1)?.entry;
    const isNewer = unfiled !== undefined && unfiled.offset > row.end_offset;
    const end = isNewer ? unfiled : { log: row.id, offset: row.end_offset, mark: row.end_mark };
    this.#ends.set(log, end);
    return end;
  }

  #add(log: string): number {
    const added = this.#db.get<{ id: number }>(
      `INSERT INTO crudp_log (name, end_offset, end_mark, start_offset, start_mark, bytes)
       VALUES (?, 0, '', 0, '', 0) RETURNING id`,
      log,
    ) as { id: number };
    return added.id;
  }
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

export function findLog(db: Connection, name: string): LogRow | undefined {
  return db.get<LogRow>(
    'SELECT id, end_offset, end_mark, start_offset, start_mark FROM crudp_log WHERE name = ?',
    name,
  );
}
