import type { Claim, CompletionOutcome, OutboxKey, Pending } from '../../journal.ts';
import { Turns } from '../turns.ts';
import { acceptBatch } from './accept.ts';
import type { Call, Calls, Lease } from './calls.ts';
import { Chunks } from './chunks.ts';
import { claimOutbox, pendingAfter } from './claim.ts';
import type { Connection } from './connection.ts';
import { commitAlone, discardFailures, failuresOf, trimFailures } from './failed.ts';
import { Logs, trimLogSizes, trimLogs } from './logs.ts';
import { backlogOf, firstWaiting, placeOf } from './outbox.ts';
import { Outboxes, type OutboxRow } from './outboxes.ts';
import { readLog } from './read-log.ts';
import { chunksOf, trimResults } from './results.ts';
import { beginPackets, completePackets, excusePackets } from './run.ts';
import type { Tables } from './tables.ts';

/** Claims of one opening: tokens of the next one are above them. */
const tokensPerOpen = 2 ** 32;

/** Rows that one slice of trimming drops, so that nobody waits long for it. */
const trimSlice = 512;

export interface StoreOptions {
  readonly epoch: string;
  /** How often the journal has been opened, this time included. */
  readonly opens: number;
  readonly maxClaimBytes: number;
}

/**
 * The calls on an open database. What it keeps in memory, leases and turns, is for this process: nobody else has the
 * file open. It changes with commits only, or apart from any: a call may be run, undone and run again.
 */
export class Store implements Calls {
  readonly #tables: Tables;
  readonly #epoch: string;
  readonly #maxClaimBytes: number;
  readonly #turns = new Turns<string>();
  /** Tokens by user and outbox. */
  readonly #leases = new Map<string, Map<string, number>>();
  /** Tokens of claims during which `resume` was called. */
  readonly #resumed = new Set<number>();
  #token: number;

  constructor(db: Connection, { epoch, opens, maxClaimBytes }: StoreOptions) {
    const chunks = new Chunks(db);
    this.#tables = { db, outboxes: new Outboxes(db), chunks, logs: new Logs(db, chunks) };
    this.#epoch = epoch;
    this.#maxClaimBytes = maxClaimBytes;
    this.#token = opens * tokensPerOpen;
    const waiting = db.all<OutboxKey>(
      `SELECT user, outbox.outbox AS outbox FROM crudp_outbox AS outbox JOIN
         (SELECT outbox, min(id) AS id FROM crudp_batch GROUP BY outbox) AS batch ON batch.outbox = outbox.id
       ORDER BY batch.id`,
    );
    for (const { user, outbox } of waiting) this.#turns.add(user, outbox);
  }

  /** Called once the transaction in which `call` returned `value` has been committed. */
  committed(call: Call, value: unknown): void {
    if (call.name !== 'accept') return;
    const outcome = value as ReturnType<Calls['accept']>;
    const { user, outbox } = call.args[0];
    if (outcome.kind === 'accepted' && outcome.appended > 0 && !this.#leases.get(user)?.has(outbox)) {
      this.#turns.add(user, outbox);
    }
  }

  /** Called where what calls have written was taken back. */
  undone(): void {
    const { outboxes, chunks, logs } = this.#tables;
    for (const table of [outboxes, chunks, logs]) table.undone();
  }

