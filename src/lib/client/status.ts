import type { Durability } from './storage.ts';

/**
 * - `idle`: nothing is to be sent.
 * - `syncing`: packets are being sent.
 * - `offline`: switched off, or the server cannot be reached; it tries again by itself.
 * - `needs-auth`: the server wants credentials; `authenticated()` goes on.
 * - `held`: the queue waits for what `reason` says.
 * - `closed`
 */
export type ClientState = 'idle' | 'syncing' | 'offline' | 'needs-auth' | 'held' | 'closed';

/** As far as sending goes. */
export interface SyncState {
  readonly state: Exclude<ClientState, 'closed'>;
  readonly reason?: string;
}

export interface ClientStatus {
  readonly state: ClientState;
  /**
   * Why it is held or offline: `switched_off`, `no_network`, `unreachable`; `wrong_user` (the outbox is another user's),
   * `contract_older` (the server is yet to be updated), `contract_newer` (packets of a newer page wait for one),
   * `storage_full`, `storage_failed`, `storage_newer` (a newer page has changed the database: load this one again); or the code with which the server answers.
   */
  readonly reason?: string | undefined;
  /** Packets without a result. */
  readonly queued: number;
  /** Packets that the server could not read: for `outbox.retry` or `outbox.discard`. */
  readonly parked: number;
  readonly stream: StreamState;
  /** How long the outbox lasts. */
  readonly durability: Durability;
  /** Whether it is this page that sends and holds the stream. */
  readonly isLeader: boolean;
}

/** `refused`: the user has as many streams open as the server allows; results are asked for, pushes are not heard. */
export type StreamState = 'closed' | 'connecting' | 'open' | 'polling' | 'refused';
