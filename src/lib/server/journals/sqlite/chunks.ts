import { type Connection, frameOf, sumOf } from './connection.ts';
import {
  type EntryPlace,
  type LoggedChunk,
  type NewResult,
  type StatusSpan,
  statusSpans,
  Unfiled,
  type UnfiledChunk,
} from './unfiled.ts';

/** Results of chunks that are not filed, at most about so many: filing them takes a few milliseconds. */
const maxUnfiled = 512;

/** Chunks that are read by one statement. */
const chunksAtOnce = 64;

/** A chunk's results lie between its first and last packet, so their key finds them. */
export const unreferenced = `NOT EXISTS (SELECT 1 FROM crudp_result AS result
  WHERE result.outbox = crudp_chunk.outbox AND result.seq BETWEEN crudp_chunk.first AND crudp_chunk.last
  AND result.chunk = crudp_chunk.id)`;

export interface NewChunk {
  readonly outbox: { readonly id: number; readonly name: string };
  /** Ascending, at least one. */
  readonly results: readonly NewResult[];
  readonly frame: Uint8Array;
  /** Null: it enters no log. */
  readonly entry: EntryPlace | null;
  readonly at: number;
}

interface UnfiledRow extends Omit<UnfiledChunk, 'statuses' | 'entry'>, EntryPlaceRow {
  readonly outboxId: number;
  readonly results: string;
}

type EntryPlaceRow = { readonly [Column in keyof EntryPlace]: EntryPlace[Column] | null };

/**
 * Chunks of results. Each row says itself which results it holds and which entry of which log it is; the rows of results
 * and entries, by which it is found, are made of many chunks at once: filing. Rows of one outbox, and of one log, lie side by side,
 * so what costs a completion two pages of its own costs hundreds of them hardly more. Until then the newest chunks are
 * found by what is kept of them in memory, and after a crash by their rows.
 *
 * Whoever deletes results, entries or chunks files first.
 */
export class Chunks {
  readonly #db: Connection;
  #unfiled: Unfiled | undefined;

  constructor(db: Connection) {
    this.#db = db;
  }