  accept(...[batch]: Parameters<Calls['accept']>): ReturnType<Calls['accept']> {
    return acceptBatch(this.#tables, batch, this.#epoch);
  }

  place(...[key]: Parameters<Calls['place']>): ReturnType<Calls['place']> {
    return placeOf(this.#tables.outboxes.find(key), this.#epoch);
  }

  results(...[key, seqs, maxBytes]: Parameters<Calls['results']>): ReturnType<Calls['results']> {
    const outbox = this.#tables.outboxes.find(key);
    return outbox ? chunksOf(this.#tables, outbox.id, seqs, maxBytes) : [];
  }

  claim(): ReturnType<Calls['claim']> {
    for (let key = this.#turns.take(); key; key = this.#turns.take()) {
      const claim = this.#claim(key);
      if (claim) return claim;
    }
    return null;
  }

  pending(...[lease, afterSeq]: Parameters<Calls['pending']>): Pending {
    const outbox = this.#holds(lease) ? this.#tables.outboxes.find(lease) : undefined;
    if (!outbox) return { batches: [], statuses: new Map() };
    return pendingAfter(this.#tables, outbox.id, afterSeq, this.#maxClaimBytes);
  }

  begin(...[lease, seqs]: Parameters<Calls['begin']>): ReturnType<Calls['begin']> {
    return this.#holds(lease) ? beginPackets(this.#tables.outboxes, lease, seqs) : null;
  }

  excuse(...[lease, seqs]: Parameters<Calls['excuse']>): void {
    if (this.#holds(lease)) excusePackets(this.#tables.outboxes, lease, seqs);
  }

  complete(...[lease, completion]: Parameters<Calls['complete']>): CompletionOutcome {
    if (!this.#holds(lease)) return { kind: 'fenced' };
    return completePackets(this.#tables, lease, completion);
  }

  release(...[lease, idleUpTo]: Parameters<Calls['release']>): boolean {
    if (!this.#holds(lease)) return false;
    const mine = this.#leases.get(lease.user);
    mine?.delete(lease.outbox);
    if (mine?.size === 0) this.#leases.delete(lease.user);
    const isResumed = this.#resumed.delete(lease.token);
    const outbox = this.#tables.outboxes.find(lease);
    return outbox !== undefined && (isResumed || outbox.accepted > idleUpTo) && this.#giveTurn(lease, outbox);
  }

  resume(...[key]: Parameters<Calls['resume']>): boolean {
    const token = this.#leases.get(key.user)?.get(key.outbox);
    const outbox = token === undefined ? this.#tables.outboxes.find(key) : undefined;
    if (token !== undefined) this.#resumed.add(token);
    return outbox !== undefined && this.#giveTurn(key, outbox);
  }

  backlog(): ReturnType<Calls['backlog']> {
    return backlogOf(this.#tables.db);
  }

  append(...[entries, marks, at]: Parameters<Calls['append']>): void {
    for (const [index, entry] of entries.entries()) {
      this.#tables.logs.append(entry, marks[index] as string, at);
    }
  }

  end(...[log]: Parameters<Calls['end']>): ReturnType<Calls['end']> {
    return this.#tables.logs.end(log);
  }

  read(...[log, position, maxBytes]: Parameters<Calls['read']>): ReturnType<Calls['read']> {
    return readLog(this.#tables, log, position, maxBytes);
  }

  failures(...[query]: Parameters<Calls['failures']>): ReturnType<Calls['failures']> {
    return failuresOf(this.#tables.db, query);
  }

  commit(...[failure, facts]: Parameters<Calls['commit']>): ReturnType<Calls['commit']> {
    return commitAlone(this.#tables, failure, facts);
  }

  discard(...[ids]: Parameters<Calls['discard']>): number {
    return discardFailures(this.#tables.db, ids);
  }

  trim(...[before, cursor]: Parameters<Calls['trim']>): ReturnType<Calls['trim']> {
    this.#tables.chunks.file();
    // Logs first: a log is trimmed no later than the results in it are dropped.
    if (trimLogs(this.#tables.db, Math.max(before.logs, before.results), trimSlice)) return cursor;
    if (before.logBytes !== undefined && trimLogSizes(this.#tables.db, before.logBytes, trimSlice)) return cursor;
    if (before.failures !== undefined && trimFailures(this.#tables.db, before.failures, trimSlice)) return cursor;
    return trimResults(this.#tables.db, before.results, cursor, trimSlice);
  }

  #claim(key: OutboxKey): Claim | null {
    let claim: Claim | null;
    try {
      claim = claimOutbox(this.#tables, key, this.#token + 1, this.#maxClaimBytes);
    } catch (error) {
      this.#turns.add(key.user, key.outbox);
      throw error;
    }
    if (!claim) return null;
    this.#token = claim.token;
    const mine = this.#leases.get(key.user) ?? new Map<string, number>();
    this.#leases.set(key.user, mine.set(key.outbox, claim.token));
    return claim;
  }

  #giveTurn({ user, outbox }: OutboxKey, row: OutboxRow): boolean {
    if (firstWaiting(this.#tables.db, row) === undefined) return false;
    this.#turns.add(user, outbox);
    return true;
  }

  #holds({ user, outbox, token }: Lease): boolean {
    return this.#leases.get(user)?.get(outbox) === token;
  }
}
