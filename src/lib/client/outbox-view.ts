import type { Action, ReqId } from '../packet.ts';

/** A packet that waits for its result. */
export interface OutboxEntry {
  readonly reqId: ReqId;
  readonly handler: string;
  readonly action: Action;
  readonly records: readonly unknown[];
  /** On this device only; in a POST, whose answer is not known; on the server's disk. */
  readonly state: 'queued' | 'sent' | 'accepted';
  /** POSTs that have carried it without an answer that it was accepted. */
  readonly attempts: number;
  /** All in ms since 1970 UTC. */
  readonly queuedAt: number;
  readonly sentAt?: number;
  readonly acceptedAt?: number;
}

export interface OutboxSnapshot {
  /** In order; the first 1000 where there are more. */
  readonly entries: readonly OutboxEntry[];
  readonly count: number;
}
