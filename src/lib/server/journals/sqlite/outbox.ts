import type { OutboxKey, Place } from '../../journal.ts';
import type { Connection } from './connection.ts';

/** An outbox's row: see schema.ts. */
export interface OutboxRow {
  readonly id: number;
  readonly accepted: number;
  readonly tag: string;
  readonly next: number;
  readonly begun: number;
  readonly times: number;
  readonly oldest: number;
}

export function findOutbox(db: Connection, { user, outbox }: OutboxKey): OutboxRow | undefined {
  return db.get<OutboxRow>(
    'SELECT id, accepted, tag, next, begun, times, oldest FROM crudp_outbox WHERE user = ? AND outbox = ?',
    user,
    outbox,
  );
}

export function addOutbox(db: Connection, { user, outbox }: OutboxKey): OutboxRow {
  const row = { accepted: 0, tag: '0', next: 1, begun: 0, times: 0, oldest: 1 };
  const added = db.get<{ id: number }>(
    `INSERT INTO crudp_outbox (user, outbox, accepted, tag, next, begun, times, oldest)
     VALUES (?, ?, 0, '0', 1, 0, 0, 1) RETURNING id`,
    user,
    outbox,
  ) as { id: number };
  return { id: added.id, ...row };
}

export function placeOf(row: OutboxRow | undefined, epoch: string): Place {
  return row ? { epoch, seq: row.accepted, tag: row.tag } : { epoch: '0', seq: 0, tag: '0' };
}

/** The first `count` packets of an outbox that have not run. */
export function waitingSeqs(db: Connection, { id, next }: Pick<OutboxRow, 'id' | 'next'>, count: number): number[] {
  const seqs: number[] = [];
  let after = next - 1;
  // A batch at a time: nearly always the first one answers, and one more tells that there is no next.
  while (seqs.length < count) {
    const batch = db.get<BatchSpan>(
      'SELECT first, last, runs FROM crudp_batch WHERE outbox = ? AND last > ? ORDER BY last LIMIT 1',
      id,
      after,
    );
    if (!batch) break;
    for (const [from, to] of runsOf(batch)) {
      for (let seq = Math.max(from, next); seq <= to && seqs.length < count; seq++) seqs.push(seq);
    }
    after = batch.last;
  }
  return seqs;
}

/** Which of `seqs` have been accepted and have not run. */
export function waitingAmong(db: Connection, { id, next }: OutboxRow, seqs: readonly number[]): Set<number> {
  const candidates = seqs.filter((seq) => seq >= next);
  const [least, greatest] = [candidates[0], candidates.at(-1)];
  if (least === undefined || greatest === undefined) return new Set();
  const batches = db.all<BatchSpan>(
    'SELECT first, last, runs FROM crudp_batch WHERE outbox = ? AND last >= ? AND first <= ?',
    id,
    least,
    greatest,
  );
  const runs = batches.flatMap(runsOf);
  return new Set(candidates.filter((seq) => runs.some(([from, to]) => from <= seq && seq <= to)));
}

interface BatchSpan {
  readonly first: number;
  readonly last: number;
  readonly runs: string | null;
}

type Run = readonly [from: number, to: number];

function runsOf({ first, last, runs }: BatchSpan): readonly Run[] {
  return runs === null ? [[first, last]] : (JSON.parse(runs) as Run[]);
}

/** The `runs` column for ascending `seqs`: a client leaves out what it has cancelled. */
export function runsText(seqs: readonly number[]): string | null {
  const runs: [number, number][] = [];
  for (const seq of seqs) {
    const run = runs.at(-1);
    if (run && seq === run[1] + 1) run[1] = seq;
    else runs.push([seq, seq]);
  }
  return runs.length > 1 ? JSON.stringify(runs) : null;
}
