import type { Clock } from '../../../src/lib/clock.ts';

/**
 * A process that can be killed: from then on none of its timers fires and no promise it waits for is ever settled, so
 * that its code simply stops, wherever it was.
 */
export class Life {
  private readonly ending = new AbortController();
  /** Resolves at death. */
  readonly ended: Promise<void>;

  constructor() {
    this.ended = new Promise((resolve) => this.signal.addEventListener('abort', () => resolve()));
  }

  get signal(): AbortSignal {
    return this.ending.signal;
  }

  get isOver(): boolean {
    return this.signal.aborted;
  }

  end(): void {
    this.ending.abort();
  }

  /** What the process gets to hear of a promise. */
  guard<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      promise.then(
        (value) => void (this.isOver || resolve(value)),
        (error) => void (this.isOver || reject(error)),
      );
    });
  }

  clock(clock: Clock): Clock {
    return {
      now: () => clock.now(),
      after: (delayMs, callback) => clock.after(delayMs, () => void (this.isOver || callback())),
    };
  }
}
