import type { CrudpError } from '../errors.ts';
import type { PendingOperation } from './operation.ts';
import type { PacketKey } from './storage.ts';

type BySeq = Map<number, PendingOperation>;

/** The operations of this page that wait for something, by their packets' names. */
export class Operations {
  readonly #waiting = new Map<string, BySeq>();
  /** Those of them whose packets are not known to be accepted. */
  readonly #unaccepted = new Map<string, BySeq>();

  add({ outbox, seq }: PacketKey, operation: PendingOperation): void {
    for (const all of [this.#waiting, this.#unaccepted]) {
      const own = all.get(outbox) ?? new Map<number, PendingOperation>();
      all.set(outbox, own.set(seq, operation));
    }
    operation.key = { outbox, seq };
  }

  take({ outbox, seq }: PacketKey): PendingOperation | undefined {
    const operation = this.#waiting.get(outbox)?.get(seq);
    for (const all of [this.#waiting, this.#unaccepted]) {
      const own = all.get(outbox);
      own?.delete(seq);
      if (own?.size === 0) all.delete(outbox);
    }
    return operation;
  }

  /** The packets of all that wait. */
  keys(): PacketKey[] {
    return [...this.#waiting].flatMap(([outbox, own]) => [...own.keys()].map((seq) => ({ outbox, seq })));
  }

  /** All of an outbox up to a number are on the server's disk. */
  accept(outbox: string, upTo: number): void {
    const own = this.#unaccepted.get(outbox) ?? [];
    for (const [seq, operation] of own) {
      if (seq > upTo) continue;
      operation.accept();
      this.#unaccepted.get(outbox)?.delete(seq);
    }
  }

  failAll(error: CrudpError): void {
    const all = [...this.#waiting.values()].flatMap((own) => [...own.values()]);
    this.#waiting.clear();
    this.#unaccepted.clear();
    for (const operation of all) operation.fail(error);
  }
}