  add({ outbox, results, frame, entry, at }: NewChunk): void {
    const unfiled = this.#known();
    const id = unfiled.lastId + 1;
    const statuses = statusSpans(results);
    this.#db.run(
      `INSERT INTO crudp_chunk (id, outbox, first, last, at, logged, frame, sum, results, log, "offset", mark)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      id,
      outbox.id,
      results[0]?.seq as number,
      results.at(-1)?.seq as number,
      at,
      entry ? 1 : 0,
      frame,
      sumOf(frame),
      JSON.stringify(statuses),
      entry?.log ?? null,
      entry?.offset ?? null,
      entry?.mark ?? null,
    );
    unfiled.add({ id, outbox: outbox.name, statuses, bytes: frame.length, entry }, outbox.id);
    if (unfiled.results >= maxUnfiled) this.file();
  }

  /** An outbox's results that are not filed: a few hundred at most. */
  *resultsOf(outbox: number): Generator<{ readonly seq: number; readonly status: number; readonly chunk: number }> {
    for (const { id, statuses } of this.#known().byOutbox.get(outbox) ?? []) {
      for (const [from, to, status] of statuses)
        for (let seq = from; seq <= to; seq++) yield { seq, status, chunk: id };
    }
  }

  hasResultsOf(outbox: number): boolean {
    return this.#known().byOutbox.has(outbox);
  }

  /** Those that are not filed and stand in a log, in its order. */
  ofLog(id: number): readonly LoggedChunk[] {
    return this.#known().byLog.get(id) ?? [];
  }

  /** Frames of chunks, filed or not, in the order of `ids`. */
  *frames(ids: readonly number[]): Generator<{ readonly id: number; readonly frame: Uint8Array<ArrayBuffer> }> {
    for (let from = 0; from < ids.length; from += chunksAtOnce) {
      // One statement for many: each costs more than what it reads.
      const rows = this.#db.all<{ id: number; frame: Uint8Array | ArrayBuffer; sum: number | null }>(
        `SELECT chunk.id, chunk.frame, chunk.sum FROM json_each(?) AS asked
         CROSS JOIN crudp_chunk AS chunk ON chunk.id = asked.value`,
        JSON.stringify(ids.slice(from, from + chunksAtOnce)),
      );
      for (const { id, frame, sum } of rows) yield { id, frame: frameOf(frame, sum) };
    }
  }

  /** Makes the rows of results and entries for all chunks that have none. */
  file(): void {
    const { filed, lastId } = this.#known();
    if (lastId === filed) return;
    const db = this.#db;
    db.run(
      `WITH RECURSIVE result (outbox, seq, last, status, chunk) AS (
         SELECT chunk.outbox, span.value ->> 0, span.value ->> 1, span.value ->> 2, chunk.id
           FROM crudp_chunk AS chunk, json_each(chunk.results) AS span WHERE chunk.id > ?
         UNION ALL SELECT outbox, seq + 1, last, status, chunk FROM result WHERE seq < last)
       INSERT INTO crudp_result (outbox, seq, status, chunk) SELECT outbox, seq, status, chunk FROM result`,
      filed,
    );
    db.run(
      `INSERT INTO crudp_entry (log, "offset", mark, at, outbox, chunk, bytes)
       SELECT chunk.log, chunk."offset", chunk.mark, chunk.at, outbox.outbox, chunk.id, length(chunk.frame)
       FROM crudp_chunk AS chunk JOIN crudp_outbox AS outbox ON outbox.id = chunk.outbox
       WHERE chunk.id > ? AND chunk.log IS NOT NULL`,
      filed,
    );
    // Pushes that came after the last chunk have moved their log's end already. `mark` is of the row with the greatest
    // offset (https://sqlite.org/lang_select.html, "Bare columns in an aggregate query").
    db.run(
      `UPDATE crudp_log SET bytes = log.bytes + filing.bytes,
         end_mark = iif(filing."offset" > log.end_offset, filing.mark, log.end_mark),
         end_offset = max(log.end_offset, filing."offset")
       FROM crudp_log AS log JOIN
         (SELECT log, max("offset") AS "offset", mark, sum(length(frame)) AS bytes FROM crudp_chunk
          WHERE id > ? AND log IS NOT NULL GROUP BY log) AS filing ON filing.log = log.id
       WHERE crudp_log.id = log.id`,
      filed,
    );
    db.run('UPDATE crudp_meta SET filed = ?', lastId);
    this.#unfiled = new Unfiled(lastId);
  }

  /** What was written has been undone. */
  undone(): void {
    this.#unfiled = undefined;
  }

  #known(): Unfiled {
    this.#unfiled ??= this.#load();
    return this.#unfiled;
  }

  #load(): Unfiled {
    const unfiled = new Unfiled(this.#db.get<{ filed: number }>('SELECT filed FROM crudp_meta')?.filed as number);
    const rows = this.#db.all<UnfiledRow>(
      `SELECT chunk.id, chunk.outbox AS outboxId, outbox.outbox AS outbox, chunk.results, length(chunk.frame) AS bytes,
         chunk.log, chunk."offset" AS "offset", chunk.mark
       FROM crudp_chunk AS chunk JOIN crudp_outbox AS outbox ON outbox.id = chunk.outbox
       WHERE chunk.id > ? ORDER BY chunk.id`,
      unfiled.filed,
    );
    for (const { outboxId, results, log, offset, mark, ...row } of rows) {
      const statuses = JSON.parse(results) as StatusSpan[];
      const entry = log === null ? null : ({ log, offset, mark } as EntryPlace);
      unfiled.add({ ...row, statuses, entry }, outboxId);
    }
    return unfiled;
  }
}
