import type { ResultChunk } from '../../journal.ts';
import { type Connection, frameOf, sumOf } from './connection.ts';

/** Results of packets that waiting ones of the same outbox depend on: never forgotten. Takes the outbox once. */
const needed = `SELECT need.value FROM crudp_batch AS batch, json_each(batch.needs) AS need
  WHERE batch.outbox = ? AND batch.needs IS NOT NULL`;

/** A chunk's results lie between its first and last packet, so their key finds them. */
export const unreferenced = `NOT EXISTS (SELECT 1 FROM crudp_result AS result
  WHERE result.outbox = crudp_chunk.outbox AND result.seq BETWEEN crudp_chunk.first AND crudp_chunk.last
  AND result.chunk = crudp_chunk.id)`;

/** Chunks that are read by one statement. */
const chunksAtOnce = 64;

/** Statuses of those of `seqs` that have a result. */
export function statusesOf(db: Connection, outbox: number, seqs: readonly number[]): Map<number, number> {
  if (seqs.length === 0) return new Map();
  const rows = db.all<{ seq: number; status: number }>(
    `SELECT result.seq, result.status FROM json_each(?) AS asked
     CROSS JOIN crudp_result AS result ON result.outbox = ? AND result.seq = asked.value`,
    JSON.stringify(seqs),
    outbox,
  );
  return new Map(rows.map(({ seq, status }) => [seq, status]));
}

/** The chunks that hold results of `seqs`; about `maxBytes` of them, at least one. */
export function chunksOf(db: Connection, outbox: number, seqs: readonly number[], maxBytes: number): ResultChunk[] {
  const rows = db.all<{ seq: number; chunk: number }>(
    `SELECT DISTINCT result.seq, result.chunk FROM json_each(?) AS asked
     CROSS JOIN crudp_result AS result ON result.outbox = ? AND result.seq = asked.value`,
    JSON.stringify(seqs),
    outbox,
  );
  const ids = [...new Set(rows.map(({ chunk }) => chunk))];
  const chunks = new Map<number, { frame: Uint8Array; seqs: number[] }>();
  let bytes = 0;
  for (let from = 0; from < ids.length && (bytes === 0 || bytes < maxBytes); from += chunksAtOnce) {
    for (const { id, frame } of framesOf(db, ids.slice(from, from + chunksAtOnce))) {
      if (bytes > 0 && bytes + frame.length > maxBytes) continue;
      bytes += frame.length;
      chunks.set(id, { frame, seqs: [] });
    }
  }
  for (const { seq, chunk } of rows) chunks.get(chunk)?.seqs.push(seq);
  return [...chunks.values()];
}

/** Chunks' frames, in the order of `ids`. */
function framesOf(db: Connection, ids: readonly number[]): { readonly id: number; readonly frame: Uint8Array }[] {
  // One statement for many: each costs more than what it reads.
  const rows = db.all<{ id: number; frame: Uint8Array | ArrayBuffer; sum: number | null }>(
    `SELECT chunk.id, chunk.frame, chunk.sum FROM json_each(?) AS asked
     CROSS JOIN crudp_chunk AS chunk ON chunk.id = asked.value`,
    JSON.stringify(ids),
  );
  return rows.map(({ id, frame, sum }) => ({ id, frame: frameOf(frame, sum) }));
}

export function addResults(
  db: Connection,
  outbox: number,
  results: readonly { readonly seq: number; readonly status: number }[],
  chunk: { readonly id: number; readonly frame: Uint8Array; readonly logged: boolean; readonly at: number },
): void {
  const [first, last] = [results[0]?.seq as number, results.at(-1)?.seq as number];
  db.run(
    'INSERT INTO crudp_chunk (id, outbox, first, last, at, logged, frame, sum) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    chunk.id,
    outbox,
    first,
    last,
    chunk.at,
    chunk.logged ? 1 : 0,
    chunk.frame,
    sumOf(chunk.frame),
  );
  for (const { seq, status } of results) {
    const insert = 'INSERT INTO crudp_result (outbox, seq, status, chunk) VALUES (?, ?, ?, ?)';
    db.run(insert, outbox, seq, status, chunk.id);
  }
}

/**
 * Forgets what the client has acknowledged.
 *
 * @returns The number below which nothing is left.
 */
export function forgetBelow(db: Connection, outbox: number, oldest: number): number {
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
