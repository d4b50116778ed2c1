import type { Route } from '../packet.ts';
import type { Context } from './context.ts';
import type { FileSource } from './files/file-source.ts';
import type { Identity, Place } from './journal.ts';

/**
 * The server without HTTP: what POST /sync and GET /events do once a request has been read and its sender is known.
 * The HTTP routes and the transport of `testApp` both stand on it. Every call starts the server if it has not been.
 */
export interface ServerCore {
  /**
   * Makes a frame's new packets durable and answers for the others (PROTOCOL.md C.2).
   *
   * Refusals are replies too; it rejects only where the server itself is at fault.
   */
  sync(request: SyncRequest): Promise<SyncReply>;
  /**
   * Opens an event stream (C.3). `hello` has been sent when this resolves.
   *
   * @throws {RequestRefused} 429 `too_many_streams`, 400 `bad_outbox`, 503 `draining`.
   */
  subscribe(request: EventsRequest, sink: EventSink): Promise<Session>;
  /**
   * Runs a handler at once, without a packet (C.6).
   *
   * @returns The handler's answer.
   * @throws {RequestRefused} Whatever else came of it.
   */
  call(request: CallRequest): Promise<readonly unknown[]>;
}

/** What a POST to /sync says: its sender, its headers' facts, its body. */
export interface SyncRequest {
  readonly identity: Identity;
  /** `CRUDP-User`: the user the outbox is bound to; '' where the header is missing. */
  readonly boundUser: string;
  /** `CRUDP-Contract`: the client's contract version. */
  readonly contract: number;
  /** `CRUDP-After`. */
  readonly after: Place;
  /** `CRUDP-Tag`: 16 hex digits, or '' for a frame without packets. */
  readonly tag: string;
  /** `Prefer: wait`, in milliseconds; 0: answer as soon as the batch is durable. Capped by the server. */
  readonly waitMs: number;
  readonly frame: Uint8Array;
  /** Aborted when nobody hears the answer any more: ends the waiting, never the accepting. */
  readonly signal?: AbortSignal;
}

/** An answer of /sync: HTTP status and JSON body, `{epoch, accepted, results?}` or `{code, message, …}`. */
export interface SyncReply {
  readonly status: number;
  readonly json: Readonly<Record<string, unknown>>;
  /** For 429 and 503. */
  readonly retryAfterSeconds?: number;
  /** For the log: whose packets, how many, and how many of them were new; '' and 0 where it was refused. */
  readonly outbox: string;
  readonly packets: number;
  readonly appended: number;
}

/** A handler to be run at once, by a form or a program: no packet stands for it, and nothing of it is stored but its effects. */
export interface CallRequest {
  readonly identity: Identity;
  readonly route: Route;
  readonly records: readonly unknown[];
  readonly http: NonNullable<Context['http']>;
  /** The content of a file that came with the call, by the `upload` that a record names. */
  readonly find: (upload: string) => FileSource | null;
}

export interface EventsRequest {
  readonly identity: Identity;
  /** 16 hex digits: results of its reads go to this stream only. */
  readonly outbox: string;
  /** A cursor that an event brought, or null to begin at the end. Never trusted; one that is not ours is not recovered. */
  readonly cursor: string | null;
  /** When the credentials end, ms since 1970 UTC: the stream then ends with `bye`. */
  readonly expiresAt?: number;
}

/** One event of a stream. */
export interface StreamEvent {
  readonly event: 'hello' | 'results' | 'push' | 'bye';
  /** The cursor after this event; absent where the event is in no log (results of reads, bye). */
  readonly id?: string;
  /**
   * JSON for hello and bye; for results and push a frame, which is sent as its base64. Streams that are sent the same frame
   * get the same object, with the same `event`: what is made of the two can be made once for all of them.
   */
  readonly data: string | Uint8Array;
}

/** Where a session's events go: an HTTP response, a list, a client in the same process. */
export interface EventSink {
  /** Never called after `close`. */
  send(event: StreamEvent): void;
  /** A sign of life; no event. */
  heartbeat(): void;
  /** Told when all that the logs hold has been sent, after `hello` and after each run of events. */
  idle?(): void;
  /** Bytes that were sent and that the network has not taken yet. */
  readonly unsentBytes: number;
  /** Bytes that the network has taken so far; only grows. Tells a slow reader from a stuck one. */
  readonly takenBytes: number;
  /** It takes nothing before its time, and is not stuck for that. */
  readonly isPatient?: boolean;
  /** Set by the session; to be called when `unsentBytes` has come down to 0. */
  onDrain: () => void;
  /** No more events: the session has ended. */
  close(): void;
}

export type ByeReason = 'auth' | 'drain' | 'slow';

/** An open event stream. */
export interface Session {
  /** Ends it without `bye`, as when the peer has gone. Idempotent. */
  close(): void;
}
