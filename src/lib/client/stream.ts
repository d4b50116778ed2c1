import type { Clock } from '../clock.ts';
import { Backoff } from './backoff.ts';
import type { Random } from './random.ts';
import type { StreamState } from './status.ts';
import { type Hello, helloOf } from './stream-events.ts';
import { Timers } from './timers.ts';
import type { PollAnswer, Refusal, ServerEvent, StreamEnd, StreamRequest, Transport } from './transport.ts';

export interface StreamDeps {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  /** Where to begin: whose results of reads, and after what. */
  readonly request: () => Promise<StreamRequest>;
  /** Told of each connection before its events. @returns Whether it is the right user's. */
  readonly onHello: (hello: Hello) => boolean;
  /** Stores events and hands them out; they count as read when this resolves. */
  readonly onEvents: (events: readonly ServerEvent[], epoch: string) => Promise<void>;
  readonly onState: (state: StreamState) => void;
  /** The server wants credentials: the stream rests until `release`. */
  readonly onNeedsAuth: () => void;
  readonly onError: (error: unknown) => void;
}

/** A connection that brings no `hello` in this time is swallowed by something in between. */
const helloMs = 10_000;
const defaultHeartbeatMs = 15_000;
/** Heartbeats that may fail to come before a connection counts as dead. */
const missedBeats = 2.5;
/** How long long polls are used before a stream is tried again. */
const pollingMs = 600_000;
/** A long poll is answered after 25 s; beyond this it counts as lost. */
const pollPatienceMs = 60_000;

/** Holds a user's event stream open, by long polls where a stream does not come through (PROTOCOL.md C.3). */
export class Stream {
  readonly #deps: StreamDeps;
  readonly #backoff: Backoff;
  readonly #timers: Timers<'silence' | 'retry' | 'polling'>;
  #connection: AbortController | null = null;
  #running: Promise<void> = Promise.resolve();
  #isStarted = false;
  #isHeld = false;
  /** Somebody has asked for a new connection since this one began. */
  isOutdated = false;
  #endPause: () => void = () => {};

  constructor(deps: StreamDeps) {
    this.#deps = deps;
    this.#backoff = new Backoff(deps.random);
    this.#timers = new Timers(deps.clock);
  }

