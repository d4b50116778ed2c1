import { type Clock, systemClock } from '../../clock.ts';
import { CrudpError } from '../../errors.ts';
import type {
  AcceptOutcome,
  Backlog,
  Claim,
  CommitOutcome,
  Completion,
  CompletionOutcome,
  Effect,
  EffectFailure,
  FailedPacket,
  FailureQuery,
  IncomingBatch,
  Journal,
  JournalNews,
  KeptFailure,
  OutboxKey,
  Pending,
  Place,
  ResultChunk,
  TrimLimits,
} from '../journal.ts';
import { type LogAppend, type LogPosition, type LogReading, userLog } from '../journal-log.ts';
import { checkUser, dependenciesOf } from './admission.ts';
import { News } from './news.ts';
import { newEpoch, newMark, type Random, systemRandom } from './random.ts';
import { spansOf } from './spans.ts';
import type { Lease, PackedBatch, PackedFailure } from './sqlite/calls.ts';
import { EffectRefused, type PreparedEffect, prepareEffects } from './sqlite/effects.ts';
import { type Host, localHost, threadHost } from './sqlite/host.ts';
import { engineOptions, type SqliteJournalOptions, workerUrl } from './sqlite/options.ts';
import { Pipeline } from './sqlite/pipeline.ts';
import type { TrimCursor } from './sqlite/results.ts';

/**
 * A journal in a SQLite file: WAL, `synchronous=FULL`, in a thread of its own, commits shared by concurrent calls.
 *
 * One process at a time opens it. The application's own tables may live in the same file, written by
 * effects (`ctx.effect`) and read through a connection of its own; names that begin with `crudp_` are the journal's.
 * That connection takes the same SQLite library, if it is in the same process: two of them drop each other's locks
 * (https://sqlite.org/howtocorrupt.html, 2.2.1). Beside the file lie SQLite's `-wal` and `-shm` and an empty `-lock`.
 *
 * @param path The file; it and its folder are made where they do not exist.
 */
export function sqliteJournal(path: string, options: SqliteJournalOptions = {}): Journal {
  return new SqliteJournal(path, options);
}

class SqliteJournal implements Journal {
  readonly #path: string;
  readonly #options: SqliteJournalOptions;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #news = new News();
  #opening: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #open: { readonly host: Host; readonly pipeline: Pipeline } | undefined;
  #epoch = '';

  constructor(path: string, options: SqliteJournalOptions) {
    // Judged here, where the mistake is: not when the server starts.
    engineOptions(path, options, '');
    this.#path = path;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? systemRandom;
  }

  get epoch(): string {
    return this.#epoch;
  }

