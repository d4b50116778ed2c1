import { CrudpError } from '../../../errors.ts';
import { beginning, type LogAppend, type LogEntry, type LogPosition, type LogReading } from '../../journal-log.ts';
import type { Chunks, EntryPlace } from './chunks.ts';
import { type Connection, frameOf, sumOf } from './connection.ts';
import { RecentRows } from './recent-rows.ts';
import { unreferenced } from './results.ts';
import type { Tables } from './tables.ts';

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

/** An entry as it is found, but for its frame. */
type FoundEntry = Omit<EntryRow, 'frame' | 'sum'> & { readonly bytes: number };

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

export function readLog(tables: Tables, log: string, position: LogPosition, maxBytes: number): LogReading {
  const row = findLog(tables.db, log);
  if (!row) return { entries: [], recovered: position.offset === 0 && position.mark === '', more: false };
  const recovered = markAt(tables, row, position.offset) === position.mark;
  const after = recovered ? position.offset : row.start_offset;
  const found = within(entriesAfter(tables, row.id, after), maxBytes);
  const end = found.at(-1)?.offset ?? after;
  const frames = framesOf(tables, row.id, found);
  const entries = found.map(({ offset, mark, outbox, chunk }): LogEntry => {
    const frame = frames.get(offset);
    if (!frame) throw new CrudpError('journal_corrupt', `entry ${offset} of ${log} has no frame`);
    return { log, offset, mark, kind: chunk === null ? 'push' : 'results', outbox, frame };
  });
  return { entries, recovered, more: end < tables.logs.end(log).offset };
}

/** The first entries after `after`, in order: those that have a row, and those of chunks that are not filed. */
function entriesAfter({ db, chunks }: Tables, log: number, after: number): FoundEntry[] {
  const filed = db.all<FoundEntry>(
    `SELECT "offset", mark, outbox, chunk, bytes FROM crudp_entry WHERE log = ? AND "offset" > ?
     ORDER BY "offset" LIMIT ?`,
    log,
    after,
    maxEntries,
  );
  const unfiled = chunks.ofLog(log).map(({ id, outbox, bytes, entry: { offset, mark } }): FoundEntry => {
    return { offset, mark, outbox, chunk: id, bytes };
  });
  const newer = unfiled.filter(({ offset }) => offset > after);
  // Pushes have their rows at once, so both kinds may stand in turns.
  return newer.length === 0 ? filed : [...filed, ...newer].sort((a, b) => a.offset - b.offset).slice(0, maxEntries);
}

/** As many entries as stay within `maxBytes`; the first one in any case. */
function within(entries: readonly FoundEntry[], maxBytes: number): readonly FoundEntry[] {
  let sum = 0;
  const end = entries.findIndex(({ bytes }, index) => {
    sum += bytes;
    return index > 0 && sum > maxBytes;
  });
  return end < 0 ? entries : entries.slice(0, end);
}

/** Frames by offset. */
function framesOf({ db, chunks }: Tables, log: number, entries: readonly FoundEntry[]): Map<number, Uint8Array> {
  const frames = new Map<number, Uint8Array>();
  const offsets = new Map<number, number>();
  for (const { offset, chunk } of entries) if (chunk !== null) offsets.set(chunk, offset);
  for (const { id, frame } of chunks.frames([...offsets.keys()])) frames.set(offsets.get(id) as number, frame);
  const [first, last] = [entries[0]?.offset, entries.at(-1)?.offset];
  if (first === undefined || last === undefined || offsets.size === entries.length) return frames;
  const pushes = db.all<Pick<EntryRow, 'offset' | 'frame' | 'sum'>>(
    `SELECT "offset", frame, sum FROM crudp_entry
     WHERE log = ? AND "offset" BETWEEN ? AND ? AND chunk IS NULL`,
    log,
    first,
    last,
  );
  for (const { offset, frame, sum } of pushes) frames.set(offset, frameOf(frame, sum));
  return frames;
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
function markAt({ db, chunks }: Tables, log: LogRow, offset: number): string | undefined {
  if (offset === log.start_offset) return log.start_mark;
  const unfiled = chunks.ofLog(log.id).find(({ entry }) => entry.offset === offset);
  if (unfiled) return unfiled.entry.mark;
  return db.get<{ mark: string }>('SELECT mark FROM crudp_entry WHERE log = ? AND "offset" = ?', log.id, offset)?.mark;
}