  start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    const before = this.#running;
    this.#running = before.then(() => this.#run());
  }

  /** Resolves when nothing is being stored any more. */
  async stop(): Promise<void> {
    this.#isStarted = false;
    this.reconnect();
    await this.#running;
  }

  /** Ends the connection, and the pause after a failure: the next begins with what `request` then says. */
  reconnect(): void {
    this.isOutdated = true;
    this.#timers.cancel('polling');
    this.#connection?.abort();
    this.#backoff.reset();
    this.#endPause();
  }

  hold(): void {
    this.#isHeld = true;
    this.#connection?.abort();
  }

  release(): void {
    this.#isHeld = false;
    // An answer that is on its way was given to the old credentials.
    this.isOutdated = true;
    this.#endPause();
  }

  async #run(): Promise<void> {
    while (this.#isStarted) {
      if (this.#isHeld) {
        await this.#pause();
        continue;
      }
      this.#deps.onState('connecting');
      this.isOutdated = false;
      const outcome = await this.#connect();
      this.#timers.cancel('silence');
      if (!this.#isStarted || this.#isHeld || this.isOutdated) continue;
      if (outcome === 'failed') {
        this.#deps.onState('connecting');
        await this.#pause(this.#backoff.nextMs());
      } else if (typeof outcome === 'number') {
        await this.#pause(Math.max(outcome, this.#backoff.nextMs()));
      }
    }
    this.#deps.onState('closed');
  }

  /** One connection or one long poll, to its end. @returns Whether to go on at once, after a pause, or after so many ms. */
  async #connect(): Promise<'again' | 'failed' | number> {
    const connection = new AbortController();
    this.#connection = connection;
    const events = new Events(this.#deps, () => connection.abort());
    try {
      const request = await this.#deps.request();
      if (connection.signal.aborted) return 'again';
      const end = this.#timers.has('polling')
        ? await this.#poll(request, connection, events)
        : await this.#stream(request, connection, events);
      await events.stored;
      return this.#judge(end, events);
    } catch {
      await events.stored;
      return events.hasHello && !events.hasFailed ? this.#lost() : 'failed';
    } finally {
      this.#connection = null;
    }
  }

  async #stream(request: StreamRequest, connection: AbortController, events: Events): Promise<StreamEnd> {
    const watch = (ms: number): void =>
      this.#timers.set('silence', ms, () => {
        // One that was aborted already, and has not ended yet, has proved nothing.
        if (!events.hasHello && !connection.signal.aborted) this.#timers.set('polling', pollingMs, () => {});
        connection.abort();
      });
    watch(helloMs);
    const sink = {
      event: (event: ServerEvent): void => {
        events.take(event);
        if (events.hasHello && !connection.signal.aborted) this.#deps.onState('open');
      },
      alive: (): void => {
        if (events.hasHello) watch(events.heartbeatMs * missedBeats);
      },
    };
    return this.#deps.transport.stream(request, sink, connection.signal);
  }

  async #poll(request: StreamRequest, connection: AbortController, events: Events): Promise<PollAnswer> {
    this.#timers.set('silence', pollPatienceMs, () => connection.abort());
    this.#deps.onState('polling');
    const answer = await this.#deps.transport.poll(request, connection.signal);
    for (const event of answer.events) events.take(event);
    return answer;
  }

  #judge(end: Refusal, events: Events): 'again' | 'failed' | number {
    if (!end.isServer || events.hasFailed) return 'failed';
    if (end.status === 401 && !this.isOutdated) {
      this.#isHeld = true;
      this.#deps.onNeedsAuth();
      return 'again';
    }
    if (end.status === 429) this.#deps.onState('refused');
    if (end.status !== 200) return end.retryAfterMs ?? 'failed';
    if (this.#timers.has('polling')) {
      this.#backoff.reset();
      return 'again';
    }
    return this.#lost();
  }

  /** A connection that was good has ended: the next comes soon, but not all clients' at once. */
  #lost(): 'failed' {
    this.#backoff.reset();
    return 'failed';
  }

  async #pause(ms?: number): Promise<void> {
    if (!this.#isStarted) return;
    await new Promise<void>((resolve) => {
      this.#endPause = resolve;
      if (ms !== undefined) this.#timers.set('retry', ms, resolve);
    });
    this.#timers.cancel('retry');
    this.#endPause = () => {};
  }
}

/** The events of one connection: `hello` first, the others stored in order, as many at once as have come. */
class Events {
  heartbeatMs = defaultHeartbeatMs;
  hasHello = false;
  /** Something of it could not be stored or read: the cursor has not moved past it. */
  hasFailed = false;
  /** Resolves when all that was taken is stored, or has failed. */
  stored: Promise<void> = Promise.resolve();
  readonly #deps: StreamDeps;
  readonly #abort: () => void;
  #epoch = '';
  #waiting: ServerEvent[] = [];

  constructor(deps: StreamDeps, abort: () => void) {
    this.#deps = deps;
    this.#abort = abort;
  }

  take(event: ServerEvent): void {
    if (this.hasFailed) return;
    if (!this.hasHello && !this.#takeHello(event)) {
      this.#fail();
      return;
    }
    this.#waiting.push(event);
    if (this.#waiting.length === 1) this.stored = this.stored.then(() => this.#store());
  }

  #takeHello(event: ServerEvent): boolean {
    const hello = helloOf(event);
    if (!hello || !this.#deps.onHello(hello)) return false;
    this.hasHello = true;
    this.#epoch = hello.epoch;
    this.heartbeatMs = hello.heartbeatMs;
    return true;
  }

  async #store(): Promise<void> {
    const events = this.#waiting;
    this.#waiting = [];
    if (this.hasFailed) return;
    try {
      await this.#deps.onEvents(events, this.#epoch);
    } catch (error) {
      this.#deps.onError(error);
      this.#fail();
    }
  }

  #fail(): void {
    this.hasFailed = true;
    this.#abort();
  }
}
