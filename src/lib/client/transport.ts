import type { Place } from './storage.ts';

/** How a client reaches its server. Over HTTP usually; in one process with it in tests. */
export interface Transport {
  /**
   * POST {base}/sync (PROTOCOL.md C.2).
   *
   * @returns Any answer at all, the server's or not.
   * @throws Where there is no answer: no network, a time-out.
   */
  sync(request: SyncRequest, signal: AbortSignal): Promise<SyncAnswer>;
  /**
   * GET {base}/events (C.3). Resolves when the stream ends.
   *
   * @throws Where it breaks.
   */
  stream(request: StreamRequest, sink: StreamSink, signal: AbortSignal): Promise<StreamEnd>;
  /** The same as a long poll. */
  poll(request: StreamRequest, signal: AbortSignal): Promise<PollAnswer>;
  /**
   * Uploads a file, going on where the server stands (C.6). Without it files too large for a packet are refused.
   *
   * @throws Where nothing could be done at all.
   */
  upload?(request: UploadRequest, signal: AbortSignal): Promise<UploadAnswer>;
}

export interface UploadRequest {
  /** 32 hex digits. */
  readonly id: string;
  readonly content: Blob;
  /** Nothing of it has been sent before. */
  readonly isNew: boolean;
  /** Told how many bytes the server has, about. */
  readonly onProgress: (bytes: number) => void;
}

/** `status` 0 where there is no answer. */
export type UploadAnswer =
  | { readonly kind: 'complete' }
  | ({ readonly kind: 'failed' /** Bytes have arrived. */; readonly hasMoved: boolean } & Refusal);

export interface SyncRequest {
  readonly user: string;
  readonly contract: number;
  readonly after: Place;
  /** '' for a frame without packets. */
  readonly tag: string;
  /** 0: answer at once. */
  readonly waitMs: number;
  readonly frame: Uint8Array<ArrayBuffer>;
}

export interface SyncAnswer extends Refusal {
  /** The body; undefined where it is no JSON. */
  readonly json: unknown;
}

export interface Refusal {
  /** Whether a CRUDP server says this, and not something in between. */
  readonly isServer: boolean;
  readonly status: number;
  readonly retryAfterMs?: number;
}

export interface StreamRequest {
  readonly outbox: string;
  readonly cursor: string | null;
}

export interface StreamSink {
  event(event: ServerEvent): void;
  /** Something arrived, be it a comment. */
  alive(): void;
}

/** As in C.3. */
export interface ServerEvent {
  readonly event: string;
  readonly id?: string;
  readonly data: string;
}

/** `status` 200 where it was a stream, and has come to its end. */
export type StreamEnd = Refusal;

export interface PollAnswer extends Refusal {
  /** For status 200. */
  readonly events: readonly ServerEvent[];
}
