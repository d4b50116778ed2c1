import { CrudpError } from '../errors.ts';
import type { PacketHead } from '../packet.ts';
import type { LogAppend, LogPosition, LogReading } from './journal-log.ts';

/** Who sent a batch, as authentication found it when the batch was accepted. Stored with it, as JSON. */
export interface Identity {
  readonly user: string;
  readonly roles: readonly string[];
  /** The application's own facts about the user; JSON. */
  readonly meta?: unknown;
}

/** An outbox as a journal knows it: whose, and which number (16 hex digits). */
export interface OutboxKey {
  readonly user: string;
  readonly outbox: string;
}

/** Where an outbox stands (C.2): `{ epoch: '0', seq: 0, tag: '0' }` for one that the journal does not know. */
export interface Place {
  readonly epoch: string;
  readonly seq: number;
  readonly tag: string;
}

export const nowhere: Place = Object.freeze({ epoch: '0', seq: 0, tag: '0' });

/** A decoded head and the frame it came in, ready to be made durable. */
export interface IncomingBatch extends OutboxKey {
  readonly identity: Identity;
  /** The client's contract version. */
  readonly contract: number;
  /** What the client believes of the outbox's place; packets above `after.seq` are new. */
  readonly after: Place;
  /** Tag of the frame's last packet; '' where it has none. */
  readonly tag: string;
  readonly frame: Uint8Array;
  /** Results below this sequence number are acknowledged and may be forgotten. */
  readonly oldest: number;
  readonly packets: readonly PacketHead[];
  /** Milliseconds since 1970 UTC. */
  readonly receivedAt: number;
  /** New packets are refused where, with them, more of the user's would wait, in all outboxes together. Default: no limit. */
  readonly maxWaiting?: number;
}

export type AcceptOutcome =
  | {
      readonly kind: 'accepted';
      /** Highest accepted sequence number of the outbox, after this batch. */
      readonly accepted: number;
      /** How many packets of the frame were new. */
      readonly appended: number;
      /** Packets of the frame that were not new and have neither packet nor result here any more. */
      readonly forgotten: readonly number[];
    }
  | { readonly kind: 'moved'; readonly place: Place }
  /** Nothing has changed. `waiting`: how many of the user's packets wait; numbers that were never used may count. */
  | { readonly kind: 'full'; readonly waiting: number };

/** Packets' results as they were committed together: one response frame. */
export interface ResultChunk {
  readonly frame: Uint8Array;
  /** The results in it that were asked for; the frame may hold more. */
  readonly seqs: readonly number[];
}

/** A batch with packets that have not run. */
export interface PendingBatch {
  readonly frame: Uint8Array;
  readonly contract: number;
  readonly identity: Identity;
  /** The frame's packets from `from` to `to`, both included, were accepted with it; earlier ones came in another. */
  readonly from: number;
  readonly to: number;
  readonly receivedAt: number;
}

/** Sequence numbers from the first to the second, both included. */
export type Span = readonly [from: number, to: number];

/** What a run reads of an outbox: batches in order, a few at a time. */
export interface Pending {
  readonly batches: readonly PendingBatch[];
  /** Statuses of completed packets that those in `batches` depend on; a missing one has no result here. */
  readonly statuses: ReadonlyMap<number, number>;
}

/** An outbox taken for running: nobody else runs its packets until it is released or its lease is lost. */
export interface Claim extends OutboxKey, Pending {
  /** Fencing token: a commit with an older one than the journal's is refused. */
  readonly token: number;
  /** The first packet that has not been completed. */
  readonly next: number;
  /** Packets above `next` that were completed out of line: ascending, none touches another. */
  readonly done: readonly Span[];
  /** How often packets that are not completed were begun before, in processes that ended; others never were. */
  readonly begun: ReadonlyMap<number, number>;
  /** How many of those tries `excuse` was called for. */
  readonly excused: ReadonlyMap<number, number>;
}

