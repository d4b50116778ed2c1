import type { PacketHead } from '../../packet.ts';
import type { IncomingBatch, Place } from '../journal.ts';

/** What a journal needs of a packet's head. */
export type JournalPacket = Pick<PacketHead, 'seq' | 'after'>;

/** How a frame stands to the outbox it is for (PROTOCOL.md C.2, steps 3 and 4). */
export interface Admission {
  /** The frame's idea of the outbox does not fit: nothing may change. */
  readonly moved: boolean;
  /** Packets above After's seq. */
  readonly fresh: readonly JournalPacket[];
  /** Sequence numbers of the others: they were accepted before, or are lost. */
  readonly known: readonly number[];
}

export function admissionOf(
  { after, packets }: Pick<IncomingBatch, 'after'> & { readonly packets: readonly JournalPacket[] },
  place: Place,
): Admission {
  // Packets ascend: the new ones are at the end.
  let split = packets.length;
  while (split > 0 && (packets[split - 1] as JournalPacket).seq > after.seq) split--;
  const fresh = packets.slice(split);
  const isSameEpoch = after.epoch === place.epoch;
  const isSamePacket = after.seq === place.seq && after.tag === place.tag;
  // Whoever only asks may be behind, in the same epoch: there an outbox only grows. In another one, numbers alone could
  // be those of a copied profile's packets, with other answers.
  const fits = fresh.length > 0 ? isSameEpoch && isSamePacket : isSamePacket || (isSameEpoch && after.seq < place.seq);
  return {
    moved: !fits,
    fresh,
    known: packets.slice(0, split).map((packet) => packet.seq),
  };
}

/**
 * A user's name is a key. Two that differ in half a surrogate pair only, or behind a NUL, would be one in a database.
 *
 * @throws {TypeError}
 */
export function checkUser(user: string): void {
  if (!user.isWellFormed() || user.includes('\0')) throw new TypeError("a user's name is well-formed text without NUL");
}

/** What the packets wait for, each once. */
export function dependenciesOf(packets: readonly JournalPacket[]): Set<number> {
  return new Set(packets.flatMap((packet) => packet.after));
}
