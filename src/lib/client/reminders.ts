import type { Clock } from '../clock.ts';
import { Timers } from './timers.ts';

/** After so many results, or so much quiet after one, the server is told that they are stored here. */
const acknowledgeCount = 64;
const acknowledgeMs = 5000;
const firstQuestionMs = 60_000;
const lastQuestionMs = 960_000;

/** When to acknowledge results, and when to ask for those that have not come (PROTOCOL.md C.2). */
export class Reminders {
  readonly #timers: Timers<'acknowledge' | 'question'>;
  readonly #onAcknowledge: () => void;
  readonly #onQuestion: () => void;
  #stored = 0;
  #questionMs = firstQuestionMs;

  constructor(clock: Clock, onAcknowledge: () => void, onQuestion: () => void) {
    this.#timers = new Timers(clock);
    this.#onAcknowledge = onAcknowledge;
    this.#onQuestion = onQuestion;
  }

  start(): void {
    this.progress();
    // What the last page stored it may not have told.
    this.#timers.set('acknowledge', acknowledgeMs, () => this.#acknowledge());
  }

  stop(): void {
    this.#timers.cancelAll();
  }

  /** Results were stored. */
  noteStored(count: number): void {
    this.progress();
    this.#stored += count;
    if (this.#stored >= acknowledgeCount) this.#acknowledge();
    else this.#timers.set('acknowledge', acknowledgeMs, () => this.#acknowledge());
  }

  /** Something moves: what has not come yet may still be on its way. */
  progress(): void {
    this.#questionMs = firstQuestionMs;
    this.#awaitQuestion();
  }

  #awaitQuestion(): void {
    this.#timers.set('question', this.#questionMs, () => {
      this.#questionMs = Math.min(this.#questionMs * 2, lastQuestionMs);
      this.#awaitQuestion();
      this.#onQuestion();
    });
  }

  #acknowledge(): void {
    this.#stored = 0;
    this.#timers.cancel('acknowledge');
    this.#onAcknowledge();
  }
}
