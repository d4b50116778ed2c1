import { type Random, randomFraction } from './random.ts';

const firstMs = 1000;
const mostMs = 60_000;

/** Grows with each failure, with full jitter: clients that lost a server together do not come back together. */
export class Backoff {
  readonly #random: Random;
  #failures = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** How long to wait now, after one more failure: anything up to 1 s, 2 s, 4 s … 60 s. */
  nextMs(): number {
    const most = Math.min(mostMs, firstMs * 2 ** this.#failures);
    this.#failures = Math.min(this.#failures + 1, 6);
    return Math.ceil(randomFraction(this.#random) * most);
  }

  reset(): void {
    this.#failures = 0;
  }
}
