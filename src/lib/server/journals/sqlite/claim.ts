import type { Claim, Identity, OutboxKey, Pending, PendingBatch } from '../../journal.ts';
import { without } from '../spans.ts';
import { type Connection, frameOf } from './connection.ts';
import { firstWaiting } from './outbox.ts';
import { statusesOf } from './results.ts';
import type { Tables } from './tables.ts';

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
  readonly sum: number | null;
}

/** Null where nothing of the outbox waits. */
export function claimOutbox(tables: Tables, key: OutboxKey, token: number, maxBytes: number): Claim | null {
  const { db, outboxes } = tables;
  const outbox = outboxes.find(key);
  const next = outbox && firstWaiting(db, outbox);
  if (!outbox || next === undefined) return null;
  const [begun, excused] = [ascending(outbox.begun), ascending(outbox.excused)];
  const done = without(outbox.done, [0, next]);
  return { ...key, token, next, done, begun, excused, ...pendingAfter(tables, outbox.id, next - 1, maxBytes) };
}

function ascending(tries: ReadonlyMap<number, number>): Map<number, number> {
  return new Map([...tries].sort(([a], [b]) => a - b));
}

/** The next batches with packets above `seq`. */
export function pendingAfter(tables: Tables, outbox: number, seq: number, maxBytes: number): Pending {
  const { db } = tables;
  const rows = db.all<BatchRow>(
    `SELECT first, last, needs, contract, received_at, identity, frame, sum FROM crudp_batch
     WHERE outbox = ? AND last > ? AND last <= ? ORDER BY last`,
    outbox,
    seq,
    lastWithin(db, outbox, seq, maxBytes),
  );
  const needs = rows.flatMap((row) => (row.needs === null ? [] : (JSON.parse(row.needs) as number[])));
  return { batches: rows.map(pendingBatch), statuses: statusesOf(tables, outbox, [...new Set(needs)]) };
}

/** The greatest `last` of the batches above `seq` that stay within `maxBytes`; the first one's in any case. */
function lastWithin(db: Connection, outbox: number, seq: number, maxBytes: number): number {
  const sizes = db.all<{ last: number; bytes: number }>(
    'SELECT last, bytes FROM crudp_batch WHERE outbox = ? AND last > ? ORDER BY last LIMIT ?',
    outbox,
    seq,
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

function pendingBatch({ first, last, contract, received_at, identity, frame, sum }: BatchRow): PendingBatch {
  const sender = JSON.parse(identity) as Identity;
  return { frame: frameOf(frame, sum), contract, identity: sender, from: first, to: last, receivedAt: received_at };
}
