import type { Action, ReqId } from '../packet.ts';
import type { ByeReason } from './core.ts';

interface PacketFacts {
  readonly user: string;
  readonly reqId: ReqId;
  readonly handler: string;
  readonly action: Action;
  readonly attempt: number;
}

interface CallFacts {
  readonly user: string;
  readonly handler: string;
  readonly packets: number;
}

/** What the log hook is told: one event for each notable thing. Never a record's values; `error` may hold what was thrown. */
export type ServerLogEvent =
  /** An HTTP answer, after it was handed to the network. For /sync with the frame's packets, and how many were new. */
  | {
      readonly event: 'answered';
      readonly method: string;
      readonly path: string;
      readonly status: number;
      readonly code?: string;
      readonly user?: string;
      readonly outbox?: string;
      readonly bytes?: number;
      readonly packets?: number;
      readonly appended?: number;
      readonly durationMs: number;
    }
  | ({ readonly event: 'handler_started'; readonly items: number } & PacketFacts)
  | ({ readonly event: 'handler_finished'; readonly status: number; readonly durationMs: number } & PacketFacts)
  /** A handler or access rule threw something that is no refusal: the packet's status is `internal`. */
  | ({ readonly event: 'handler_failed'; readonly error: unknown } & PacketFacts)
  /** What a handler answered or pushed is not of its shape: the packet's status is `internal`. */
  | ({ readonly event: 'output_rejected'; readonly path: string; readonly error: unknown } & PacketFacts)
  /** The server's shutdown cut the handler short: the packet runs again when the server is back. */
  | ({ readonly event: 'handler_aborted' } & PacketFacts)
  /** One call ran many packets (`coalesce`). */
  | ({ readonly event: 'call_finished'; readonly durationMs: number } & CallFacts)
  /** One call for many packets came to nothing: they are run one by one. */
  | ({ readonly event: 'call_split'; readonly error: unknown } & CallFacts)
  | ({ readonly event: 'retry_scheduled'; readonly delayMs: number } & PacketFacts)
  /** Packets that came to their result without a handler: unsupported, skipped, invalid, poison … */
  | { readonly event: 'settled'; readonly user: string; readonly reqId: ReqId; readonly status: number }
  | { readonly event: 'stream_opened'; readonly user: string; readonly outbox: string; readonly recovered: boolean }
  | {
      readonly event: 'stream_closed';
      readonly user: string;
      readonly outbox: string;
      readonly reason: ByeReason | 'gone';
    }
  | { readonly event: 'started'; readonly epoch: string }
  /** A failed packet was run again for an operator. */
  | { readonly event: 'packet_rerun'; readonly user: string; readonly reqId: ReqId; readonly status: number }
  | { readonly event: 'closed' }
  /** The journal accepts nothing any more, and the server with it (`onStorageFailure`). Told once. */
  | { readonly event: 'storage_failed'; readonly error: unknown }
  /** The server's own trouble: the journal, the application's authenticate or middleware. */
  | { readonly event: 'failed'; readonly where: string; readonly error: unknown };

/** An event and when it happened, ms since 1970 UTC. */
export type ServerLogEntry = ServerLogEvent & { readonly at: number };

export type Log = (event: ServerLogEvent) => void;

/** What is told when no hook was given: only what somebody has to look at. */
export function logFailures(entry: ServerLogEntry): void {
  if (
    entry.event === 'failed' ||
    entry.event === 'storage_failed' ||
    entry.event === 'handler_failed' ||
    entry.event === 'output_rejected'
  ) {
    console.error(`[crudp] ${entry.event}`, entry);
  }
}
