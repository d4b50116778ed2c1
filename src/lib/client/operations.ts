import type { CrudpError } from '../errors.ts';
import type { PendingOperation } from './operation.ts';
import type { PacketKey } from './storage.ts';

/** The operations of this page that wait for something, by their packets' names. */
export class Operations {
  private readonly byOutbox = new Map<string, Map<number, PendingOperation>>();

  add({ outbox, seq }: PacketKey, operation: PendingOperation): void {
    const own = this.byOutbox.get(outbox) ?? new Map<number, PendingOperation>();
    this.byOutbox.set(outbox, own.set(seq, operation));
    operation.key = { outbox, seq };
  }

  take({ outbox, seq }: PacketKey): PendingOperation | undefined {
    const own = this.byOutbox.get(outbox);
    const operation = own?.get(seq);
    own?.delete(seq);
    if (own?.size === 0) this.byOutbox.delete(outbox);
    return operation;
  }

  /** All of an outbox up to a number are on the server's disk. */
  accept(outbox: string, upTo: number): void {
    for (const [seq, operation] of this.byOutbox.get(outbox) ?? []) if (seq <= upTo) operation.accept();
  }

  failAll(error: CrudpError): void {
    const all = [...this.byOutbox.values()].flatMap((own) => [...own.values()]);
    this.byOutbox.clear();
    for (const operation of all) operation.fail(error);
  }
}
