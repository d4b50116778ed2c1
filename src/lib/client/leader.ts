import type { Clock } from '../clock.ts';
import { Timers } from './timers.ts';

/** As navigator.locks has it. */
export interface Locks {
  request(
    name: string,
    options: { readonly signal?: AbortSignal; readonly steal?: boolean },
    held: () => Promise<void>,
  ): Promise<unknown>;
}

export interface LeaderDeps {
  readonly locks: Locks;
  /** The same in all pages of one user on one storage. */
  readonly name: string;
  readonly clock: Clock;
  /** Tells the other pages that this one leads and is not frozen. */
  readonly beat: () => void;
  /** A page that nobody looks at has its timers slowed down: it is in no position to judge others. */
  readonly isVisible: () => boolean;
  /** This page leads from now on, or not any more. */
  readonly onChange: () => void;
}

const beatMs = 2500;
/** A leader that has been silent for so long is frozen: its lock is taken. Two senders do no harm. */
const silenceMs = 10_000;

/** Sees to it that one page of many sends and holds the stream. */
export class Leader {
  readonly #deps: LeaderDeps;
  readonly #timers: Timers<'beat' | 'silence'>;
  #closing = new AbortController();
  #letGo: () => void = () => {};
  /** The request by which this page leads; null: it does not. */
  #reign: object | null = null;
  #isClosed = false;

  constructor(deps: LeaderDeps) {
    this.#deps = deps;
    this.#timers = new Timers(deps.clock);
  }

  get isLeader(): boolean {
    return this.#reign !== null;
  }

  start(): void {
    this.#queue(false);
    this.#watch();
  }

  /** The leader has been heard of. */
  noteBeat(): void {
    if (!this.isLeader) this.#watch();
  }

  /** Gives way to the page that waits longest, and waits behind it. */
  stepDown(): void {
    if (!this.isLeader) return;
    this.#letGo();
  }

  close(): void {
    this.#isClosed = true;
    this.#timers.cancelAll();
    this.#closing.abort();
    this.#letGo();
  }

  #queue(steal: boolean): void {
    // Web Locks refuses a signal together with `steal`.
    const options = steal ? { steal } : { signal: this.#closing.signal };
    const reign = {};
    let isOver = false;
    this.#deps.locks
      // A lock may be stolen before its holder is told that it has it, and by another request of the same page.
      .request(this.#deps.name, options, () => (isOver ? Promise.resolve() : this.#lead(reign)))
      .catch(() => undefined)
      .then(() => {
        isOver = true;
        this.#lose(reign);
        // One that was given up for a request that steals is not made again.
        if (!this.#isClosed && !options.signal?.aborted) this.#queue(false);
      });
  }

  #lead(reign: object): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    this.#reign = reign;
    this.#timers.cancel('silence');
    this.#beat();
    this.#deps.onChange();
    return new Promise((resolve) => {
      this.#letGo = resolve;
    });
  }

  #lose(reign: object): void {
    if (this.#reign !== reign) return;
    this.#reign = null;
    this.#letGo = () => {};
    this.#timers.cancel('beat');
    this.#deps.onChange();
    if (!this.#isClosed) this.#watch();
  }

  #beat(): void {
    this.#deps.beat();
    this.#timers.set('beat', beatMs, () => this.#beat());
  }

  #watch(): void {
    this.#timers.set('silence', silenceMs, () => {
      this.#watch();
      if (this.isLeader || !this.#deps.isVisible()) return;
      this.#closing.abort();
      this.#closing = new AbortController();
      this.#queue(true);
    });
  }
}
