import { type Clock, systemClock } from '../../clock.ts';
import { CrudpError } from '../../errors.ts';
import {
  type AcceptOutcome,
  type Backlog,
  type Claim,
  type CommitOutcome,
  type Completion,
  type CompletionOutcome,
  type FailureQuery,
  type IncomingBatch,
  type Journal,
  type JournalNews,
  type KeptFailure,
  nowhere,
  type OutboxKey,
  type Pending,
  type Place,
  type ResultChunk,
  type TrimLimits,
} from '../journal.ts';
import { type LogAppend, type LogPosition, type LogReading, userLog } from '../journal-log.ts';
import { checkUser } from './admission.ts';
import { MemoryFailures } from './memory/failures.ts';
import { MemoryLog } from './memory/log.ts';
import { MemoryOutbox } from './memory/outbox.ts';
import { News } from './news.ts';
import { newEpoch, newMark, type Random, systemRandom } from './random.ts';
import { Turns } from './turns.ts';

export interface MemoryJournalOptions {
  /** Dates results and log entries. Default: the system's. */
  readonly clock?: Clock;
  /** Default: the system's. */
  readonly random?: Random;
  /** Frames handed out with one claim, unless a single batch is larger. Default 1 MiB. */
  readonly maxClaimBytes?: number;
}

/**
 * A journal in this process's memory, for tests and for trying things out: what it holds is gone with the process, and
 * nothing it says is durable.
 *
 * Closing and opening it again is a restart: leases are void, all else is there. Effects need a database; here they
 * fail.
 */
export function memoryJournal(options: MemoryJournalOptions = {}): Journal {
  return new MemoryJournal(options);
}

const noDatabase = {
  kind: 'effect_failed',
  index: 0,
  message: 'the memory journal has no database for effects',
} as const;

class MemoryJournal implements Journal {
  readonly epoch: string;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #maxClaimBytes: number;
  // Keyed by user, then by outbox: no text made of both could be taken for another pair's.
  readonly #outboxes = new Map<string, Map<string, MemoryOutbox>>();
  readonly #logs = new Map<string, MemoryLog>();
  readonly #turns = new Turns<MemoryOutbox>();
  readonly #leases = new Map<MemoryOutbox, number>();
  /** Claimed outboxes for which `resume` was called since. */
  readonly #resumed = new Set<MemoryOutbox>();
  readonly #failures = new MemoryFailures();
  readonly #news = new News();
  #tokens = 0;
  #batches = 0;
  #open = false;

  constructor({ clock = systemClock, random = systemRandom, maxClaimBytes = 1 << 20 }: MemoryJournalOptions) {
    this.#clock = clock;
    this.#random = random;
    this.#maxClaimBytes = maxClaimBytes;
    this.epoch = newEpoch(random);
  }

