import type {
  StreamEnd,
  StreamRequest,
  StreamSink,
  SyncAnswer,
  SyncRequest,
  Transport,
} from '../../../src/lib/client/transport.ts';
import type { Clock } from '../../../src/lib/clock.ts';
import type { EventSink, StreamEvent } from '../../../src/lib/server/core.ts';
import { lineOf } from '../../../src/lib/server/event-data.ts';
import { RequestRefused } from '../../../src/lib/server/refused.ts';
import type { Dice } from './dice.ts';
import type { ServerHost } from './server-host.ts';

/** What may happen to a request, and how often against the others. */
const faults = {
  cut: 4,
  lost_answer: 6,
  duplicate: 4,
  stall: 3,
  late: 3,
  portal: 2,
  unauthorized: 1,
  proxy_too_large: 1,
  busy: 2,
  server_error: 2,
  unavailable: 2,
} as const;
type Fault = keyof typeof faults | 'none';

export interface LinkDeps {
  readonly clock: Clock;
  readonly dice: Dice;
  readonly server: ServerHost;
  /** Whose cookie the browser has; null: nobody is signed in. */
  readonly cookie: () => string | null;
  /** How likely a request meets a fault, now. */
  readonly faultRate: () => number;
  /** Bodies longer than that get 413 of the server. */
  readonly maxBytes: number;
  /** Spoils what goes through, on purpose. */
  readonly mutation: LinkMutation;
}

export interface LinkMutation {
  request?(request: SyncRequest, cookie: string | null): SyncRequest;
  answer?(answer: SyncAnswer, request: SyncRequest): SyncAnswer;
}

/** A page's way to the server, over a network that does whatever networks do. */
export class Link implements Transport {
  private readonly deps: LinkDeps;
  private readonly connections = new Set<Connection>();

  constructor(deps: LinkDeps) {
    this.deps = deps;
  }

  async sync(given: SyncRequest, signal: AbortSignal): Promise<SyncAnswer> {
    const { mutation, cookie } = this.deps;
    const request = mutation.request?.(given, cookie()) ?? given;
    const answer = await unlessAborted(this.exchange(request, this.draw(), signal), signal);
    return mutation.answer?.(answer, request) ?? answer;
  }

  async stream(request: StreamRequest, sink: StreamSink, signal: AbortSignal): Promise<StreamEnd> {
    const fault = this.draw();
    await unlessAborted(this.travel(), signal);
    if (fault === 'portal') return { isServer: false, status: 200 };
    if (fault === 'unavailable') return { isServer: true, status: 503, retryAfterMs: 2000 };
    if (fault === 'unauthorized') return { isServer: true, status: 401 };
    if (fault === 'cut') throw new Error('cut');
    const user = this.deps.cookie();
    if (user === null) return { isServer: true, status: 401 };
    const connection = new Connection(this.deps, sink);
    this.connections.add(connection);
    try {
      await unlessAborted(connection.run(request, user), signal);
      return { isServer: true, status: 200 };
    } catch (error) {
      if (error instanceof RequestRefused) return { isServer: true, status: error.httpStatus };
      throw error;
    } finally {
      this.connections.delete(connection);
      connection.drop();
    }
  }

  /** The real server's long polls are tested over HTTP. */
  poll(): Promise<never> {
    return Promise.reject(new Error('no long polls here'));
  }

  /** Breaks open streams. */
  cutStreams(): void {
    for (const connection of this.connections) connection.cut();
  }

  /** Open streams bring nothing any more, and nobody says so. */
  stallStreams(): void {
    for (const connection of this.connections) connection.stall();
  }

  private draw(): Fault {
    const { dice, faultRate } = this.deps;
    return dice.chance(faultRate()) ? dice.weighted(faults) : 'none';
  }

