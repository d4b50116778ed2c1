import type { Claim, CompletionOutcome, Identity, OutboxKey, PendingBatch } from '../../journal.ts';
import type { DatedCompletion } from './calls.ts';
import { bytesOf, type Connection } from './connection.ts';
import { runEffects } from './effects.ts';
import { appendEntry } from './logs.ts';
import { findOutbox, type OutboxRow, waitingSeqs } from './outbox.ts';
import { addResults, statusesOf } from './results.ts';

/** Batches handed out with one claim, however small they are. */
const maxClaimBatches = 64;

interface BatchRow {
  readonly first: number;
  readonly last: number;
  readonly needs: string | null;
  readonly contract: number;
  readonly received_at: number;
  readonly identity: string;
  readonly frame: Uint8Array | ArrayBuffer;
}

/** Null where nothing of the outbox waits. */
export function claimOutbox(db: Connection, key: OutboxKey, token: number, maxBytes: number): Claim | null {
  const outbox = findOutbox(db, key);
  const [next] = outbox ? waitingSeqs(db, outbox, 1) : [];
  if (!outbox || next === undefined) return null;
  const rows = db.all<BatchRow>(
    `SELECT first, last, needs, contract, received_at, identity, frame FROM crudp_batch
     WHERE outbox = ? AND last >= ? AND last <= ? ORDER BY last`,
    outbox.id,
    next,
    lastWithin(db, outbox.id, next, maxBytes),
  );
  const needs = rows.flatMap((row) => (row.needs === null ? [] : (JSON.parse(row.needs) as number[])));
  return {
    user: key.user,
    outbox: key.outbox,
    token,
    next,
    attempts: outbox.begun === next ? outbox.times : 0,
    batches: rows.map(pendingBatch),
    statuses: statusesOf(db, outbox.id, [...new Set(needs)]),
  };
}

/** The greatest `last` of the batches from `next` on that stay within `maxBytes`; the first one's in any case. */
function lastWithin(db: Connection, outbox: number, next: number, maxBytes: number): number {
  const sizes = db.all<{ last: number; bytes: number }>(
    'SELECT last, bytes FROM crudp_batch WHERE outbox = ? AND last >= ? ORDER BY last LIMIT ?',
    outbox,
    next,
    maxClaimBatches,
  );
  let [end, sum] = [0, 0];
  for (const { last, bytes } of sizes) {
    sum += bytes;
    if (end > 0 && sum > maxBytes) break;
    end = last;
  }
  return end;
}

function pendingBatch({ first, last, contract, received_at, identity, frame }: BatchRow): PendingBatch {
  const sender = JSON.parse(identity) as Identity;
  return { frame: bytesOf(frame), contract, identity: sender, from: first, to: last, receivedAt: received_at };
}

export function beginPacket(db: Connection, key: OutboxKey, seq: number): number {
  const outbox = findOutbox(db, key) as OutboxRow;
  if (waitingSeqs(db, outbox, 1)[0] !== seq) throw new TypeError(`packet ${seq} is not the next one of its outbox`);
  const times = outbox.begun === seq ? outbox.times + 1 : 1;
  db.run('UPDATE crudp_outbox SET begun = ?, times = ? WHERE id = ?', seq, times, outbox.id);
  return times;
}

/** @throws {EffectRefused} What it has written so far is the caller's to undo. */
export function completePackets(db: Connection, key: OutboxKey, completion: DatedCompletion): CompletionOutcome {
  const { results, frame, logged, pushes, effects, beginsNext, at, marks } = completion;
  const outbox = findOutbox(db, key) as OutboxRow;
  const waiting = waitingSeqs(db, outbox, results.length + 1);
  if (results.length === 0 || results.some(({ seq }, index) => seq !== waiting[index])) {
    throw new TypeError('a completion has the results of the next packets of its outbox, in order');
  }
  runEffects(db, effects);
  const chunk = addResults(db, outbox.id, results, { frame, logged, at });
  if (logged) {
    const content = { outbox: key.outbox, chunk, bytes: frame.length };
    appendEntry(db, `user:${key.user}`, content, marks[0] as string, at);
  }
  for (const [index, push] of pushes.entries()) appendEntry(db, push.log, push, marks[index + 1] as string, at);

  const following = waiting[results.length];
  const next = (waiting[results.length - 1] as number) + 1;
  const begun = beginsNext && following !== undefined ? following : 0;
  db.run(
    'UPDATE crudp_outbox SET next = ?, begun = ?, times = ?, oldest = min(oldest, ?) WHERE id = ?',
    next,
    begun,
    begun > 0 ? 1 : 0,
    waiting[0] as number,
    outbox.id,
  );
  db.run('DELETE FROM crudp_batch WHERE outbox = ? AND last < ?', outbox.id, next);
  return { kind: 'committed' };
}
