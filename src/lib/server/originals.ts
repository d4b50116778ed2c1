import type { PendingBatch } from './journal.ts';
import { packetsOf, type UnitDeps, type UnitPacket } from './units.ts';

interface Made {
  readonly batch: PendingBatch;
  readonly packets: Map<number, UnitPacket>;
}

/**
 * Packets as they were sent, for who wants one that a handler was given before and may have changed since. A batch is
 * decoded again for it: copying each packet's records before its handler sees them would cost all those that go well.
 */
export class Originals {
  private readonly deps: UnitDeps;
  private kept: Made | undefined;
  private given: Made | undefined;

  constructor(deps: UnitDeps) {
    this.deps = deps;
  }

  /** Only to be read. */
  read(batch: PendingBatch, seq: number): UnitPacket {
    if (this.kept?.batch !== batch) this.kept = this.make(batch);
    return this.kept.packets.get(seq) as UnitPacket;
  }

  /** Nobody else's. */
  take(batch: PendingBatch, seq: number): UnitPacket {
    if (this.given?.batch !== batch || !this.given.packets.has(seq)) this.given = this.make(batch);
    const packet = this.given.packets.get(seq) as UnitPacket;
    this.given.packets.delete(seq);
    return packet;
  }

  private make(batch: PendingBatch): Made {
    return { batch, packets: new Map(packetsOf(batch, this.deps).map((packet) => [packet.seq, packet])) };
  }
}