  async open(): Promise<void> {
    if (this.#open) return;
    this.#open = true;
    this.#turns.clear();
    this.#leases.clear();
    this.#resumed.clear();
    const pending = [...this.#all()].filter((outbox) => outbox.pending).sort((a, b) => a.since - b.since);
    for (const outbox of pending) this.#turns.add(outbox.user, outbox);
  }

  async close(): Promise<void> {
    this.#open = false;
  }

  async accept(batch: IncomingBatch): Promise<AcceptOutcome> {
    this.#check();
    checkUser(batch.user);
    const known = this.#find(batch);
    const waiting = this.#waitingOf(batch.user);
    const outbox = known ?? new MemoryOutbox(batch);
    const outcome = outbox.accept(batch, this.epoch, ++this.#batches, waiting);
    if (outcome.kind === 'accepted' && outcome.appended > 0) {
      if (!known) this.#add(outbox);
      if (!this.#leases.has(outbox)) this.#turns.add(outbox.user, outbox);
      this.#news.tell([{ kind: 'work' }]);
    }
    return outcome;
  }

  async place(key: OutboxKey): Promise<Place> {
    this.#check();
    return this.#find(key)?.place(this.epoch) ?? nowhere;
  }

  async results(
    key: OutboxKey,
    seqs: readonly number[],
    maxBytes = Number.POSITIVE_INFINITY,
  ): Promise<readonly ResultChunk[]> {
    this.#check();
    return this.#find(key)?.results(seqs, maxBytes) ?? [];
  }

  async claim(): Promise<Claim | null> {
    this.#check();
    const outbox = this.#turns.take()?.outbox;
    if (!outbox) return null;
    this.#leases.set(outbox, ++this.#tokens);
    return outbox.claim(this.#tokens, this.#maxClaimBytes);
  }

  async pending(claim: Claim, afterSeq: number): Promise<Pending> {
    this.#check();
    const outbox = this.#leased(claim);
    return outbox?.pendingAfter(afterSeq, this.#maxClaimBytes) ?? { batches: [], statuses: new Map() };
  }

  async begin(claim: Claim, seqs: readonly number[]): Promise<readonly number[] | null> {
    this.#check();
    return this.#leased(claim)?.begin(seqs) ?? null;
  }

  async excuse(claim: Claim, seqs: readonly number[]): Promise<void> {
    this.#check();
    this.#leased(claim)?.excuse(seqs);
  }

  async complete(claim: Claim, completion: Completion): Promise<CompletionOutcome> {
    this.#check();
    const outbox = this.#leased(claim);
    if (!outbox) return { kind: 'fenced' };
    const { frame, logged, pushes, effects } = completion;
    if (effects.length > 0) return noDatabase;
    outbox.complete(completion, this.#clock.now());
    for (const failed of completion.failed ?? []) this.#failures.add(outbox, failed, this.#clock.now());
    const news: JournalNews[] = [];
    if (logged) news.push(this.#append(userLog(claim.user), 'results', claim.outbox, frame));
    else news.push({ kind: 'read', user: claim.user, outbox: claim.outbox, frame });
    news.push(...this.#appendAll(pushes));
    this.#news.tell(news);
    return { kind: 'committed' };
  }

  async release(claim: Claim, idleUpTo = 0): Promise<void> {
    this.#check();
    const outbox = this.#leased(claim);
    if (!outbox) return;
    this.#leases.delete(outbox);
    const isResumed = this.#resumed.delete(outbox);
    if (isResumed || outbox.accepted > idleUpTo) this.#giveTurn(outbox);
  }

  async resume(key: OutboxKey): Promise<void> {
    this.#check();
    const outbox = this.#find(key);
    if (!outbox) return;
    if (this.#leases.has(outbox)) this.#resumed.add(outbox);
    else this.#giveTurn(outbox);
  }

  async backlog(): Promise<Backlog> {
    this.#check();
    let packets = 0;
    let oldestAt: number | null = null;
    for (const outbox of this.#all()) {
      packets += outbox.waitingCount;
      const at = outbox.oldestAt;
      if (at !== null && (oldestAt === null || at < oldestAt)) oldestAt = at;
    }
    return { packets, oldestAt };
  }

  async append(entries: readonly LogAppend[]): Promise<void> {
    this.#check();
    this.#news.tell(this.#appendAll(entries));
  }

  async end(log: string): Promise<LogPosition> {
    this.#check();
    return (this.#logs.get(log) ?? new MemoryLog(log)).end;
  }

  async read(log: string, position: LogPosition, maxBytes: number): Promise<LogReading> {
    this.#check();
    return (this.#logs.get(log) ?? new MemoryLog(log)).read(position, maxBytes);
  }

  async failures(query: FailureQuery): Promise<readonly KeptFailure[]> {
    this.#check();
    return this.#failures.list(query);
  }

  async commit({ pushes, effects }: Pick<Completion, 'pushes' | 'effects'>, failure?: number): Promise<CommitOutcome> {
    this.#check();
    if (effects.length > 0) return noDatabase;
    if (failure !== undefined && this.#failures.discard([failure]) === 0) return { kind: 'gone' };
    this.#news.tell(this.#appendAll(pushes));
    return { kind: 'committed' };
  }

  async discard(ids: readonly number[]): Promise<number> {
    this.#check();
    return this.#failures.discard(ids);
  }

  async trim(before: TrimLimits): Promise<void> {
    this.#check();
    this.#failures.trim(before.failures ?? Number.NEGATIVE_INFINITY);
    for (const log of this.#logs.values()) {
      log.trim(Math.max(before.logs, before.results));
      log.trimToSize(before.logBytes ?? Number.POSITIVE_INFINITY);
    }
    for (const outbox of this.#all()) outbox.trim(before.results);
  }

  subscribe(listener: (news: JournalNews) => void): () => void {
    return this.#news.subscribe(listener);
  }

  #check(): void {
    if (!this.#open) throw new CrudpError('journal_closed', 'the journal is not open');
  }

  #find({ user, outbox }: OutboxKey): MemoryOutbox | undefined {
    return this.#outboxes.get(user)?.get(outbox);
  }

  #add(outbox: MemoryOutbox): void {
    const mine = this.#outboxes.get(outbox.user) ?? new Map<string, MemoryOutbox>();
    this.#outboxes.set(outbox.user, mine.set(outbox.outbox, outbox));
  }

  #waitingOf(user: string): number {
    let waiting = 0;
    for (const outbox of this.#outboxes.get(user)?.values() ?? []) waiting += outbox.waitingCount;
    return waiting;
  }

  *#all(): Iterable<MemoryOutbox> {
    for (const mine of this.#outboxes.values()) yield* mine.values();
  }

  #giveTurn(outbox: MemoryOutbox): void {
    if (!outbox.pending) return;
    this.#turns.add(outbox.user, outbox);
    this.#news.tell([{ kind: 'work' }]);
  }

  #leased(claim: Claim): MemoryOutbox | undefined {
    const outbox = this.#find(claim);
    return outbox && this.#leases.get(outbox) === claim.token ? outbox : undefined;
  }

  #append(name: string, kind: 'results' | 'push', outbox: string, frame: Uint8Array): JournalNews {
    const log = this.#logs.get(name) ?? new MemoryLog(name);
    this.#logs.set(name, log);
    log.append({ kind, outbox, frame: new Uint8Array(frame), mark: newMark(this.#random) }, this.#clock.now());
    return { kind: 'log', log: name };
  }

  /** @returns One piece of news for each log, however many entries it got. */
  #appendAll(entries: readonly LogAppend[]): JournalNews[] {
    for (const { log, kind, frame } of entries) this.#append(log, kind, '', frame);
    return Array.from(new Set(entries.map(({ log }) => log)), (log) => ({ kind: 'log', log }));
  }
}
