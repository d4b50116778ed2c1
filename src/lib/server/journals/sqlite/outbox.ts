import type { Backlog, Place, Span } from '../../journal.ts';
import { isWithin, spansOf } from '../spans.ts';
import type { Connection } from './connection.ts';
import type { BatchSpan, OutboxRow } from './outboxes.ts';

export function placeOf(row: OutboxRow | undefined, epoch: string): Place {
  return row ? { epoch, seq: row.accepted, tag: row.tag } : { epoch: '0', seq: 0, tag: '0' };
}

/** The first packet of an outbox that has not been completed. */
export function firstWaiting(db: Connection, line: OutboxLine): number | undefined {
  // A batch at a time: nearly always the first one answers.
  for (let after = line.next - 1; ; ) {
    const batch = db.get<BatchSpan>(
      'SELECT first, last, runs FROM crudp_batch WHERE outbox = ? AND last > ? ORDER BY last LIMIT 1',
      line.id,
      after,
    );
    if (!batch) return undefined;
    const waiting = firstWaitingIn([batch], line);
    if (waiting !== undefined) return waiting;
    after = batch.last;
  }
}

/** The first packet of these batches that has not been completed. */
export function firstWaitingIn(batches: readonly BatchSpan[], { next, done }: OutboxLine): number | undefined {
  for (const [from, to] of batches.flatMap(runsOf)) {
    for (let seq = Math.max(from, next); seq <= to; seq++) {
      const over = done.find((span) => span[0] <= seq && seq <= span[1]);
      if (!over) return seq;
      seq = over[1];
    }
  }
  return undefined;
}

export function backlogOf(db: Connection): Backlog {
  const sizes = `SELECT sum(value ->> 1 - value ->> 0 + 1) FROM json_each`;
  const batches = db.get<{ packets: number | null; oldest: number | null }>(
    `SELECT min(received_at) AS oldest, sum(CASE WHEN runs IS NULL THEN last - max(first, next) + 1 ELSE
       (SELECT sum(max(0, (value ->> 1) - max(value ->> 0, next) + 1)) FROM json_each(runs)) END) AS packets
     FROM crudp_batch AS batch JOIN crudp_outbox AS outbox ON outbox.id = batch.outbox`,
  );
  const outOfLine = db.get<{ packets: number | null }>(
    `SELECT sum((${sizes}(done))) AS packets FROM crudp_outbox WHERE done IS NOT NULL`,
  );
  return { packets: (batches?.packets ?? 0) - (outOfLine?.packets ?? 0), oldestAt: batches?.oldest ?? null };
}

/** About how many of a user's packets wait: by numbers, so that no batch is read for it. */
export function waitingOf(db: Connection, user: string): number {
  const rows = db.all<{ accepted: number; next: number; done: string | null }>(
    'SELECT accepted, next, done FROM crudp_outbox WHERE user = ? AND accepted >= next',
    user,
  );
  let waiting = 0;
  for (const { accepted, next, done } of rows) {
    const spans = done === null ? [] : (JSON.parse(done) as Span[]);
    waiting += accepted - next + 1 - spans.reduce((sum, [from, to]) => sum + to - from + 1, 0);
  }
  return waiting;
}

export type OutboxLine = Pick<OutboxRow, 'id' | 'next' | 'done'>;

/** Which of `seqs`, ascending, have been accepted and not completed. */
export function waitingAmong(db: Connection, outbox: OutboxLine, seqs: readonly number[]): Set<number> {
  const [least, greatest] = [seqs.find((seq) => seq >= outbox.next), seqs.at(-1)];
  if (least === undefined || greatest === undefined) return new Set();
  return waitingIn(batchesAmong(db, outbox.id, [least, greatest]), outbox, seqs);
}

/** Which of `seqs` have not been completed, of those in these batches. */
export function waitingIn(
  batches: readonly BatchSpan[],
  { next, done }: OutboxLine,
  seqs: readonly number[],
): Set<number> {
  const candidates = seqs.filter((seq) => seq >= next && !isWithin(done, seq));
  const runs = batches.flatMap(runsOf);
  return new Set(candidates.filter((seq) => runs.some(([from, to]) => from <= seq && seq <= to)));
}

/** Batches with packets of a span. */
export function batchesAmong(db: Connection, outbox: number, [from, to]: Span): BatchSpan[] {
  const query = 'SELECT first, last, runs FROM crudp_batch WHERE outbox = ? AND last >= ? AND first <= ? ORDER BY last';
  // Nearly always one has them all, and asking for one costs half of asking for many.
  const one = db.get<BatchSpan>(`${query} LIMIT 1`, outbox, from, to);
  return one && one.last < to ? db.all<BatchSpan>(query, outbox, from, to) : one ? [one] : [];
}

/** The packets of a batch: a client leaves out what it has cancelled. */
export function runsOf({ first, last, runs }: BatchSpan): readonly Span[] {
  return runs === null ? [[first, last]] : (JSON.parse(runs) as Span[]);
}

/** The `runs` column for ascending `seqs`. */
export function runsText(seqs: readonly number[]): string | null {
  const runs = spansOf(seqs);
  return runs.length > 1 ? JSON.stringify(runs) : null;
}
