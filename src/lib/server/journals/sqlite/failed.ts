import type { CommitOutcome, FailureQuery, Identity, KeptFailure, OutboxKey } from '../../journal.ts';
import type { DatedCommit, PackedFailure } from './calls.ts';
import { type Connection, frameOf, type SqliteValue, sumOf } from './connection.ts';
import { runEffects } from './effects.ts';
import type { Tables } from './tables.ts';

interface FailedRow {
  readonly id: number;
  readonly user: string;
  readonly outbox: string;
  readonly seq: number;
  readonly status: number;
  readonly message: string;
  readonly at: number;
  readonly contract: number;
  readonly identity: string;
  readonly sum: number;
  readonly frame: Uint8Array | ArrayBuffer;
}

export function addFailure(db: Connection, { user, outbox }: OutboxKey, failed: PackedFailure, at: number): void {
  const { seq, status, message, contract, identity, frame } = failed;
  db.run(
    `INSERT INTO crudp_failed (user, outbox, seq, status, message, at, contract, identity, sum, frame)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    user,
    outbox,
    seq,
    status,
    message,
    at,
    contract,
    identity,
    sumOf(frame),
    frame,
  );
}

export function failuresOf(db: Connection, { after = 0, limit, ...wanted }: FailureQuery): KeptFailure[] {
  const columns = (['user', 'outbox', 'seq', 'status'] as const).filter((column) => wanted[column] !== undefined);
  const rows = db.all<FailedRow>(
    `SELECT id, user, outbox, seq, status, message, at, contract, identity, sum, frame FROM crudp_failed
     WHERE id > ? ${columns.map((column) => `AND ${column} = ? `).join('')}ORDER BY id LIMIT ?`,
    after,
    ...columns.map((column) => wanted[column] as SqliteValue),
    limit,
  );
  return rows.map(({ sum, frame, identity, ...row }) => {
    return { ...row, identity: JSON.parse(identity) as Identity, frame: frameOf(frame, sum) };
  });
}

/** @throws {EffectRefused} What it has written so far is the caller's to undo. */
export function commitAlone(
  { db, logs }: Tables,
  failure: number | null,
  { pushes, effects, at, marks }: DatedCommit,
): CommitOutcome {
  if (failure !== null && discardFailures(db, [failure]) === 0) return { kind: 'gone' };
  runEffects(db, effects);
  for (const [index, push] of pushes.entries()) logs.append(push, marks[index] as string, at);
  return { kind: 'committed' };
}

export function discardFailures(db: Connection, ids: readonly number[]): number {
  const gone = db.all<{ id: number }>(
    'SELECT id FROM crudp_failed WHERE id IN (SELECT value FROM json_each(?))',
    JSON.stringify(ids),
  );
  for (const { id } of gone) db.run('DELETE FROM crudp_failed WHERE id = ?', id);
  return gone.length;
}

/** Drops a slice of those older than `before`. @returns Whether there may be more. */
export function trimFailures(db: Connection, before: number, count: number): boolean {
  const old = db.all<{ id: number }>('SELECT id FROM crudp_failed WHERE at < ? ORDER BY at LIMIT ?', before, count);
  for (const { id } of old) db.run('DELETE FROM crudp_failed WHERE id = ?', id);
  return old.length === count;
}
