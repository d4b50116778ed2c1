import { endPacket, localEnding } from './end-packets.ts';
import type { Ledger } from './ledger.ts';
import { moveAway } from './move-away.ts';
import type { Outgoing } from './next-frame.ts';
import type { Milestone, OutboxRow, Place } from './storage.ts';

/**
 * Takes note of a 202.
 *
 * @returns The highest number known to be accepted.
 */
export async function acceptFrame(ledger: Ledger, sent: Outgoing, epoch: string): Promise<number> {
  const row = ledger.outbox(sent.outbox);
  if (!row) return 0;
  const acknowledged = Math.max(row.acknowledged, sent.acknowledges);
  if (sent.lastSeq > row.place.seq) {
    await place(ledger, { ...row, acknowledged }, { epoch, seq: sent.lastSeq, tag: sent.tag });
    return sent.lastSeq;
  }
  // Without new packets an answer tells the journal's epoch, and nothing of the place. Where our After has changed since, a
  // newer answer has told more.
  const isCurrent = isSamePlace(row.place, sent.after) && row.place.seq > 0;
  ledger.putOutbox({ ...row, acknowledged, place: isCurrent ? { ...row.place, epoch } : row.place });
  return row.place.seq;
}

/** What `moved` came to: go on as if nothing had happened, or ask for the results of accepted packets. */
export type MovedOutcome = 'nothing' | 'send_again' | 'accepted' | 'closed';

/** Takes note of a 409 `moved`, exactly as C.2 has it. */
export async function movedFrame(ledger: Ledger, sent: Outgoing, server: Place): Promise<MovedOutcome> {
  const row = ledger.outbox(sent.outbox);
  if (!row || !isSamePlace(row.place, sent.after)) return 'nothing';
  if (server.seq === row.place.seq && server.tag === row.place.tag) {
    ledger.putOutbox({ ...row, place: server });
    return 'send_again';
  }
  const known = server.seq > 0 ? await ledger.packet({ outbox: row.outbox, seq: server.seq }) : undefined;
  if (known && known.tag === server.tag && known.seq <= row.sentSeq) {
    await place(ledger, row, server);
    return 'accepted';
  }
  await moveAway(ledger, row, server);
  return 'closed';
}

/** Ends the packets of a frame that the server refuses for what is in it; never called for more than one packet or group. */
export async function refuseFrame(ledger: Ledger, sent: Outgoing, status: number, message: string): Promise<void> {
  const row = ledger.outbox(sent.outbox);
  if (!row || !isSamePlace(row.place, sent.after)) return;
  const range = { prefix: [row.user, row.outbox], above: row.place.seq, upTo: sent.lastSeq };
  for (const packet of await ledger.listPackets(range)) {
    await endPacket(ledger, packet, localEnding(status, message));
  }
  ledger.putOutbox({ ...row, attempts: 0 });
}

async function place(ledger: Ledger, row: OutboxRow, at: Place): Promise<void> {
  const [oldest] = await ledger.listPackets({ prefix: [row.user, row.outbox] }, 1);
  const stillNeeded = ({ upTo }: Milestone): boolean => oldest !== undefined && upTo >= oldest.seq;
  ledger.putOutbox({
    ...row,
    place: at,
    sentSeq: Math.max(row.sentSeq, at.seq),
    attempts: 0,
    sends: row.sends.filter(stillNeeded),
    accepts: [...row.accepts, { upTo: at.seq, at: ledger.now, tag: at.tag }].filter(stillNeeded),
  });
}

function isSamePlace(a: Place, b: Place): boolean {
  return a.seq === b.seq && a.tag === b.tag && a.epoch === b.epoch;
}