/** What waits to be run. */
export interface Backlog {
  readonly packets: number;
  /** When the oldest batch with such a packet was received, ms since 1970 UTC; null: there is none. */
  readonly oldestAt: number | null;
}

/** A statement that commits together with a result. */
export interface Effect {
  readonly sql: string;
  readonly params: readonly unknown[];
  /** Rows it must change; another number rolls the commit back. */
  readonly expectChanges?: number;
}

/** A packet that came to nothing, as an operator may look at it, run it again or discard it. */
export interface FailedPacket {
  readonly seq: number;
  readonly status: number;
  readonly message: string;
  readonly identity: Identity;
  /** The contract version of the frame. */
  readonly contract: number;
  /** A request frame of this packet alone. */
  readonly frame: Uint8Array;
}

export interface KeptFailure extends FailedPacket, OutboxKey {
  /** Ascends in the order of failing. */
  readonly id: number;
  /** ms since 1970 UTC. */
  readonly at: number;
}

export interface FailureQuery {
  readonly user?: string;
  readonly outbox?: string;
  readonly seq?: number;
  readonly status?: number;
  /** Those with a greater id. */
  readonly after?: number;
  readonly limit: number;
}

/** What came of a failed packet that was run again: as with a completion, but that no result is stored. */
export type CommitOutcome = Exclude<CompletionOutcome, { readonly kind: 'fenced' }> | { readonly kind: 'gone' };

/** Packets that have run, with all that must become durable at once (rule 3: one transaction, fenced). */
export interface Completion {
  /**
   * Of packets that have not been completed, ascending, at least one. Those before them may still wait: a packet that
   * waits for its uploads steps out of the line.
   */
  readonly results: readonly { readonly seq: number; readonly status: number }[];
  /** A response frame of exactly these results. */
  readonly frame: Uint8Array;
  /** False for results of reads: they are kept for the asking outbox and do not enter the user's log. */
  readonly logged: boolean;
  readonly pushes: readonly LogAppend[];
  readonly effects: readonly Effect[];
  /** Of these packets: those that are to be kept for an operator, with what it takes to run them again. */
  readonly failed?: readonly FailedPacket[];
  /** Packets that are begun right after: their attempts are counted in the same transaction. */
  readonly begins: readonly number[];
}

/** `changes`: where that was another number than expected; `isConstraint`: a rule of the application's tables. */
export interface EffectFailure {
  readonly kind: 'effect_failed';
  readonly index: number;
  readonly changes?: number;
  readonly isConstraint?: true;
  readonly message: string;
}

export type CompletionOutcome =
  | { readonly kind: 'committed' }
  /** An effect changed another number of rows than expected, or its statement failed; nothing was committed. */
  | EffectFailure
  /** The lease was lost to another worker; nothing was committed. */
  | { readonly kind: 'fenced' };

/** Times are in ms since 1970 UTC; what is older goes. */
export interface TrimLimits {
  /** Results that were not acknowledged. */
  readonly results: number;
  /** Log entries; those older than the results that are dropped go too. */
  readonly logs: number;
  /** Failed packets. Default: none goes. */
  readonly failures?: number;
  /** Bytes of frames that one log may hold. Default: as many as there are. */
  readonly logBytes?: number;
}

/** What has changed and whom it may concern. */
export type JournalNews =
  | { readonly kind: 'log'; readonly log: string }
  /** Results of reads, which are in no log: only streams of this outbox hear of them. */
  | { readonly kind: 'read'; readonly user: string; readonly outbox: string; readonly frame: Uint8Array }
  | { readonly kind: 'work' };

/**
 * The server's durable store: accepted batches, results, each user's event log.
 *
 * Every method that changes something resolves after the change is durable; frames passed in are copied. All calls may
 * run concurrently. A method rejects with `CrudpError`
 * - `storage_full`: disk full; nothing of the call has happened, it may be tried again (`retryable`).
 * - `storage_busy`: the application's own connection held the database for too long; as above.
 * - `storage_failed`: the journal accepts nothing any more: what an fsync that failed has lost is unknown.
 * - `journal_corrupt`: what was read is not what was written; as above.
 * - `journal_closed`: before `open`, after `close`.
 */
