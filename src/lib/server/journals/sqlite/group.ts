import { CrudpError } from '../../../errors.ts';
import { type Call, type Reply, writes } from './calls.ts';
import type { Connection } from './connection.ts';
import { constraintFact, EffectRefused } from './effects.ts';
import { isBusy, storageFailure } from './failure.ts';
import type { Store } from './store.ts';

/**
 * Runs calls that came at the same time: those that write in one transaction, so that they share its fsync.
 *
 * Nearly always all go well. Where one fails, all are run again, now with a savepoint each, so that one takes back what is
 * its own: savepoints for every call would cost a fifth of a completion. Where that is not enough, since SQLite has undone
 * the whole transaction (a full disk does that) or could not commit it, each is run again in a transaction of its own.
 */
export class GroupRunner {
  readonly #db: Connection;
  readonly #store: Store;
  /** Set for good by the first failure after which what was written cannot be trusted. */
  #failed: CrudpError | undefined;
  #commitMs = 0;

  constructor(db: Connection, store: Store) {
    this.#db = db;
    this.#store = store;
  }

  /** How long the last commit took, its fsync included. */
  get commitMs(): number {
    return this.#commitMs;
  }

  /** @returns A reply for each call, in their order; it never throws. */
  run(calls: readonly Call[]): Reply[] {
    const replies = new Map<Call, Reply>();
    const writing = calls.filter(({ name }) => writes.has(name));
    if (writing.length > 0) this.#commit(writing, replies);
    for (const call of calls) {
      if (!replies.has(call)) replies.set(call, this.#attempt(call));
    }
    return calls.map((call) => replies.get(call) as Reply);
  }

  /** @param apart Whether each has a savepoint. */
  #commit(calls: readonly Call[], replies: Map<Call, Reply>, apart = false): void {
    const own = new Map<Call, Reply>();
    let ended = false;
    try {
      if (this.#failed) throw this.#failed;
      this.#db.exec('BEGIN IMMEDIATE');
      for (const call of calls) own.set(call, apart ? this.#saved(call) : { value: this.#invoke(call) });
      ended = true;
      const startedAt = performance.now();
      this.#db.exec('COMMIT');
      this.#commitMs = performance.now() - startedAt;
    } catch (error) {
      this.#db.rollback();
      this.#store.undone();
      const isOwnFault = !apart && !ended && !this.#failed && !storageFailure(error);
      if (!isOwnFault) this.#undone(calls, error, ended, replies);
      else if (calls.length > 1) this.#commit(calls, replies, true);
      else replies.set(calls[0] as Call, this.#refused(error));
      return;
    }
    for (const [call, reply] of own) {
      replies.set(call, reply);
      if ('value' in reply) this.#store.committed(call, reply.value);
    }
  }

  /** The transaction is gone. The calls that made it go fail alone now; the others go well. */
  #undone(calls: readonly Call[], error: unknown, atCommit: boolean, replies: Map<Call, Reply>): void {
    this.#note(error);
    const [call] = calls;
    if (call && calls.length === 1) {
      replies.set(call, (atCommit && this.#refusedAtCommit(call, error)) || this.#refused(error));
    } else if (this.#failed || isBusy(error)) {
      // Alone, each would only wait as long as all have waited together.
      for (const each of calls) replies.set(each, this.#refused(error));
    } else {
      for (const each of calls) this.#commit([each], replies);
    }
  }

  /** @throws What makes the whole transaction fail. */
  #saved(call: Call): Reply {
    this.#db.exec('SAVEPOINT call');
    try {
      const value = this.#invoke(call);
      this.#db.exec('RELEASE call');
      return { value };
    } catch (error) {
      if (storageFailure(error)) throw error;
      try {
        this.#db.exec('ROLLBACK TO call');
        this.#db.exec('RELEASE call');
        this.#store.undone();
      } catch {
        // No such savepoint: the statement has ended the transaction, as an effect with OR ROLLBACK does.
        throw error;
      }
      return this.#refused(error);
    }
  }

  /** A deferred foreign key is judged at COMMIT: which of the effects broke it is not told. */
  #refusedAtCommit(call: Call, error: unknown): Reply | undefined {
    const effects = call.name === 'complete' || call.name === 'commit' ? call.args[1].effects : [];
    if (effects.length === 0 || this.#failed || storageFailure(error)) return undefined;
    const message = error instanceof Error ? error.message : String(error);
    return { value: { kind: 'effect_failed', index: effects.length - 1, message, ...constraintFact(error) } };
  }

  #attempt(call: Call): Reply {
    try {
      if (this.#failed) throw this.#failed;
      return { value: this.#invoke(call) };
    } catch (error) {
      this.#note(error);
      return this.#refused(error);
    }
  }

  #refused(error: unknown): Reply {
    return error instanceof EffectRefused ? { value: error.outcome } : { error: this.#judged(error) };
  }

  #note(error: unknown): void {
    const failure = damageFound(error) ?? storageFailure(error);
    if (failure && !failure.retryable) this.#failed ??= failure;
  }

  #judged(error: unknown): CrudpError | TypeError {
    if (this.#failed) return this.#failed;
    if (error instanceof TypeError) return error;
    const why = error instanceof Error ? error.message : String(error);
    return storageFailure(error) ?? new CrudpError('storage_error', why, { cause: error });
  }

  #invoke(call: Call): unknown {
    const run = this.#store[call.name] as (...args: readonly unknown[]) => unknown;
    return run.apply(this.#store, call.args);
  }
}

/** A row that is not as it was written: nothing around it can be trusted either. */
function damageFound(error: unknown): CrudpError | undefined {
  // Of a column that holds JSON.
  if (error instanceof SyntaxError) return new CrudpError('journal_corrupt', error.message, { cause: error });
  return error instanceof CrudpError && error.code === 'journal_corrupt' ? error : undefined;
}
