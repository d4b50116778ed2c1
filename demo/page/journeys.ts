import type { Journey } from './state.ts';
import type { PacketState, Progress } from './view.ts';

/** A packet that waits, as the client's outbox lists it. */
export interface OutboxEntry {
  readonly reqId: string;
  readonly handler: string;
  readonly action: string;
  readonly records: readonly unknown[];
  readonly state: PacketState;
  readonly queuedAt: number;
  readonly sentAt?: number;
  readonly progress?: Progress;
}

const keptEnded = 40;

/** Packets on their way and those that have come to their end, as long as the page is open. */
export class Journeys {
  private readonly byReqId = new Map<string, Journey>();

  /** Newest first. */
  get all(): Journey[] {
    return [...this.byReqId.values()].reverse();
  }

  observe(entries: readonly OutboxEntry[], titleOf: (entry: OutboxEntry) => string): void {
    for (const entry of entries) {
      const known = this.byReqId.get(entry.reqId);
      if (known?.endedAt !== undefined) continue;
      const { reqId, state, queuedAt: savedAt, sentAt } = entry;
      const title = known?.title ?? titleOf(entry);
      this.byReqId.set(reqId, { reqId, title, state, savedAt, ...(sentAt !== undefined && { sentAt }) });
    }
  }

  /** @param title For one that ended before the outbox was seen to hold it. */
  end(reqId: string, state: 'done' | 'refused', endedAt: number, title: string): void {
    const known = this.byReqId.get(reqId) ?? { reqId, title };
    this.byReqId.set(reqId, { ...known, state, endedAt });
    const ended = [...this.byReqId.values()].filter((journey) => journey.endedAt !== undefined);
    for (const old of ended.slice(0, -keptEnded)) this.byReqId.delete(old.reqId);
  }

  /** A packet that moved to another outbox has another name there. */
  forget(reqId: string): void {
    this.byReqId.delete(reqId);
  }
}