export interface Journal {
  /** The journal's id: 16 hex digits, made with the store, made anew when a backup is restored. Set by `open`. */
  readonly epoch: string;
  /**
   * Opens or creates the store. Leases of a process that died are void.
   *
   * @throws {CrudpError} for a file: `journal_in_use` (by another process), `journal_foreign`, `journal_newer` (than this
   *   package), `journal_corrupt`, `driver_missing`, `storage_failed`.
   */
  open(): Promise<void>;
  /** Ends what is under way and closes. Idempotent. */
  close(): Promise<void>;

  /** Steps 3 and 4 of C.2, in one transaction. */
  accept(batch: IncomingBatch): Promise<AcceptOutcome>;
  place(key: OutboxKey): Promise<Place>;
  /** The results there are of these packets, as they were committed: about `maxBytes` of frames, at least a chunk. Default: all. */
  results(key: OutboxKey, seqs: readonly number[], maxBytes?: number): Promise<readonly ResultChunk[]>;

  /** Takes the next outbox that has packets to run: round robin by user, none that is taken. */
  claim(): Promise<Claim | null>;
  /** The batches behind those that a claim or a call before this one gave; none: there are no more. Empty when fenced. */
  pending(claim: Claim, afterSeq: number): Promise<Pending>;
  /**
   * Counts an attempt of each of these packets, ascending, none completed, before their handlers run.
   * @returns How often each was begun, this time included; null: fenced.
   */
  begin(claim: Claim, seqs: readonly number[]): Promise<readonly number[] | null>;
  /** Says of packets that were begun that the server, which was told to end, cut this try off. Nothing where fenced. */
  excuse(claim: Claim, seqs: readonly number[]): Promise<void>;
  complete(claim: Claim, completion: Completion): Promise<CompletionOutcome>;
  /**
   * Gives the outbox back; what has not run can be claimed again at once. Idempotent.
   *
   * @param idleUpTo What is left up to this packet waits for something outside: the outbox is not claimed again before
   *   a packet above it is accepted, `resume` is called, also while it was claimed, or the journal is opened anew.
   */
  release(claim: Claim, idleUpTo?: number): Promise<void>;
  /** Lets an outbox that waits for something outside be claimed again. */
  resume(key: OutboxKey): Promise<void>;

  /** What waits to be run; for those who watch. */
  backlog(): Promise<Backlog>;

  /** Appends a push that no packet caused. */
  append(entries: readonly LogAppend[]): Promise<void>;
  /** The last entry of a log, or the position before the first. */
  end(log: string): Promise<LogPosition>;
  /** Entries after `position`, at most about `maxBytes` of frames, at least one if there is one. */
  read(log: string, position: LogPosition, maxBytes: number): Promise<LogReading>;

  /** Failed packets that are kept, oldest first. */
  failures(query: FailureQuery): Promise<readonly KeptFailure[]>;
  /**
   * Commits what a handler changed and whom it told that no result stands for: a call's, of which nothing else is stored.
   *
   * @param failure The failed packet that went well this time, and is forgotten.
   */
  commit(facts: Pick<Completion, 'pushes' | 'effects'>, failure?: number): Promise<CommitOutcome>;
  /** Forgets failed packets. @returns How many there were. */
  discard(ids: readonly number[]): Promise<number>;

  /** Drops what is too old, and the oldest entries of logs that are too large. */
  trim(before: TrimLimits): Promise<void>;

  /** Hears of each change after its commit, until the returned function is called. */
  subscribe(listener: (news: JournalNews) => void): () => void;
}

const ownCodes = new Set(['storage_full', 'storage_busy', 'storage_failed', 'journal_corrupt', 'journal_closed']);

/** Whether an error is the journal's, by the codes that its methods reject with. */
export function isOfJournal(error: unknown): error is CrudpError {
  return error instanceof CrudpError && ownCodes.has(error.code);
}
