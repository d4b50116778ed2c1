import { Status } from '../packet.ts';
import type { Ledger } from './ledger.ts';
import type { PacketRow } from './storage.ts';

/** How a packet ends. */
export interface Ending {
  readonly status: number;
  readonly message: string;
  readonly result: readonly unknown[];
  readonly isUnreadable: boolean;
  readonly isCancelled: boolean;
  readonly isDiscarded?: true;
}

/** An end that the client itself decides on. */
export function localEnding(status: number, message = ''): Ending {
  return { status, message, result: [], isUnreadable: false, isCancelled: false };
}

/** It was taken out of the queue before it was sent. */
export const cancelled: Ending = { ...localEnding(Status.failed), isCancelled: true };

/** The application gave it up. */
export const discarded: Ending = { ...localEnding(Status.failed), isDiscarded: true };

/**
 * Takes a packet out of the outbox and tells its end to the feed. Unsent packets that wait for it wait no longer, or end as
 * `skipped` where it has not ended well; sent ones are the server's to judge.
 *
 * @param keepsFiles It may be tried again, with what it was to bring.
 */
export async function endPacket(ledger: Ledger, packet: PacketRow, ending: Ending, keepsFiles = false): Promise<void> {
  const work: [packet: PacketRow, ending: Ending][] = [[packet, ending]];
  for (let next = work.pop(); next; next = work.pop()) {
    const [row, how] = next;
    // Skipped already, by way of another dependency.
    if (!(await ledger.packet(row))) continue;
    ledger.removePacket(row);
    if (!keepsFiles || row !== packet) ledger.removeFiles(row);
    // Of one that was discarded the end has been told.
    if (!row.isDiscarded) tellEnd(ledger, row, how);
    const { outbox, seq } = row;
    const isOk = how.status === Status.ok;
    for (const wait of await ledger.waitersFor(row)) {
      const waiter = await ledger.packet({ outbox: wait.waiterOutbox, seq: wait.waiterSeq });
      if (!waiter) continue;
      const isSent = waiter.seq <= (ledger.outbox(waiter.outbox)?.sentSeq ?? 0);
      if (isSent) {
        if (!isOk) ledger.putPacket({ ...waiter, isDoomed: true });
      } else if (isOk) {
        const after = waiter.after.filter((key) => key.outbox !== outbox || key.seq !== seq);
        ledger.putPacket({ ...waiter, after });
        ledger.deleteWait(wait);
        ledger.hasUnblocked ||= waiter.outbox !== outbox;
      } else {
        work.push(...(await skipped(ledger, waiter)));
      }
    }
  }
}

/** Ends a packet with its atomic group: the packet by `ending`, the rest as `rolled_back`. */
export async function endGroup(ledger: Ledger, packet: PacketRow, ending: Ending): Promise<void> {
  for (const member of await ledger.group(packet)) {
    await endPacket(ledger, member, member.seq === packet.seq ? ending : localEnding(Status.rolled_back));
  }
}

export function tellEnd(ledger: Ledger, { outbox, seq, route, records }: PacketRow, how: Ending): void {
  ledger.feed({ kind: 'result', outbox, seq, route, records, ...how });
}

async function skipped(ledger: Ledger, waiter: PacketRow): Promise<[PacketRow, Ending][]> {
  const members = await ledger.group(waiter);
  return members.map((member) => {
    const status = member.seq === waiter.seq ? Status.skipped : Status.rolled_back;
    return [member, localEnding(status)];
  });
}
