import type { Clock } from '../clock.ts';
import { Backoff } from './backoff.ts';
import type { Random } from './random.ts';
import { Timers } from './timers.ts';

/** Whether anything may be sent now: not while somebody has to sign in, nor before the next try after a failure. */
export class Gate {
  readonly #backoff: Backoff;
  readonly #timers: Timers<'retry'>;
  readonly #onOpen: () => void;
  #isHeld = false;
  /** Whose wish it is to wait: this client's own, or the server's. */
  #pause: 'backoff' | 'asked' | null = null;

  /** @param onOpen Called when the time of the next try has come. */
  constructor(clock: Clock, random: Random, onOpen: () => void) {
    this.#backoff = new Backoff(random);
    this.#timers = new Timers(clock);
    this.#onOpen = onOpen;
  }

  get isOpen(): boolean {
    return !this.#isHeld && !this.#pause;
  }

  /** A server that has asked for a pause has it, whatever the network says. */
  get wasAsked(): boolean {
    return this.#pause === 'asked';
  }

  /** Shut until `release`. */
  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    this.#isHeld = false;
  }

  /** Shut for a while, longer with each failure in a row, and at least as long as the server has asked for. */
  pauseFor(retryAfterMs: number): void {
    this.#pause = retryAfterMs > 0 ? 'asked' : 'backoff';
    this.#timers.set('retry', Math.max(this.#backoff.nextMs(), retryAfterMs), () => {
      this.#pause = null;
      this.#onOpen();
    });
  }

  /** Ends the pause: the next failure counts as the first. */
  retryNow(): void {
    this.endPause();
    this.#backoff.reset();
  }

  /** An answer has come: the next failure counts as the first. */
  noteSuccess(): void {
    this.#backoff.reset();
  }

  endPause(): void {
    this.#pause = null;
    this.#timers.cancelAll();
  }
}
