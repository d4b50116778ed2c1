import { Status } from '../packet.ts';
import { endPacket, localEnding } from './end-packets.ts';
import type { Ledger } from './ledger.ts';
import type { OutboxRow, PacketKey, PacketRow, Place } from './storage.ts';

/**
 * Closes an outbox that the server knows otherwise than the client does (C.2): what is not known to be common goes, in order
 * and with its dependencies, to a new outbox; the rest is only asked for, so the server's place is good enough for it.
 */
export async function moveAway(ledger: Ledger, row: OutboxRow, server: Place): Promise<void> {
  const common = commonUpTo(row, server);
  const packets: PacketRow[] = [];
  for (const packet of await above(ledger, row, common)) {
    // Given up by the application, and not there: this was its end.
    if (packet.isDiscarded) await endPacket(ledger, packet, localEnding(Status.failed));
    else packets.push(packet);
  }
  const open = ledger.openOutbox;
  if (open.outbox !== row.outbox) {
    // What waits in the present outbox may wait for what moves: it goes along, so that it still comes after it.
    packets.push(...(await above(ledger, open, open.sentSeq)));
  }
  ledger.putOutbox({ ...row, place: server, sentSeq: common, attempts: 0 });
  const target = ledger.addOutbox();
  const names = new Map(
    packets.map((packet, index) => [nameOf(packet), { outbox: target.outbox, seq: target.nextSeq + index }] as const),
  );
  ledger.putOutbox({ ...target, nextSeq: target.nextSeq + packets.length });
  const moved: PacketRow[] = [];
  for (const packet of packets) moved.push(await renamed(ledger, packet, names, ledger.newName()));
  for (const packet of packets) ledger.removePacket(packet);
  for (const [index, packet] of moved.entries()) {
    ledger.addPacket(packet);
    const { outbox, seq, route, records } = packets[index] as PacketRow;
    ledger.feed({ kind: 'moved', outbox, seq, route, records, to: { outbox: packet.outbox, seq: packet.seq } });
  }
  for (const packet of moved) {
    if (packet.isDoomed) await endPacket(ledger, packet, localEnding(Status.skipped));
  }
}

/** The number up to which the server's packets are the client's. Equal numbers may be a copied profile's packets. */
function commonUpTo({ place, accepts }: OutboxRow, { epoch, seq, tag }: Place): number {
  if (accepts.some((own) => own.upTo === seq && own.tag === tag)) return seq;
  return epoch === place.epoch && seq > place.seq ? place.seq : 0;
}

function above(ledger: Ledger, { user, outbox }: OutboxRow, seq: number): Promise<PacketRow[]> {
  return ledger.listPackets({ prefix: [user, outbox], above: seq });
}

/** The packet as it is in the new outbox. What it waited for and has ended is not waited for any more. */
async function renamed(
  ledger: Ledger,
  packet: PacketRow,
  names: ReadonlyMap<string, PacketKey>,
  tag: string,
): Promise<PacketRow> {
  const after: PacketKey[] = [];
  for (const key of packet.after) {
    if (await ledger.packet(key)) after.push(names.get(nameOf(key)) ?? key);
  }
  const { outbox, group } = packet;
  const to = names.get(nameOf(packet)) as PacketKey;
  // Its first member may have been accepted alone, under an older server; what is left is a group of its own.
  const first = names.get(nameOf({ outbox, seq: group }))?.seq ?? to.seq;
  return { ...packet, ...to, after, tag, group: group === 0 ? 0 : first };
}

function nameOf({ outbox, seq }: PacketKey): string {
  return `${outbox}.${seq}`;
}
