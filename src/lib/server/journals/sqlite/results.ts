import type { ResultChunk } from '../../journal.ts';
import { unreferenced } from './chunks.ts';
import type { Connection } from './connection.ts';
import type { Tables } from './tables.ts';

/** Results of packets that waiting ones of the same outbox depend on: never forgotten. Takes the outbox once. */
const needed = `SELECT need.value FROM crudp_batch AS batch, json_each(batch.needs) AS need
  WHERE batch.outbox = ? AND batch.needs IS NOT NULL`;

/** Statuses of those of `seqs` that have a result. */
export function statusesOf({ db, chunks }: Tables, outbox: number, seqs: readonly number[]): Map<number, number> {
  if (seqs.length === 0) return new Map();
  const rows = db.all<{ seq: number; status: number }>(
    `SELECT result.seq, result.status FROM json_each(?) AS asked
     CROSS JOIN crudp_result AS result ON result.outbox = ? AND result.seq = asked.value`,
    JSON.stringify(seqs),
    outbox,
  );
  const statuses = new Map(rows.map(({ seq, status }) => [seq, status]));
  const asked = new Set(seqs);
  for (const { seq, status } of chunks.resultsOf(outbox)) if (asked.has(seq)) statuses.set(seq, status);
  return statuses;
}

/** The chunks that hold results of `seqs`; about `maxBytes` of them, at least one. */
export function chunksOf(tables: Tables, outbox: number, seqs: readonly number[], maxBytes: number): ResultChunk[] {
  const asked = new Set(seqs);
  const holders = holdersOf(tables, outbox, asked);
  const found = new Map<number, number[]>();
  for (const seq of asked) {
    const chunk = holders.get(seq);
    if (chunk === undefined) continue;
    const held = found.get(chunk);
    if (held) held.push(seq);
    else found.set(chunk, [seq]);
  }
  const read: ResultChunk[] = [];
  let bytes = 0;
  for (const { id, frame } of tables.chunks.frames([...found.keys()])) {
    if (bytes > 0 && bytes >= maxBytes) break;
    if (bytes > 0 && bytes + frame.length > maxBytes) continue;
    bytes += frame.length;
    read.push({ frame, seqs: found.get(id) ?? [] });
  }
  return read;
}

/** The chunk that holds each result there is. */
function holdersOf({ db, chunks }: Tables, outbox: number, seqs: ReadonlySet<number>): Map<number, number> {
  const rows = db.all<{ seq: number; chunk: number }>(
    `SELECT result.seq, result.chunk FROM json_each(?) AS asked
     CROSS JOIN crudp_result AS result ON result.outbox = ? AND result.seq = asked.value`,
    JSON.stringify([...seqs]),
    outbox,
  );
  const holders = new Map(rows.map(({ seq, chunk }) => [seq, chunk]));
  for (const { seq, chunk } of chunks.resultsOf(outbox)) if (seqs.has(seq)) holders.set(seq, chunk);
  return holders;
}

/**
 * Forgets what the client has acknowledged.
 *
 * @returns The number below which nothing is left.
 */
export function forgetBelow({ db, chunks }: Tables, outbox: number, oldest: number): number {
  if (chunks.hasResultsOf(outbox)) chunks.file();
  db.run(`DELETE FROM crudp_result WHERE outbox = ? AND seq < ? AND seq NOT IN (${needed})`, outbox, oldest, outbox);
  db.run(`DELETE FROM crudp_chunk WHERE outbox = ? AND logged = 0 AND first < ? AND ${unreferenced}`, outbox, oldest);
  const left = 'SELECT min(seq) AS seq FROM crudp_result WHERE outbox = ? AND seq < ?';
  return db.get<{ seq: number | null }>(left, outbox, oldest)?.seq ?? oldest;
}

/** A chunk as trimming goes through them: oldest first. */
export interface TrimCursor {
  readonly at: number;
  readonly id: number;
}

/**
 * Drops the results of chunks older than `before`, a slice of them: those that a waiting packet needs stay.
 *
 * @returns Where to go on; null at the end.
 */
export function trimResults(db: Connection, before: number, after: TrimCursor, count: number): TrimCursor | null {
  const chunks = db.all<TrimCursor & { outbox: number; first: number; last: number }>(
    `SELECT id, at, outbox, first, last FROM crudp_chunk
     WHERE at < ? AND (at, id) > (?, ?) ORDER BY at, id LIMIT ?`,
    before,
    after.at,
    after.id,
    count,
  );
  for (const { id, outbox, first, last } of chunks) {
    db.run(
      `DELETE FROM crudp_result WHERE outbox = ? AND seq BETWEEN ? AND ? AND chunk = ? AND seq NOT IN (${needed})`,
      outbox,
      first,
      last,
      id,
      outbox,
    );
    db.run(`DELETE FROM crudp_chunk WHERE id = ? AND logged = 0 AND ${unreferenced}`, id);
  }
  const end = chunks.at(-1);
  return end && chunks.length === count ? { at: end.at, id: end.id } : null;
}
