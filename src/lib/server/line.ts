import type { Claim, Journal, PendingBatch } from './journal.ts';
import { type Unit, type UnitDeps, unitsOf } from './units.ts';

export interface LineDeps extends UnitDeps {
  readonly journal: Journal;
}

/** The units of a claimed outbox, in order: batches beyond the claim's are read when their turn comes. */
export class Line {
  /** Statuses of the packets that may be depended on: those that are kept, and those that ran just now. */
  readonly statuses: Map<number, number>;
  /** The last packet of the batches that were read. */
  lastSeq: number;
  private readonly claim: Claim;
  private readonly deps: LineDeps;
  private readonly batches: PendingBatch[];
  private units: Unit[] = [];
  private place = 0;

  constructor(claim: Claim, deps: LineDeps) {
    this.claim = claim;
    this.deps = deps;
    this.statuses = new Map(claim.statuses);
    this.batches = [...claim.batches];
    this.lastSeq = this.batches.at(-1)?.to ?? claim.next;
  }

  /** Undefined at the end of the line. */
  async next(): Promise<Unit | undefined> {
    while (this.place === this.units.length) {
      const batch = this.batches.shift() ?? (await this.readOn());
      if (!batch) return undefined;
      [this.units, this.place] = [unitsOf(batch, this.claim, this.deps), 0];
    }
    return this.units[this.place++];
  }

  /** Puts the unit back that `next` gave. Once. */
  back(): void {
    this.place--;
  }

  private async readOn(): Promise<PendingBatch | undefined> {
    const { batches, statuses } = await this.deps.journal.pending(this.claim, this.lastSeq);
    this.batches.push(...batches);
    this.lastSeq = batches.at(-1)?.to ?? this.lastSeq;
    for (const [seq, status] of statuses) if (!this.statuses.has(seq)) this.statuses.set(seq, status);
    return this.batches.shift();
  }
}
