import { nowhere, type Place } from '../../src/lib/client/storage.ts';
import type {
  PollAnswer,
  ServerEvent,
  StreamEnd,
  StreamRequest,
  StreamSink,
  SyncAnswer,
  SyncRequest,
  Transport,
} from '../../src/lib/client/transport.ts';
import { portableCodec } from '../../src/lib/codec/portable-codec.ts';
import type { Contract } from '../../src/lib/contract/contract.ts';
import type { DecodedRequest, PacketResult, PushPacket, RequestPacket } from '../../src/lib/packet.ts';

export const codec = portableCodec();
export const firstEpoch = 'e000000000000001';

/** A POST as the server saw it. */
export interface Post extends SyncRequest {
  readonly batch: DecodedRequest;
  readonly seqs: readonly number[];
}

export type Answer = (post: Post) => SyncAnswer | Promise<SyncAnswer>;

/** An event stream that a client has opened. */
export interface FakeStream extends StreamRequest {
  readonly signal: AbortSignal;
  send(...events: readonly ServerEvent[]): void;
  alive(): void;
  /** The server or the network ends it. */
  end(end?: Partial<StreamEnd>): void;
  break(): void;
}

/** The server's side of C.2, in memory, without handlers; each answer can be replaced. */
export class FakeServer implements Transport {
  epoch = firstEpoch;
  readonly places = new Map<string, Place>();
  readonly results = new Map<string, PacketResult>();
  readonly posts: Post[] = [];
  readonly streams: FakeStream[] = [];
  readonly polls: StreamRequest[] = [];
  /** Answers for the next POSTs, one each; then it is as C.2 says. */
  readonly script: Answer[] = [];
  /** Whether streams begin by themselves. */
  greets = true;
  hello: Record<string, unknown> = {};
  poll: (request: StreamRequest, signal: AbortSignal) => Promise<PollAnswer> = (_, signal) => untilAborted(signal);
  private readonly contract: Contract;
  private readonly user: string;
  private cursors = 0;
  private readonly waiting = new Set<() => void>();

  constructor(contract: Contract, user = 'ana') {
    this.contract = contract;
    this.user = user;
  }

  async sync(request: SyncRequest, signal: AbortSignal): Promise<SyncAnswer> {
    const batch = codec.decodeRequest(this.contract, request.frame);
    const post = { ...request, batch, seqs: batch.packets.map(({ seq }) => seq) };
    this.posts.push(post);
    const answer = this.script.shift() ?? ((own: Post) => this.accept(own));
    this.notify();
    const answered = await answer(post);
    signal.throwIfAborted();
    return answered;
  }

  stream(request: StreamRequest, sink: StreamSink, signal: AbortSignal): Promise<StreamEnd> {
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(new Error('aborted')));
      const stream: FakeStream = {
        ...request,
        signal,
        send: (...events) => {
          for (const event of events) sink.event(event);
          sink.alive();
        },
        alive: () => sink.alive(),
        end: (end = {}) => resolve({ isServer: true, status: 200, ...end }),
        break: () => reject(new Error('connection reset')),
      };
      this.streams.push(stream);
      if (this.greets) stream.send(this.helloEvent());
      this.notify();
    });
  }

  helloEvent(facts: Record<string, unknown> = {}): ServerEvent {
    const hello = { epoch: this.epoch, user: this.user, contract: 3, recovered: true, heartbeatMs: 15_000 };
    return this.event('hello', JSON.stringify({ ...hello, ...this.hello, ...facts }));
  }

  resultsEvent(outbox: string, ...results: readonly Partial<PacketResult>[]): ServerEvent {
    const whole = results.map((result) => ({ seq: 1, route: 4, status: 0, message: '', records: [], ...result }));
    return this.event('results', base64(codec.encodeResponse(this.contract, { outbox, results: whole })));
  }

  pushEvent(...packets: readonly PushPacket[]): ServerEvent {
    return this.event('push', base64(codec.encodePush(this.contract, { packets })));
  }

  event(event: string, data: string): ServerEvent {
    return { event, data, id: `cursor-${++this.cursors}` };
  }

  /** The POSTs that brought packets, without those that asked for results or acknowledged them. */
  get deliveries(): readonly Post[] {
    return this.posts.filter(({ seqs, after }) => (seqs.at(-1) ?? 0) > after.seq);
  }

  /** Rules 3 and 4 of C.2. */
  accept(post: Post): SyncAnswer {
    const { outbox, packets } = post.batch;
    const place = this.places.get(outbox) ?? nowhere;
    const fresh = packets.filter(({ seq }) => seq > post.after.seq);
    const isSameEpoch = post.after.epoch === place.epoch;
    const isSamePacket = post.after.seq === place.seq && post.after.tag === place.tag;
    const isBehind = isSameEpoch && post.after.seq < place.seq;
    if (fresh.length > 0 ? !(isSameEpoch && isSamePacket) : !(isSamePacket || isBehind)) return moved(place);
    const last = fresh.at(-1);
    if (last) this.places.set(outbox, { epoch: this.epoch, seq: last.seq, tag: post.tag });
    const results = packets.flatMap(({ seq }) => this.results.get(`${outbox}.${seq}`) ?? []);
    return this.accepted(outbox, this.places.get(outbox)?.seq ?? 0, results);
  }

  accepted(outbox: string, accepted: number, results: readonly PacketResult[] = []): SyncAnswer {
    const frame = results.length > 0 && base64(codec.encodeResponse(this.contract, { outbox, results }));
    return answer(202, { epoch: this.epoch, accepted, ...(frame && { results: frame }) });
  }

  /** The POST of this index, made before or still to come. */
  async post(index: number): Promise<Post> {
    await this.until(() => this.posts.length > index);
    return this.posts[index] as Post;
  }

  async opened(index: number): Promise<FakeStream> {
    await this.until(() => this.streams.length > index);
    return this.streams[index] as FakeStream;
  }

  /** On the newest stream, once there is one. */
  async send(...events: readonly ServerEvent[]): Promise<void> {
    await this.opened(0);
    this.current.send(...events);
  }

  /** The newest stream. */
  get current(): FakeStream {
    return this.streams.at(-1) as FakeStream;
  }

  private async until(isTrue: () => boolean): Promise<void> {
    while (!isTrue()) await new Promise<void>((resolve) => this.waiting.add(resolve));
  }

  private notify(): void {
    for (const resolve of this.waiting) resolve();
    this.waiting.clear();
  }
}

export function answer(status: number, json: unknown, more: Partial<SyncAnswer> = {}): SyncAnswer {
  return { isServer: true, status, json, ...more };
}

export function refusal(status: number, code: string, more: Partial<SyncAnswer> = {}): Answer {
  return () => answer(status, { code, message: code }, more);
}

export function moved({ epoch, seq, tag }: Place): SyncAnswer {
  return answer(409, { code: 'moved', epoch, accepted: seq, tag });
}

/** What something between client and server says. */
export function foreign(status: number, json?: unknown): Answer {
  return () => ({ isServer: false, status, json });
}

export const noNetwork: Answer = () => Promise.reject(new TypeError('fetch failed'));

export function seqsOf(packets: readonly RequestPacket[]): number[] {
  return packets.map(({ seq }) => seq);
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));
}

function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}
