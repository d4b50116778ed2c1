import { type Connection, frameOf, sumOf } from './connection.ts';

/** Results of chunks that are not filed, at most about so many: filing them takes a few milliseconds. */
const maxUnfiled = 1024;

/** Chunks that are read by one statement. */
const chunksAtOnce = 64;

/** Packets side by side that ended alike. */
type StatusSpan = readonly [from: number, to: number, status: number];

/** Where an entry stands in its log. */
export interface EntryPlace {
  readonly log: number;
  readonly offset: number;
  readonly mark: string;
}

export interface NewChunk {
  readonly outbox: { readonly id: number; readonly name: string };
  /** Ascending, at least one. */
  readonly results: readonly { readonly seq: number; readonly status: number }[];
  readonly frame: Uint8Array;
  /** Null: it enters no log. */
  readonly entry: EntryPlace | null;
  readonly at: number;
}

/** A chunk that is not filed, but for its frame. */
export interface UnfiledChunk {
  readonly id: number;
  /** The outbox's name. */
  readonly outbox: string;
  readonly statuses: readonly StatusSpan[];
  readonly bytes: number;
  readonly entry: EntryPlace | null;
}

interface UnfiledRow extends Omit<UnfiledChunk, 'statuses' | 'entry'>, EntryPlaceRow {
  readonly outboxId: number;
  readonly results: string;
}

type EntryPlaceRow = { readonly [Column in keyof EntryPlace]: EntryPlace[Column] | null };

/**
 * Chunks of results. Each row says itself which results it holds and which entry of which log it is; the rows of results
 * and entries, by which it is found, are made of many chunks at once: filing. Rows of one outbox, and of one log, lie side by side,
 * so what costs a completion two pages of its own costs a thousand of them hardly more. Until then the newest chunks are
 * found by what is kept of them in memory, and after a crash by their rows.
 *
 * Whoever deletes results, entries or chunks files first.
 */
export class Chunks {
  readonly db: Connection;
  #unfiled: Unfiled | undefined;

  constructor(db: Connection) {
    this.db = db;
  }

  add({ outbox, results, frame, entry, at }: NewChunk): void {
    const unfiled = this.#known();
    const id = unfiled.lastId + 1;
    const statuses = statusSpans(results);
    this.db.run(
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

  /** Those of an outbox that are not filed, in the order of completion. */
  ofOutbox(id: number): readonly UnfiledChunk[] {
    return this.#known().byOutbox.get(id) ?? [];
  }

  /** Those that are not filed and stand in a log, in its order. */
  ofLog(id: number): readonly (UnfiledChunk & { readonly entry: EntryPlace })[] {
    return this.#known().byLog.get(id) ?? [];
  }

  /** Frames of chunks, filed or not, in the order of `ids`. */
  *frames(ids: readonly number[]): Generator<{ readonly id: number; readonly frame: Uint8Array<ArrayBuffer> }> {
    for (let from = 0; from < ids.length; from += chunksAtOnce) {
      // One statement for many: each costs more than what it reads.
      const rows = this.db.all<{ id: number; frame: Uint8Array | ArrayBuffer; sum: number | null }>(
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
    const { db } = this;
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
    const unfiled = new Unfiled(this.db.get<{ filed: number }>('SELECT filed FROM crudp_meta')?.filed as number);
    const rows = this.db.all<UnfiledRow>(
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

/** What is kept of chunks that are not filed. */
class Unfiled {
  /** The last chunk that is filed; ids above it are never given twice, though chunks are deleted. */
  readonly filed: number;
  readonly byOutbox = new Map<number, UnfiledChunk[]>();
  readonly byLog = new Map<number, (UnfiledChunk & { readonly entry: EntryPlace })[]>();
  lastId: number;
  results = 0;

  constructor(filed: number) {
    this.filed = filed;
    this.lastId = filed;
  }

  add(chunk: UnfiledChunk, outbox: number): void {
    this.lastId = chunk.id;
    for (const [from, to] of chunk.statuses) this.results += to - from + 1;
    addTo(this.byOutbox, outbox, chunk);
    const { entry } = chunk;
    if (entry) addTo(this.byLog, entry.log, chunk as UnfiledChunk & { readonly entry: EntryPlace });
  }
}

function addTo<Key, Value>(lists: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

/** The `results` column of ascending results. */
function statusSpans(results: NewChunk['results']): StatusSpan[] {
  const spans: [from: number, to: number, status: number][] = [];
  for (const { seq, status } of results) {
    const last = spans.at(-1);
    if (last && last[1] + 1 === seq && last[2] === status) last[1] = seq;
    else spans.push([seq, seq, status]);
  }
  return spans;
}