  private async exchange(request: SyncRequest, fault: Fault, signal: AbortSignal): Promise<SyncAnswer> {
    const { dice, clock } = this.deps;
    await this.travel();
    switch (fault) {
      case 'cut':
        throw new Error('cut');
      case 'portal':
        return { isServer: false, status: 200, json: undefined };
      case 'unauthorized':
        return { isServer: true, status: 401, json: { code: 'unauthenticated' } };
      case 'proxy_too_large':
        return { isServer: false, status: 413, json: undefined };
      case 'busy':
        return { isServer: true, status: 429, json: { code: 'busy' }, retryAfterMs: dice.between(1, 5) * 1000 };
      case 'server_error':
        return { isServer: true, status: 500, json: { code: 'internal' } };
      case 'unavailable':
        return { isServer: true, status: 503, json: { code: 'draining' }, retryAfterMs: 2000 };
      case 'stall':
        return new Promise(() => {});
      case 'late':
        clock.after(dice.between(1_000, 90_000), () => void this.deliver(request).catch(() => undefined));
        return new Promise(() => {});
      case 'duplicate':
        clock.after(dice.between(0, 50_000), () => void this.deliver(request).catch(() => undefined));
    }
    const answer = await this.deliver(request, signal);
    await this.travel();
    if (fault === 'lost_answer') throw new Error('the answer was lost');
    return answer;
  }

  private async deliver(request: SyncRequest, signal?: AbortSignal): Promise<SyncAnswer> {
    const { server, maxBytes, cookie } = this.deps;
    const user = cookie();
    if (user === null) return { isServer: true, status: 401, json: { code: 'unauthenticated' } };
    if (request.frame.length > maxBytes) return { isServer: true, status: 413, json: { code: 'too_large' } };
    const { user: boundUser, ...rest } = request;
    const reply = await server.ask((core) =>
      core.sync({ ...rest, boundUser, identity: { user, roles: [] }, ...(signal && { signal }) }),
    );
    const { status, json, retryAfterSeconds } = reply;
    return {
      isServer: true,
      status,
      json: JSON.parse(JSON.stringify(json)),
      ...(retryAfterSeconds !== undefined && { retryAfterMs: retryAfterSeconds * 1000 }),
    };
  }

  private async travel(): Promise<void> {
    const { dice, clock } = this.deps;
    if (dice.chance(0.4)) await new Promise<void>((resolve) => clock.after(dice.between(1, 300), resolve));
  }
}

/** One stream: events arrive late, but in order. */
class Connection implements EventSink {
  readonly unsentBytes = 0;
  readonly takenBytes = 0;
  onDrain: () => void = () => {};
  private readonly deps: LinkDeps;
  private readonly sink: StreamSink;
  private arrivesAt = 0;
  private isStalled = false;
  private isOver = false;
  private closeSession: () => void = () => {};
  private end: () => void = () => {};
  private fail: (error: Error) => void = () => {};

  constructor(deps: LinkDeps, sink: StreamSink) {
    this.deps = deps;
    this.sink = sink;
  }

  run(request: StreamRequest, user: string): Promise<void> {
    const ended = new Promise<void>((resolve, reject) => {
      this.end = resolve;
      this.fail = reject;
    });
    const served = this.deps.server.ask(async (core, life) => {
      const session = await core.subscribe({ ...request, identity: { user, roles: [] } }, this);
      this.closeSession = () => void (life.isOver || session.close());
      if (this.isOver) session.close();
      await ended;
    });
    return Promise.race([served, ended]);
  }

  send(event: StreamEvent): void {
    this.later(() => {
      this.sink.event({ ...event, data: lineOf(event.data) });
      this.sink.alive();
    });
  }

  heartbeat(): void {
    this.later(() => this.sink.alive());
  }

  close(): void {
    this.later(() => this.end());
  }

  cut(): void {
    this.fail(new Error('the stream was cut'));
  }

  stall(): void {
    this.isStalled = true;
  }

  /** Nobody listens any more: the server finds out. */
  drop(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.closeSession();
  }

  private later(work: () => void): void {
    const { clock, dice } = this.deps;
    const now = clock.now();
    this.arrivesAt = Math.max(this.arrivesAt, now + (dice.chance(0.3) ? dice.between(1, 200) : 0));
    clock.after(this.arrivesAt - now, () => void (this.isOver || this.isStalled || work()));
  }
}

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(new DOMException('aborted', 'AbortError'));
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject);
  });
}
