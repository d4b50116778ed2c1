import type { Clock, Timer } from '../clock.ts';

/** Timers by name: setting one again replaces it. */
export class Timers<Name extends string> {
  readonly #clock: Clock;
  readonly #running = new Map<Name, Timer>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  set(name: Name, delayMs: number, callback: () => void): void {
    this.cancel(name);
    const timer = this.#clock.after(delayMs, () => {
      // One that was replaced in the turn in which it fired must not take the new one's place.
      if (this.#running.get(name) !== timer) return;
      this.#running.delete(name);
      callback();
    });
    this.#running.set(name, timer);
  }

  has(name: Name): boolean {
    return this.#running.has(name);
  }

  cancel(name: Name): void {
    this.#running.get(name)?.cancel();
    this.#running.delete(name);
  }

  cancelAll(): void {
    for (const name of [...this.#running.keys()]) this.cancel(name);
  }
}
