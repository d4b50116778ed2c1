import type { PacketHead } from '../../packet.ts';
import type { IncomingBatch, Place } from '../journal.ts';

/** How a frame stands to the outbox it is for (PROTOCOL.md C.2, steps 3 and 4). */
export interface Admission {
  /** The frame's idea of the outbox does not fit: nothing may change. */
  readonly moved: boolean;
  /** Packets above After's seq. */
  readonly fresh: readonly PacketHead[];
  /** Sequence numbers of the others: they were accepted before, or are lost. */
  readonly known: readonly number[];
}

export function admissionOf(batch: IncomingBatch, place: Place): Admission {
  const { after, packets } = batch;
  // Packets ascend: the new ones are at the end.
  let split = packets.length;
  while (split > 0 && (packets[split - 1] as PacketHead).seq > after.seq) split--;
  const fits = after.epoch === place.epoch && after.seq === place.seq && after.tag === place.tag;
  const fresh = packets.slice(split);
  return {
    moved: !fits && (fresh.length > 0 || after.seq > place.seq),
    fresh,
    known: packets.slice(0, split).map((packet) => packet.seq),
  };
}

/** What the packets wait for, each once. */
export function dependenciesOf(packets: readonly PacketHead[]): Set<number> {
  return new Set(packets.flatMap((packet) => packet.after));
}
