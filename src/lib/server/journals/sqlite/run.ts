import type { CompletionOutcome, OutboxKey, Span } from '../../journal.ts';
import { userLog } from '../../journal-log.ts';
import { covers, spansOf, unionOf, without } from '../spans.ts';
import type { DatedCompletion } from './calls.ts';
import { runEffects } from './effects.ts';
import { addFailure } from './failed.ts';
import { batchesAmong, firstWaiting, firstWaitingIn, runsOf, waitingAmong, waitingIn } from './outbox.ts';
import type { BatchSpan, Outboxes, OutboxRow } from './outboxes.ts';
import type { Tables } from './tables.ts';

export function beginPackets(outboxes: Outboxes, key: OutboxKey, seqs: readonly number[]): number[] {
  const outbox = outboxes.find(key) as OutboxRow;
  checkWaiting(
    seqs,
    waitingAmong(
      outboxes.db,
      outbox,
      [...seqs].sort((a, b) => a - b),
    ),
  );
  const begun = withBegun(outbox.begun, seqs);
  outboxes.save(key, { ...outbox, begun });
  return seqs.map((seq) => begun.get(seq) as number);
}

export function excusePackets(outboxes: Outboxes, key: OutboxKey, seqs: readonly number[]): void {
  const outbox = outboxes.find(key) as OutboxRow;
  const excused = new Map(outbox.excused);
  for (const seq of seqs) {
    const times = (excused.get(seq) ?? 0) + 1;
    if (times <= (outbox.begun.get(seq) ?? 0)) excused.set(seq, times);
  }
  outboxes.save(key, { ...outbox, excused });
}

/** @throws {EffectRefused} What it has written so far is the caller's to undo. */
export function completePackets(
  { db, outboxes, chunks, logs }: Tables,
  key: OutboxKey,
  completion: DatedCompletion,
): CompletionOutcome {
  const { results, frame, logged, pushes, effects, failed, begins, at, marks } = completion;
  const outbox = outboxes.find(key) as OutboxRow;
  const seqs = results.map(({ seq }) => seq);
  const goesOn = linesUp(outboxes, outbox, seqs, begins);
  const batches = goesOn ? [] : checkCompletion(outboxes, outbox, seqs, begins);
  runEffects(db, effects);
  const entry = logged ? logs.next(userLog(key.user), marks[0] as string) : null;
  chunks.add({ outbox: { id: outbox.id, name: key.outbox }, results, frame, entry, at });
  for (const [index, push] of pushes.entries()) logs.append(push, marks[index + 1] as string, at);
  for (const one of failed) addFailure(db, key, one, at);
  const moved = goesOn ? { next: outbox.next + seqs.length } : movedOn(outboxes, outbox, batches, seqs);
  const { begun, excused } = triesAfter(outbox, seqs, begins);
  const oldest = Math.min(outbox.oldest, seqs[0] as number);
  outboxes.save(key, { ...outbox, ...moved, begun, excused, oldest });
  return { kind: 'committed' };
}

/**
 * Whether a completion is, as nearly all are, of the packets at the head of a line without gaps, and leaves some of their
 * batch. Then there is nothing to be checked or found: it would take a fifth of a completion.
 */
function linesUp(
  outboxes: Outboxes,
  { id, next, done }: OutboxRow,
  seqs: readonly number[],
  begins: readonly number[],
): boolean {
  const end = next + seqs.length;
  const batch = outboxes.batchWith(id, [next, end]);
  if (!batch || batch.runs !== null || done.length > 0 || seqs.length === 0) return false;
  if (begins.length > 1 || (begins.length === 1 && begins[0] !== end)) return false;
  return seqs.every((seq, index) => seq === next + index);
}

/**
 * @returns The batches of the packets that it names, from the first to the last.
 * @throws {TypeError}
 */
function checkCompletion(
  outboxes: Outboxes,
  outbox: OutboxRow,
  seqs: readonly number[],
  begins: readonly number[],
): BatchSpan[] {
  if (seqs.length === 0) throw new TypeError('a completion has at least one result');
  const named = new Set([...seqs, ...begins]);
  const ascending = [...named].sort((a, b) => a - b);
  const span: Span = [ascending[0] as number, ascending.at(-1) as number];
  const known = outboxes.batchWith(outbox.id, span);
  const batches = known ? [known] : batchesAmong(outboxes.db, outbox.id, span);
  const last = batches.at(-1);
  if (last && !known) outboxes.keepBatch(outbox.id, last);
  const waiting = waitingIn(batches, outbox, ascending);
  checkWaiting(seqs, waiting);
  checkWaiting(begins, waiting);
  if (named.size < seqs.length + begins.length) throw new TypeError('a packet that is completed does not begin');
  return batches;
}

/** @throws {TypeError} */
function checkWaiting(seqs: readonly number[], waiting: ReadonlySet<number>): void {
  for (const [index, seq] of seqs.entries()) {
    if (!waiting.has(seq)) throw new TypeError(`packet ${seq} does not wait to be run`);
    if (index > 0 && seq <= (seqs[index - 1] as number)) throw new TypeError('packets are named in ascending order');
  }
}

/**
 * Takes completed packets out of the line, and batches of which nothing is left.
 *
 * @param batches Those of the completion's packets.
 */
function movedOn(
  outboxes: Outboxes,
  outbox: OutboxRow,
  batches: readonly BatchSpan[],
  seqs: readonly number[],
): Pick<OutboxRow, 'next' | 'done'> {
  const { db } = outboxes;
  const [first, last] = [seqs[0] as number, seqs.at(-1) as number];
  let done = unionOf(outbox.done, spansOf(seqs));
  const line = { ...outbox, done };
  // Nearly always the line goes on within the batch at its head, which has been read: two statements less.
  const isHead = batches[0] !== undefined && batches[0].first <= outbox.next;
  const near = isHead ? firstWaitingIn(batches, line) : undefined;
  const next = near ?? firstWaiting(db, line) ?? outbox.accepted + 1;
  if (near === undefined || batches.some((batch) => batch.last < next)) {
    outboxes.forgetBatch(outbox.id);
    db.run('DELETE FROM crudp_batch WHERE outbox = ? AND last < ?', outbox.id, next);
  }
  done = without(done, [0, next]);
  if (done.length > 0) {
    for (const batch of batchesAmong(db, outbox.id, [Math.max(first, next), last])) {
      if (!runsOf(batch).every((run) => covers(done, run))) continue;
      outboxes.forgetBatch(outbox.id);
      db.run('DELETE FROM crudp_batch WHERE outbox = ? AND last = ?', outbox.id, batch.last);
      done = without(done, [batch.first, batch.last]);
    }
  }
  return { next, done };
}

/** Tries are counted until a packet is completed. */
function triesAfter(
  { begun, excused }: OutboxRow,
  completed: readonly number[],
  begins: readonly number[],
): Pick<OutboxRow, 'begun' | 'excused'> {
  return { begun: withBegun(triesWithout(begun, completed), begins), excused: triesWithout(excused, completed) };
}

function triesWithout(tries: ReadonlyMap<number, number>, seqs: readonly number[]): ReadonlyMap<number, number> {
  if (tries.size === 0) return tries;
  const left = new Map(tries);
  for (const seq of seqs) left.delete(seq);
  return left;
}

function withBegun(begun: ReadonlyMap<number, number>, seqs: readonly number[]): Map<number, number> {
  const more = new Map(begun);
  for (const seq of seqs) more.set(seq, (begun.get(seq) ?? 0) + 1);
  return more;
}
