/** The outboxes that wait to be run, one user after another: who has a thousand of them waits like who has one. */
export class Turns<Outbox> {
  // A Map keeps the order of insertion, so its first key is whose turn it is.
  readonly #users = new Map<string, Set<Outbox>>();

  /** Idempotent; an outbox that waits keeps its place. */
  add(user: string, outbox: Outbox): void {
    const waiting = this.#users.get(user);
    if (waiting) waiting.add(outbox);
    else this.#users.set(user, new Set([outbox]));
  }

  /** Removes the outbox whose turn it is; its user's others wait for a whole round. */
  take(): { readonly user: string; readonly outbox: Outbox } | undefined {
    for (const [user, waiting] of this.#users) {
      this.#users.delete(user);
      for (const outbox of waiting) {
        waiting.delete(outbox);
        if (waiting.size > 0) this.#users.set(user, waiting);
        return { user, outbox };
      }
    }
    return undefined;
  }

  clear(): void {
    this.#users.clear();
  }
}
