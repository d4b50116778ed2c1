import type { FailedPacket, FailureQuery, KeptFailure, OutboxKey } from '../../journal.ts';

/** Failed packets of the memory journal. */
export class MemoryFailures {
  readonly #kept = new Map<number, KeptFailure>();
  #last = 0;

  add(
    { user, outbox }: OutboxKey,
    { seq, status, message, identity, contract, frame }: FailedPacket,
    at: number,
  ): void {
    const id = ++this.#last;
    const copy = new Uint8Array(frame);
    this.#kept.set(id, { id, user, outbox, seq, status, message, identity, contract, at, frame: copy });
  }

  list({ user, outbox, seq, status, after = 0, limit }: FailureQuery): KeptFailure[] {
    const fits = (kept: KeptFailure) =>
      kept.id > after &&
      (user === undefined || kept.user === user) &&
      (outbox === undefined || kept.outbox === outbox) &&
      (seq === undefined || kept.seq === seq) &&
      (status === undefined || kept.status === status);
    return [...this.#kept.values()].filter(fits).slice(0, limit);
  }

  discard(ids: readonly number[]): number {
    return ids.filter((id) => this.#kept.delete(id)).length;
  }

  trim(before: number): void {
    for (const [id, { at }] of this.#kept) if (at < before) this.#kept.delete(id);
  }
}
