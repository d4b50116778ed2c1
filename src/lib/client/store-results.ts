import type { DecodedResponse, PacketResult, Reading } from '../packet.ts';
import { actionOf, Status } from '../packet.ts';
import { endPacket } from './end-packets.ts';
import type { Ledger } from './ledger.ts';
import type { PacketRow } from './storage.ts';

export type DecodedResult = PacketResult & Reading;

/** Results that came before the 202 of their packets, or without the rest of their atomic group, by sequence number. */
export type HeldResults = ReadonlyMap<number, DecodedResult>;

export interface StoredResults {
  /** How many packets came to their end. */
  readonly count: number;
  /** What is to be held now. */
  readonly held: HeldResults;
}

/**
 * Stores the results of accepted packets, and takes the packets out of the outbox.
 *
 * @param epoch The journal that they come from: a packet is accepted by one journal, not by another's.
 * @param held Those of the same outbox that were held so far.
 */
export async function storeResults(
  ledger: Ledger,
  { outbox, results }: DecodedResponse,
  epoch: string,
  held: HeldResults,
): Promise<StoredResults> {
  const row = ledger.outbox(outbox);
  if (!row) {
    for (const result of results) feedRemote(ledger, outbox, result);
    return { count: 0, held };
  }
  const waiting = new Map([...held, ...results.map((result) => [result.seq, result] as const)]);
  let count = 0;
  await ledger.prefetch(outbox, [...waiting.keys()]);
  for (const [seq, result] of [...waiting]) {
    if (!waiting.has(seq)) continue;
    const packet = await ledger.packet({ outbox, seq });
    if (!packet) {
      waiting.delete(seq);
      continue;
    }
    const members = await ledger.group(packet);
    const isAccepted = row.place.epoch === epoch && members.every((member) => member.seq <= row.place.seq);
    if (!isAccepted || !members.every((member) => waiting.has(member.seq))) continue;
    const ends = members.map((member) => [member, waiting.get(member.seq) ?? result] as const);
    const isUnread = ends.some(([, { status }]) => unread.has(status));
    for (const [member, how] of ends) {
      const isParked = isUnread && mayPark(member, how.status);
      await end(ledger, member, how, isParked);
      if (isParked) ledger.park(member, how.status);
      waiting.delete(member.seq);
      count++;
    }
  }
  return { count, held: waiting };
}

/** The server has not run it, and may understand it once it has been updated, or this page. */
const unread: ReadonlySet<number> = new Set([Status.unsupported, Status.contract_mismatch]);

/** A read that nobody waits for any more is not worth it. What was rolled back with a packet is tried again with it. */
function mayPark({ route, isDiscarded }: PacketRow, status: number): boolean {
  return (unread.has(status) || status === Status.rolled_back) && !isDiscarded && actionOf(route) !== 'read';
}

async function end(ledger: Ledger, packet: PacketRow, result: DecodedResult, isParked: boolean): Promise<void> {
  const { status, message, records } = result;
  const ending = { status, message, result: records, isUnreadable: isUnreadable(result), isCancelled: false };
  await endPacket(ledger, packet, ending, isParked);
}

function feedRemote(ledger: Ledger, outbox: string, result: DecodedResult): void {
  const { seq, route, status, records } = result;
  if (status !== Status.ok) return;
  ledger.feed({ kind: 'remote', outbox, seq, route, result: records, isUnreadable: isUnreadable(result) });
}

/** Records that a contract of another version wrote, and this one cannot read. A mark on none loses nothing. */
export function isUnreadable({ mark, items = 0, issues }: Reading): boolean {
  return (mark !== undefined && items > 0) || issues !== undefined;
}
