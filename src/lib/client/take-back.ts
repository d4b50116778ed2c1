import { cancelled, discarded, endPacket, tellEnd } from './end-packets.ts';
import type { Ledger } from './ledger.ts';
import type { PacketKey, PacketRow } from './storage.ts';

/** Ends a packet that has not been sent, with its atomic group. @returns False where it was sent, or is not there. */
export async function cancelPacket(ledger: Ledger, key: PacketKey): Promise<boolean> {
  const packet = await ledger.packet(key);
  if (!packet || !isUnsent(ledger, key)) return false;
  for (const member of await ledger.group(packet)) await endPacket(ledger, member, cancelled);
  return true;
}

/**
 * Gives a packet up, with its atomic group. One that was sent is hidden, and kept until its result is there: only then it is
 * known what the server holds, and without it nothing could be sent behind it.
 *
 * @returns False where there is no such packet.
 */
export async function discardPacket(ledger: Ledger, key: PacketKey): Promise<boolean> {
  if (await cancelPacket(ledger, key)) return true;
  const packet = await ledger.packet(key);
  const sent = packet && !packet.isDiscarded ? await ledger.group(packet) : [];
  for (const member of sent) {
    ledger.hidePacket(member);
    tellEnd(ledger, member, discarded);
  }
  const parked = await ledger.parkedGroup(key);
  for (const member of parked) {
    ledger.unpark(member);
    ledger.removeFiles(member);
  }
  return sent.length + parked.length > 0;
}

/**
 * Enqueues a parked packet again, with its atomic group, as new ones.
 *
 * @returns Its new name; null where no such packet is parked.
 */
export async function retryParked(ledger: Ledger, key: PacketKey): Promise<PacketKey | null> {
  const members = await ledger.parkedGroup(key);
  const row = ledger.openOutbox;
  const { outbox, nextSeq } = row;
  let renamed: PacketKey | null = null;
  for (const [index, { status: _, parkedAt: __, ...member }] of members.entries()) {
    const seq = nextSeq + index;
    const packet: PacketRow = {
      ...member,
      outbox,
      seq,
      tag: ledger.newName(),
      group: member.group === 0 ? 0 : nextSeq,
    };
    ledger.unpark(member);
    ledger.addPacket({ ...packet, queuedAt: ledger.now });
    const { route, records } = packet;
    ledger.feed({ kind: 'moved', outbox: member.outbox, seq: member.seq, route, records, to: { outbox, seq } });
    if (member.seq === key.seq) renamed = { outbox, seq };
  }
  ledger.putOutbox({ ...row, nextSeq: nextSeq + members.length });
  return renamed;
}

export function isUnsent(ledger: Ledger, { outbox, seq }: PacketKey): boolean {
  return seq > (ledger.outbox(outbox)?.sentSeq ?? seq);
}