  open(): Promise<void> {
    this.#opening ??= this.#start().catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  close(): Promise<void> {
    this.#closing ??= this.#stop().finally(() => {
      this.#closing = undefined;
    });
    return this.#closing;
  }

  async accept(batch: IncomingBatch): Promise<AcceptOutcome> {
    checkUser(batch.user);
    const outcome = await this.#pipeline.call('accept', pack(batch));
    if (outcome.kind === 'accepted' && outcome.appended > 0) this.#news.tell([{ kind: 'work' }]);
    return outcome;
  }

  async place({ user, outbox }: OutboxKey): Promise<Place> {
    return this.#pipeline.call('place', { user, outbox });
  }

  async results(
    { user, outbox }: OutboxKey,
    seqs: readonly number[],
    maxBytes = Number.POSITIVE_INFINITY,
  ): Promise<readonly ResultChunk[]> {
    return this.#pipeline.call('results', { user, outbox }, [...seqs], maxBytes);
  }

  async claim(): Promise<Claim | null> {
    return this.#pipeline.call('claim');
  }

  async pending(claim: Claim, afterSeq: number): Promise<Pending> {
    return this.#pipeline.call('pending', leaseOf(claim), afterSeq);
  }

  async begin(claim: Claim, seqs: readonly number[]): Promise<readonly number[] | null> {
    return this.#pipeline.call('begin', leaseOf(claim), [...seqs]);
  }

  async excuse(claim: Claim, seqs: readonly number[]): Promise<void> {
    await this.#pipeline.call('excuse', leaseOf(claim), [...seqs]);
  }

  async complete(claim: Claim, completion: Completion): Promise<CompletionOutcome> {
    const pipeline = this.#pipeline;
    const { results, frame, logged, pushes, failed = [], begins } = completion;
    const effects = judgedEffects(completion.effects);
    if ('kind' in effects) return effects;
    const outcome = await pipeline.call('complete', leaseOf(claim), {
      results: results.map(({ seq, status }) => ({ seq, status })),
      frame: new Uint8Array(frame),
      logged,
      pushes: pushes.map(copyEntry),
      begins: [...begins],
      effects,
      failed: failed.map(packFailure),
      at: this.#now(),
      marks: this.#marks(1 + pushes.length),
    });
    if (outcome.kind === 'committed') {
      const { user, outbox } = claim;
      const own: JournalNews = logged ? { kind: 'log', log: userLog(user) } : { kind: 'read', user, outbox, frame };
      this.#news.tell([own, ...newsOf(pushes)]);
    }
    return outcome;
  }

  async release(claim: Claim, idleUpTo = 0): Promise<void> {
    if (await this.#pipeline.call('release', leaseOf(claim), idleUpTo)) this.#news.tell([{ kind: 'work' }]);
  }

  async resume({ user, outbox }: OutboxKey): Promise<void> {
    if (await this.#pipeline.call('resume', { user, outbox })) this.#news.tell([{ kind: 'work' }]);
  }

  async backlog(): Promise<Backlog> {
    return this.#pipeline.call('backlog');
  }

  async append(entries: readonly LogAppend[]): Promise<void> {
    const marks = this.#marks(entries.length);
    await this.#pipeline.call('append', entries.map(copyEntry), marks, this.#now());
    this.#news.tell(newsOf(entries));
  }

  async end(log: string): Promise<LogPosition> {
    return this.#pipeline.call('end', log);
  }

  async read(log: string, { offset, mark }: LogPosition, maxBytes: number): Promise<LogReading> {
    return this.#pipeline.call('read', log, { offset, mark }, maxBytes);
  }

  async failures(query: FailureQuery): Promise<readonly KeptFailure[]> {
    return this.#pipeline.call('failures', { ...query });
  }

  async commit({ pushes, effects }: Pick<Completion, 'pushes' | 'effects'>, failure?: number): Promise<CommitOutcome> {
    const pipeline = this.#pipeline;
    const prepared = judgedEffects(effects);
    if ('kind' in prepared) return prepared;
    const facts = { effects: prepared, at: this.#now(), marks: this.#marks(pushes.length) };
    const outcome = await pipeline.call('commit', failure ?? null, { ...facts, pushes: pushes.map(copyEntry) });
    if (outcome.kind === 'committed') this.#news.tell(newsOf(pushes));
    return outcome;
  }

  async discard(ids: readonly number[]): Promise<number> {
    return this.#pipeline.call('discard', [...ids]);
  }

  async trim(before: TrimLimits): Promise<void> {
    // In slices, so that other calls come in between.
    let cursor: TrimCursor | null = { at: Number.MIN_SAFE_INTEGER, id: 0 };
    while (cursor) cursor = await this.#pipeline.call('trim', { ...before }, cursor);
  }

  subscribe(listener: (news: JournalNews) => void): () => void {
    return this.#news.subscribe(listener);
  }

  get #pipeline(): Pipeline {
    if (!this.#open) throw new CrudpError('journal_closed', 'the journal is not open');
    return this.#open.pipeline;
  }

  async #start(): Promise<void> {
    await this.#closing;
    const options = engineOptions(this.#path, this.#options, newEpoch(this.#random));
    const threaded = this.#options.thread ?? true;
    const host = await (threaded ? threadHost(options, this.#options.worker ?? workerUrl()) : localHost(options));
    this.#epoch = host.epoch;
    this.#open = { host, pipeline: new Pipeline(host) };
  }

  async #stop(): Promise<void> {
    await this.#opening?.catch(() => undefined);
    const open = this.#open;
    if (!open) return;
    this.#open = undefined;
    this.#opening = undefined;
    await open.pipeline.idle();
    await open.host.close();
  }

  /** Columns of whole numbers take no fractions, which a clock of its own making may give. */
  #now(): number {
    return Math.floor(this.#clock.now());
  }

  #marks(count: number): string[] {
    const marks: string[] = [];
    while (marks.length < count) marks.push(newMark(this.#random));
    return marks;
  }
}

/** Copied field by field: what a caller's object holds besides must not reach the thread, which may not take it. */
function pack(batch: IncomingBatch): PackedBatch {
  const { user, outbox, contract, tag, oldest, receivedAt, maxWaiting } = batch;
  const { epoch, seq, tag: afterTag } = batch.after;
  return {
    user,
    outbox,
    contract,
    tag,
    oldest,
    receivedAt: Math.floor(receivedAt),
    after: { epoch, seq, tag: afterTag },
    identity: JSON.stringify(batch.identity),
    packets: spansOf(batch.packets.map((packet) => packet.seq)),
    needs: [...dependenciesOf(batch)],
    frame: new Uint8Array(batch.frame),
    ...(maxWaiting !== undefined && { maxWaiting }),
  };
}

function judgedEffects(effects: readonly Effect[]): PreparedEffect[] | EffectFailure {
  try {
    return prepareEffects(effects);
  } catch (error) {
    if (error instanceof EffectRefused) return error.outcome;
    throw error;
  }
}

function packFailure({ seq, status, message, identity, contract, frame }: FailedPacket): PackedFailure {
  return { seq, status, message, contract, identity: JSON.stringify(identity), frame: new Uint8Array(frame) };
}

function leaseOf({ user, outbox, token }: Claim): Lease {
  return { user, outbox, token };
}

function copyEntry({ log, kind, frame }: LogAppend): LogAppend {
  return { log, kind, frame: new Uint8Array(frame) };
}

/** One piece of news for each log, however many entries it got. */
function newsOf(entries: readonly LogAppend[]): JournalNews[] {
  return Array.from(new Set(entries.map(({ log }) => log)), (log) => ({ kind: 'log', log }));
}
