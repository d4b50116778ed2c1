import type { OutboxKey, Span } from '../../journal.ts';
import type { Connection } from './connection.ts';
import { RecentRows } from './recent-rows.ts';

/** An outbox's row: see schema.ts. */
export interface OutboxRow {
  readonly id: number;
  readonly accepted: number;
  readonly tag: string;
  readonly next: number;
  readonly done: readonly Span[];
  /** How often packets were begun that are not completed. */
  readonly begun: ReadonlyMap<number, number>;
  /** How many of those tries are excused. */
  readonly excused: ReadonlyMap<number, number>;
  readonly oldest: number;
}

/** What tells which packets a batch has. */
export interface BatchSpan {
  readonly first: number;
  readonly last: number;
  readonly runs: string | null;
}

/**
 * What running needs of an outbox: each batch and each completion begins with its row, each completion looks at its batch.
 */
export class Outboxes {
  readonly db: Connection;
  /** By name and user; a user's name holds no NUL. */
  readonly #known = new RecentRows<string, OutboxRow>();
  /** By outbox: the batch whose packets run. */
  readonly #batches = new RecentRows<number, BatchSpan>();

  constructor(db: Connection) {
    this.db = db;
  }

  find({ user, outbox }: OutboxKey): OutboxRow | undefined {
    const known = this.#known.get(`${outbox}\0${user}`);
    if (known) return known;
    const row = this.db.get<Omit<OutboxRow, 'done' | keyof Begun> & { done: string | null; begins: string | null }>(
      'SELECT id, accepted, tag, next, done, begins, oldest FROM crudp_outbox WHERE user = ? AND outbox = ?',
      user,
      outbox,
    );
    if (!row) return undefined;
    const { done, begins, ...rest } = row;
    const spans = done === null ? [] : (JSON.parse(done) as Span[]);
    return this.#keep({ user, outbox }, { ...rest, done: spans, ...begunOf(begins) });
  }

  add({ user, outbox }: OutboxKey): OutboxRow {
    const added = this.db.get<{ id: number }>(
      `INSERT INTO crudp_outbox (user, outbox, accepted, tag, next, oldest)
       VALUES (?, ?, 0, '0', 1, 1) RETURNING id`,
      user,
      outbox,
    ) as { id: number };
    const fresh = { accepted: 0, tag: '0', next: 1, done: [], begun: new Map(), excused: new Map(), oldest: 1 };
    return this.#keep({ user, outbox }, { id: added.id, ...fresh });
  }

  save(key: OutboxKey, row: OutboxRow): void {
    this.db.run(
      'UPDATE crudp_outbox SET accepted = ?, tag = ?, next = ?, done = ?, begins = ?, oldest = ? WHERE id = ?',
      row.accepted,
      row.tag,
      row.next,
      row.done.length > 0 ? JSON.stringify(row.done) : null,
      beginsText(row),
      row.oldest,
      row.id,
    );
    this.#keep(key, row);
  }

  /** A batch that has all packets of a span, if it is the one that was kept. */
  batchWith(outbox: number, [from, to]: Span): BatchSpan | undefined {
    const batch = this.#batches.get(outbox);
    return batch && batch.first <= from && to <= batch.last ? batch : undefined;
  }

  /** Keeps a batch until others are kept or batches of its outbox are deleted. */
  keepBatch(outbox: number, batch: BatchSpan): void {
    this.#batches.set(outbox, batch);
  }

  /** To be called where batches of an outbox are deleted. */
  forgetBatch(outbox: number): void {
    this.#batches.delete(outbox);
  }

  /** What was written has been undone. */
  undone(): void {
    this.#known.clear();
    this.#batches.clear();
  }

  #keep({ user, outbox }: OutboxKey, row: OutboxRow): OutboxRow {
    this.#known.set(`${outbox}\0${user}`, row);
    return row;
  }
}

type Begun = Pick<OutboxRow, 'begun' | 'excused'>;
/** The fourth is left out where it is 0. */
type Begin = [from: number, to: number, times: number, excused?: number];

function begunOf(text: string | null): Begun {
  const [begun, excused] = [new Map<number, number>(), new Map<number, number>()];
  if (text === null) return { begun, excused };
  for (const [from, to, times, excuses = 0] of JSON.parse(text) as Begin[]) {
    for (let seq = from; seq <= to; seq++) {
      begun.set(seq, times);
      if (excuses > 0) excused.set(seq, excuses);
    }
  }
  return { begun, excused };
}

/** The `begins` column: packets begun together are one entry. */
function beginsText({ begun, excused }: Begun): string | null {
  const begins: Begin[] = [];
  for (const [seq, times] of [...begun].sort(([a], [b]) => a - b)) {
    const last = begins.at(-1);
    const excuses = excused.get(seq) ?? 0;
    if (last && seq === last[1] + 1 && times === last[2] && excuses === (last[3] ?? 0)) last[1] = seq;
    else begins.push(excuses > 0 ? [seq, seq, times, excuses] : [seq, seq, times]);
  }
  return begins.length > 0 ? JSON.stringify(begins) : null;
}
