import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Clock, systemClock } from '../clock.ts';
import type { Codec } from '../codec/codec.ts';
import { type DecodeLimits, defaultLimits } from '../limits.ts';
import type { RequestPacket } from '../packet.ts';
import type { FormLimits } from './calls/read-form.ts';
import type { Identity, Journal } from './journal.ts';
import { logFailures, type ServerLogEntry } from './log.ts';
import type { OnStorageFailure } from './storage-watch.ts';
import type { Uploads } from './uploads.ts';

/** Who sends a request. */
export interface Authenticated {
  /** Never ''. */
  readonly user: string;
  /** Default none. */
  readonly roles?: readonly string[];
  /** When the credentials end, ms since 1970 UTC: streams are closed then. */
  readonly expiresAt?: number;
  /** The application's own facts about the user, for `ctx.meta`; JSON. */
  readonly meta?: unknown;
}

export type Authenticate = (
  request: IncomingMessage,
  response: ServerResponse,
) => Authenticated | null | Promise<Authenticated | null>;

/** As Connect and Express have it. One that neither answers nor calls `next` leaves the request hanging. */
export type Middleware = (
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => unknown;

/** @param packet With its records as they were sent. */
export type WaitsFor = (packet: RequestPacket, identity: Identity, outbox: string) => boolean | Promise<boolean>;

export interface ServerOptions {
  /** Where it answers: `${base}/sync`, `/events`, `/uploads`, `/call`. Default '/api'. */
  readonly base?: string;
  /** Opened by `start`, closed by `close`. */
  readonly journal: Journal;
  /** Says who sends a request; null: 401. */
  readonly authenticate: Authenticate;
  /** Run before every route, in order. Default none. */
  readonly middleware?: readonly Middleware[];
  /** Foreign origins whose pages may use the server with the user's cookies, as `https://app.example`. Default none. */
  readonly origins?: readonly string[];
  /** Default: the WebAssembly codec, or its twin where that cannot be loaded. */
  readonly codec?: Codec;
  readonly clock?: Clock;
  /** Default: failures go to console.error. */
  readonly log?: (entry: ServerLogEntry) => void;
  /** What a frame may hold. */
  readonly limits?: Partial<DecodeLimits>;
  /** Bytes of a POST's body. Default: the limit of a frame, 8 MiB. */
  readonly maxBatchBytes?: number;
  /** A body has this long, and half a millisecond more for each of its bytes that has come; then 408. Default 30 000. */
  readonly slowBodyMs?: number;
  /** Packets of a user that may wait here; with more, 429. Default 100 000. */
  readonly maxQueuedPackets?: number;
  /** Outboxes whose packets run side by side. Default 64. */
  readonly concurrency?: number;
  /** How often a packet may be begun, by asking for another try or by the process dying. Default 3. */
  readonly maxAttempts?: number;
  /**
   * How long a handler may take: `ctx.signal` is aborted then, and the packet's status is `internal`, whatever the
   * handler still does. Default: as long as it likes.
   */
  readonly handlerTimeoutMs?: number;
  /** Packets that waited longer are not run but `expired`. Default: none. */
  readonly maxQueueMs?: number;
  /** Between a stream's signs of life. Default 15 000. */
  readonly heartbeatMs?: number;
  /** A stream that takes nothing for so long is closed. Default 30 000. */
  readonly stuckMs?: number;
  /**
   * Whether a packet waits for something outside, an import or an approval: it steps out of the line then, with those
   * that depend on it, and is looked at again when something new comes to its outbox, after a restart, and when
   * `server.resume` is called. Default: none does.
   */
  readonly waitsFor?: WaitsFor;
  /**
   * Takes files too large for a packet: `uploads({ directory })` of `crudp/uploads`. Opened by `start`, closed by `close`.
   * Default: none, and packets that refer to an upload are `invalid`.
   */
  readonly uploads?: Uploads;
  /** What a form posted to `${base}/call/<handler>/<action>` may hold. */
  readonly forms?: FormLimits;
  /**
   * What happens when the journal's storage has failed for good, an fsync, say. `'refuse'`: whatever would be stored is
   * answered with 503, reading goes on where it can. `'exit'`: the process also ends, with code 1, for its supervisor to
   * start it anew. Default 'refuse'.
   */
  readonly onStorageFailure?: OnStorageFailure;
  /** Unsent bytes at which a stream is fed no more until it has taken all. Default 256 KiB. */
  readonly maxUnsentBytes?: number;
  /** Streams that a user may have open. Default 6. */
  readonly maxStreamsPerUser?: number;
  /** How long a long poll waits for events. Default 25 000. */
  readonly pollMs?: number;
  /** The longest `Prefer: wait`. Default 30 000. */
  readonly maxWaitMs?: number;
  /** Days for which a result is kept that its client does not acknowledge. Default 30. */
  readonly resultDays?: number;
  /** Days after which an absent client's stream does not resume but begins anew; at most `resultDays`. Default 7. */
  readonly logDays?: number;
  /** Bytes of frames that one user's, role's or everybody's log may hold: the oldest entries go. Default 64 MiB. */
  readonly maxLogBytes?: number;
  /** Days for which a packet that came to nothing is kept for an operator (`server.packets`). Default 30. */
  readonly failedDays?: number;
  /** How long `close` lets running handlers go on before `ctx.signal` is aborted. Default 10 000. */
  readonly graceMs?: number;
}

/** Options with their defaults filled in; those without a default stay undefined. */
export type Settings = Required<Omit<ServerOptions, 'codec' | 'limits' | 'waitsFor' | 'uploads'>> & {
  readonly codec: Codec | undefined;
  readonly waitsFor: WaitsFor | undefined;
  readonly uploads: Uploads | null;
  readonly limits: DecodeLimits;
};

export function settingsOf(options: ServerOptions): Settings {
  const limits = { ...defaultLimits, ...options.limits };
  const base = `/${options.base ?? 'api'}`.replaceAll(/\/+/g, '/').replace(/\/$/, '');
  for (const origin of options.origins ?? []) {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin) {
      throw new TypeError(`[bad_origin] ${JSON.stringify(origin)} is not an origin such as "https://app.example"`);
    }
  }
  return {
    journal: options.journal,
    authenticate: options.authenticate,
    base,
    middleware: options.middleware ?? [],
    origins: options.origins ?? [],
    codec: options.codec,
    waitsFor: options.waitsFor,
    uploads: options.uploads ?? null,
    forms: options.forms ?? {},
    onStorageFailure: options.onStorageFailure ?? 'refuse',
    clock: options.clock ?? systemClock,
    log: options.log ?? logFailures,
    limits,
    maxBatchBytes: options.maxBatchBytes ?? limits.frame,
    slowBodyMs: options.slowBodyMs ?? 30_000,
    maxQueuedPackets: options.maxQueuedPackets ?? 100_000,
    concurrency: options.concurrency ?? 64,
    maxAttempts: options.maxAttempts ?? 3,
    handlerTimeoutMs: options.handlerTimeoutMs ?? Number.POSITIVE_INFINITY,
    maxQueueMs: options.maxQueueMs ?? Number.POSITIVE_INFINITY,
    heartbeatMs: options.heartbeatMs ?? 15_000,
    stuckMs: options.stuckMs ?? 30_000,
    maxUnsentBytes: options.maxUnsentBytes ?? 262_144,
    maxStreamsPerUser: options.maxStreamsPerUser ?? 6,
    pollMs: options.pollMs ?? 25_000,
    maxWaitMs: options.maxWaitMs ?? 30_000,
    resultDays: options.resultDays ?? 30,
    logDays: options.logDays ?? 7,
    maxLogBytes: options.maxLogBytes ?? 67_108_864,
    failedDays: options.failedDays ?? 30,
    graceMs: options.graceMs ?? 10_000,
  };
}
