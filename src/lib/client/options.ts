import type { Clock } from '../clock.ts';
import { systemClock } from '../clock.ts';
import type { Codec } from '../codec/codec.ts';
import { loadCodec } from '../codec/load.ts';
import { guarded } from './guarded.ts';
import { httpTransport } from './http-transport.ts';
import type { Locks } from './leader.ts';
import { type Random, systemRandom } from './random.ts';
import type { Storage } from './storage.ts';
import type { Transport } from './transport.ts';
import type { InlineLimits } from './uploads/take-files.ts';

/** A frame that went over the network, for whoever wants to look. */
export interface FrameEvent {
  readonly direction: 'sent' | 'received';
  /** Not to be changed. */
  readonly frame: Uint8Array;
  /** ms since 1970 UTC. */
  readonly at: number;
}

export interface ClientOptions {
  /** Where the server answers, as `/api` or `https://app.example/api`. */
  readonly url?: string;
  /** The user whom the outbox belongs to. Packets of others in the same storage are left alone. */
  readonly user: string;
  readonly storage: Storage;
  /** Default: the WebAssembly codec, or its twin where that cannot be loaded. */
  readonly codec?: Codec;
  /** Default: the platform's. */
  readonly fetch?: typeof fetch;
  /** Added to each request: a token, for one. Asked anew each time where it is a function. */
  readonly headers?: HeadersInit | (() => HeadersInit | Promise<HeadersInit>);
  /** As fetch has it. Default `same-origin`; `include` for a server of another origin. */
  readonly credentials?: RequestCredentials;
  /** Instead of HTTP; `url`, `fetch`, `headers` and `credentials` are not used then. */
  readonly transport?: Transport;
  /** Default true; false: as after `setOnline(false)`. */
  readonly online?: boolean;
  /** Bytes of packets that go into one POST. Default 1 MiB. */
  readonly maxBatchBytes?: number;
  /** Bytes of a file that still goes in its packet; larger ones go by upload. Default 64 KiB. */
  readonly inlineFileBytes?: number;
  /** Packets that go into one POST. Default 1000; a server takes 10 000 at most. */
  readonly maxBatchPackets?: number;
  /** How long a packet that was saved waits for others to share its POST. Default 5 ms. */
  readonly batchWindowMs?: number;
  readonly clock?: Clock;
  readonly random?: Random;
  /** Default: navigator.locks; null: each page sends and hears for itself. */
  readonly locks?: Locks | null;
  /** Something may have been missed: pushes, or changes made on other devices. Read again what is shown. */
  readonly onGap?: () => void;
  readonly onFrame?: (event: FrameEvent) => void;
  /** What goes wrong and has no other place: a listener that throws, a frame that cannot be read. Default: console.error. */
  readonly onError?: (error: unknown) => void;
}

/** Options with their defaults filled in. */
export interface ClientSettings extends Required<Pick<ClientOptions, 'user' | 'storage' | 'clock' | 'random'>> {
  /** It may still be loading. */
  readonly codec: Promise<Codec>;
  readonly transport: Transport;
  readonly isOnline: boolean;
  readonly maxBatchBytes: number;
  readonly maxBatchPackets: number;
  readonly batchWindowMs: number;
  readonly inline: InlineLimits;
  readonly locks: Locks | null;
  readonly onGap: () => void;
  readonly onFrame: ((event: FrameEvent) => void) | undefined;
  readonly onError: (error: unknown) => void;
}

/** @throws {TypeError} `bad_option`. */
export function settingsOf(options: ClientOptions): ClientSettings {
  const { user, storage, url } = options;
  if (user === '' || !user.isWellFormed()) throw new TypeError('[bad_option] user is a well-formed text, not empty');
  if (url === undefined && !options.transport) throw new TypeError('[bad_option] url is missing');
  const onError = options.onError ?? reportToConsole;
  const maxBatchBytes = options.maxBatchBytes ?? 1_048_576;
  return {
    user,
    storage,
    codec: options.codec ? Promise.resolve(options.codec) : loadCodec(),
    transport: options.transport ?? overHttp(options, url as string),
    isOnline: options.online ?? true,
    maxBatchBytes,
    maxBatchPackets: options.maxBatchPackets ?? 1000,
    batchWindowMs: options.batchWindowMs ?? 5,
    // Many small files are as heavy as a large one: beyond half a POST they go by upload, too.
    inline: { fileBytes: options.inlineFileBytes ?? 65_536, packetBytes: maxBatchBytes / 2 },
    clock: options.clock ?? systemClock,
    random: options.random ?? systemRandom,
    locks: options.locks === undefined ? platformLocks() : options.locks,
    onGap: guarded(options.onGap ?? (() => {}), onError),
    onFrame: options.onFrame && guarded(options.onFrame, onError),
    onError,
  };
}

function overHttp(options: ClientOptions, url: string): Transport {
  const { headers } = options;
  return httpTransport({
    url,
    // Bound: a browser's fetch refuses to be called as a method of anything else.
    fetch: options.fetch ?? globalThis.fetch.bind(globalThis),
    headers: typeof headers === 'function' ? headers : () => headers ?? {},
    credentials: options.credentials ?? 'same-origin',
  });
}

/** Absent on insecure origins, and in Node before 24. */
function platformLocks(): Locks | null {
  return (globalThis as { navigator?: { locks?: Locks } }).navigator?.locks ?? null;
}

function reportToConsole(error: unknown): void {
  console.error('crudp:', error);
}
