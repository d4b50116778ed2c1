import type { CrudpError } from '../../../errors.ts';
import type {
  AcceptOutcome,
  Backlog,
  Claim,
  CommitOutcome,
  Completion,
  CompletionOutcome,
  FailedPacket,
  FailureQuery,
  IncomingBatch,
  KeptFailure,
  OutboxKey,
  Pending,
  Place,
  ResultChunk,
  Span,
  TrimLimits,
} from '../../journal.ts';
import type { LogAppend, LogPosition, LogReading } from '../../journal-log.ts';
import type { PreparedEffect } from './effects.ts';
import type { TrimCursor } from './results.ts';

/** Which outbox was claimed, and by which claim. */
export type Lease = OutboxKey & Pick<Claim, 'token'>;

/** A completion as it reaches the database: with what depends on time and chance. */
export interface DatedCompletion extends Pick<Completion, 'results' | 'frame' | 'logged' | 'pushes' | 'begins'> {
  readonly effects: readonly PreparedEffect[];
  readonly failed: readonly PackedFailure[];
  /** ms since 1970 UTC. */
  readonly at: number;
  /** One for the results, then one for each push. */
  readonly marks: readonly string[];
}

/** A failed packet as it reaches the database: its sender as JSON. */
export interface PackedFailure extends Omit<FailedPacket, 'identity'> {
  readonly identity: string;
}

/** What a failed packet that was run again has changed. */
export interface DatedCommit extends Pick<DatedCompletion, 'pushes' | 'effects' | 'at'> {
  /** One for each push. */
  readonly marks: readonly string[];
}

/** A batch as it reaches the database: no more of it than is stored. */
export interface PackedBatch extends Omit<IncomingBatch, 'identity' | 'packets'> {
  /** JSON. */
  readonly identity: string;
  /** Their numbers: a list of packets would cost each side of the thread as much as the rest of the batch. */
  readonly packets: readonly Span[];
  /** What the new ones wait for. */
  readonly needs: readonly number[];
}

/** What the journal asks of the database, plain data in and out, so that a thread may lie between them. */
export interface Calls {
  accept(batch: PackedBatch): AcceptOutcome;
  place(key: OutboxKey): Place;
  results(key: OutboxKey, seqs: readonly number[], maxBytes: number): ResultChunk[];
  claim(): Claim | null;
  pending(lease: Lease, afterSeq: number): Pending;
  begin(lease: Lease, seqs: readonly number[]): number[] | null;
  excuse(lease: Lease, seqs: readonly number[]): void;
  complete(lease: Lease, completion: DatedCompletion): CompletionOutcome;
  /** @returns Whether the outbox has packets to run. */
  release(lease: Lease, idleUpTo: number): boolean;
  /** @returns As `release`; false while it is claimed. */
  resume(key: OutboxKey): boolean;
  backlog(): Backlog;
  append(entries: readonly LogAppend[], marks: readonly string[], at: number): void;
  end(log: string): LogPosition;
  read(log: string, position: LogPosition, maxBytes: number): LogReading;
  /** One slice of it. @returns The cursor of the next one; null at the end. */
  failures(query: FailureQuery): KeptFailure[];
  commit(failure: number | null, facts: DatedCommit): CommitOutcome;
  discard(ids: readonly number[]): number;
  trim(before: TrimLimits, cursor: TrimCursor): TrimCursor | null;
}

export type CallName = keyof Calls;
export type Call = { [Name in CallName]: { name: Name; args: Parameters<Calls[Name]> } }[CallName];

/** Those that write: they share a transaction. The others run after it, on what has been committed. */
export const writes: ReadonlySet<CallName> = new Set<CallName>([
  'accept',
  'begin',
  'excuse',
  'complete',
  'append',
  'commit',
  'discard',
  'trim',
]);

export type Reply = { readonly value: unknown } | { readonly error: CrudpError | TypeError };
