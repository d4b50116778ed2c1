import type { AcceptOutcome } from '../../journal.ts';
import { admissionOf } from '../admission.ts';
import { numbersIn } from '../spans.ts';
import type { PackedBatch } from './calls.ts';
import { sumOf } from './connection.ts';
import { placeOf, runsText, waitingAmong, waitingOf } from './outbox.ts';
import type { OutboxRow } from './outboxes.ts';
import { forgetBelow, statusesOf } from './results.ts';
import type { Tables } from './tables.ts';

/** Steps 3 and 4 of PROTOCOL.md C.2, in the transaction that is open. */
export function acceptBatch(tables: Tables, batch: PackedBatch, epoch: string): AcceptOutcome {
  const { db, outboxes } = tables;
  const known = outboxes.find(batch);
  const place = placeOf(known, epoch);
  const { moved, fresh, known: before } = admissionOf({ after: batch.after, seqs: numbersIn(batch.packets) }, place);
  if (moved) return { kind: 'moved', place };
  if (fresh.length > 0 && batch.maxWaiting !== undefined) {
    const waiting = waitingOf(db, batch.user);
    if (waiting + fresh.length > batch.maxWaiting) return { kind: 'full', waiting };
  }
  if (!known && fresh.length === 0) return { kind: 'accepted', accepted: 0, appended: 0, forgotten: before };

  const outbox = known ?? outboxes.add(batch);
  const oldest = batch.oldest > outbox.oldest ? forgetBelow(tables, outbox.id, batch.oldest) : outbox.oldest;
  const forgotten = before.length > 0 ? lost(tables, outbox, before) : [];
  const last = fresh.at(-1);
  if (last !== undefined) addBatch(tables, outbox, batch, fresh);
  const [accepted, tag] = last !== undefined ? [last, batch.tag] : [outbox.accepted, outbox.tag];
  if (last !== undefined || oldest !== outbox.oldest) {
    outboxes.save(batch, { ...outbox, accepted, tag, oldest });
  }
  return { kind: 'accepted', accepted, appended: fresh.length, forgotten };
}

/** Those of the accepted packets that neither wait nor have a result. */
function lost(tables: Tables, outbox: OutboxRow, seqs: readonly number[]): number[] {
  const done = statusesOf(tables, outbox.id, seqs);
  const rest = seqs.filter((seq) => !done.has(seq));
  const waiting = waitingAmong(tables.db, outbox, rest);
  return rest.filter((seq) => !waiting.has(seq));
}

function addBatch(tables: Tables, outbox: OutboxRow, batch: PackedBatch, seqs: readonly number[]): void {
  const needs = existing(tables, outbox, batch.needs, seqs);
  tables.db.run(
    `INSERT INTO crudp_batch (outbox, first, last, runs, needs, contract, received_at, identity, bytes, frame, sum)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    outbox.id,
    seqs[0] as number,
    seqs.at(-1) as number,
    runsText(seqs),
    needs.length > 0 ? JSON.stringify(needs) : null,
    batch.contract,
    batch.receivedAt,
    batch.identity,
    batch.frame.length,
    batch.frame,
    sumOf(batch.frame),
  );
}

/** A frame may name a million packets that never were: only those that are here are worth a row's bytes. */
function existing(
  tables: Tables,
  outbox: OutboxRow,
  needs: readonly number[],
  own: readonly number[],
): readonly number[] {
  if (needs.length === 0) return needs;
  const mine = new Set(own);
  const earlier = needs.filter((seq) => !mine.has(seq) && seq <= outbox.accepted).sort((a, b) => a - b);
  const done = statusesOf(tables, outbox.id, earlier);
  const waiting = waitingAmong(tables.db, outbox, earlier);
  return needs.filter((seq) => mine.has(seq) || done.has(seq) || waiting.has(seq));
}
