import type { Ledger } from './ledger.ts';
import {
  acknowledgement,
  type BatchLimits,
  type FrameDeps,
  nextPackets,
  type Outgoing,
  question,
} from './next-frame.ts';

/** What is to be sent next, and how much of it at once. */
export class Agenda {
  readonly #deps: FrameDeps;
  readonly #questions = new Set<string>();
  /** Outboxes whose results may be acknowledged; all of them at first. */
  #acknowledging: Set<string> | 'all' | null = null;
  #limits: BatchLimits;

  /** @param most What a frame may hold as long as the server has not called it too much. */
  constructor(deps: FrameDeps, most: { readonly maxBatchBytes: number; readonly maxBatchPackets: number }) {
    this.#deps = deps;
    this.#limits = { units: Number.POSITIVE_INFINITY, packets: most.maxBatchPackets, bytes: most.maxBatchBytes };
  }

  /** Packets first, then questions for results, then the word that results are stored. */
  async next(ledger: Ledger): Promise<Outgoing | 'contract_newer' | null> {
    const deps = this.#deps;
    const limits = this.#limits;
    let blocked: 'contract_newer' | null = null;
    const rows = ledger.outboxes;
    for (const row of rows) {
      const found = await nextPackets(deps, ledger, row, limits);
      if (found === 'contract_newer') blocked = found;
      else if (found) return found;
    }
    for (const row of rows) {
      const found = this.#questions.delete(row.outbox) ? await question(deps, ledger, row) : null;
      if (found) return found;
    }
    if (this.#acknowledging === 'all') this.#acknowledging = new Set(rows.map(({ outbox }) => outbox));
    for (const row of rows) {
      const found = this.#acknowledging?.delete(row.outbox) ? await acknowledgement(deps, ledger, row) : null;
      if (found) return found;
    }
    this.#acknowledging = null;
    return blocked;
  }

  /** Ask for the results of an outbox's accepted packets. */
  ask(outbox: string): void {
    this.#questions.add(outbox);
  }

  /** A question that has had no answer is still open. */
  keep({ kind, outbox }: Outgoing): void {
    if (kind === 'question') this.ask(outbox);
  }

  acknowledge(): void {
    this.#acknowledging = 'all';
  }

  /** A frame was taken: the next may hold more. */
  grow(): void {
    this.#limits = { ...this.#limits, units: this.#limits.units * 2 };
  }

  /** A frame was refused for something in it: the next one has half of it. */
  halve({ units }: Outgoing): void {
    this.#limits = { ...this.#limits, units: Math.max(1, units >> 1) };
  }

  /** What was at fault is gone. */
  restore(): void {
    this.#limits = { ...this.#limits, units: Number.POSITIVE_INFINITY };
  }

  /** Frames of this length are too much, from now on. */
  shrink({ frame }: Outgoing): void {
    this.#limits = { ...this.#limits, bytes: Math.max(1, Math.min(this.#limits.bytes, frame.length) >> 1) };
  }
}
