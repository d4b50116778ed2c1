import type { IncomingBatch, Place } from '../journal.ts';

/** How a frame stands to the outbox it is for (PROTOCOL.md C.2, steps 3 and 4). */
export interface Admission {
  /** The frame's idea of the outbox does not fit: nothing may change. */
  readonly moved: boolean;
  /** Packets above After's seq. */
  readonly fresh: readonly number[];
  /** The others: they were accepted before, or are lost. */
  readonly known: readonly number[];
}

export function admissionOf(
  { after, seqs }: Pick<IncomingBatch, 'after'> & { /** Ascending. */ readonly seqs: readonly number[] },
  place: Place,
): Admission {
  let split = seqs.length;
  while (split > 0 && (seqs[split - 1] as number) > after.seq) split--;
  const fresh = seqs.slice(split);
  const isSameEpoch = after.epoch === place.epoch;
  const isSamePacket = after.seq === place.seq && after.tag === place.tag;
  // Whoever only asks may be behind, in the same epoch: there an outbox only grows. In another one, numbers alone could
  // be those of a copied profile's packets, with other answers.
  const fits = fresh.length > 0 ? isSameEpoch && isSamePacket : isSamePacket || (isSameEpoch && after.seq < place.seq);
  return { moved: !fits, fresh, known: seqs.slice(0, split) };
}

/**
 * A user's name is a key. Two that differ in half a surrogate pair only, or behind a NUL, would be one in a database.
 *
 * @throws {TypeError}
 */
export function checkUser(user: string): void {
  if (!user.isWellFormed() || user.includes('\0')) throw new TypeError("a user's name is well-formed text without NUL");
}

/** What a batch's new packets wait for, each once. */
export function dependenciesOf({ after, packets }: Pick<IncomingBatch, 'after' | 'packets'>): Set<number> {
  return new Set(packets.flatMap((packet) => (packet.seq > after.seq ? packet.after : [])));
}
