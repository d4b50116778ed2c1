import type { Claim } from './journal.ts';

/** How often the packets of a claimed outbox were begun, and which of these tries count against them. */
export class Tries {
  private readonly begun: Map<number, number>;
  private readonly excused: ReadonlyMap<number, number>;

  private readonly maxAttempts: number;

  constructor({ begun, excused }: Pick<Claim, 'begun' | 'excused'>, maxAttempts: number) {
    this.maxAttempts = maxAttempts;
    this.begun = new Map(begun);
    this.excused = excused;
  }

  begin(seqs: readonly number[]): void {
    for (const seq of seqs) this.begun.set(seq, (this.begun.get(seq) ?? 0) + 1);
  }

  /** All of them, so that a handler knows what it may have done before. */
  of(seq: number): number {
    return this.begun.get(seq) ?? 0;
  }

  /** Those that a server which was told to end has cut off do not count: deployments must not fail a packet. */
  areUsedUp(seq: number): boolean {
    return this.of(seq) - (this.excused.get(seq) ?? 0) >= this.maxAttempts;
  }
}
