import type { CrudpError } from '../errors.ts';
import type { PendingOperation } from './operation.ts';
import type { PacketKey } from './storage.ts';

/** The operations of this page that wait for something, by their packets' names. */
export class Operations {
  readonly #waiting = new Map<string, Map<number, PendingOperation>>();

  add({ outbox, seq }: PacketKey, operation: PendingOperation): void {
    const own = this.#waiting.get(outbox) ?? new Map<number, PendingOperation>();
    this.#waiting.set(outbox, own.set(seq, operation));
    operation.key = { outbox, seq };
  }

  take({ outbox, seq }: PacketKey): PendingOperation | undefined {
    const own = this.#waiting.get(outbox);
    const operation = own?.get(seq);
    own?.delete(seq);
    if (own?.size === 0) this.#waiting.delete(outbox);
    return operation;
  }

  /** The packets of all that wait. */
  keys(): PacketKey[] {
    return [...this.#waiting].flatMap(([outbox, own]) => [...own.keys()].map((seq) => ({ outbox, seq })));
  }

  /** All of an outbox up to a number are on the server's disk. */
  accept(outbox: string, upTo: number): void {
    for (const [seq, operation] of this.#waiting.get(outbox) ?? []) if (seq <= upTo) operation.accept();
  }

  failAll(error: CrudpError): void {
    for (const key of this.keys()) this.take(key)?.fail(error);
  }
}
