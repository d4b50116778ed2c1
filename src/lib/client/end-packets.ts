import { Status } from '../packet.ts';
import type { Ledger } from './ledger.ts';
import type { PacketRow, WaitRow } from './storage.ts';

/** How a packet ends. */
export interface Ending {
  readonly status: number;
  readonly message: string;
  readonly result: readonly unknown[];
  readonly isUnreadable: boolean;
  readonly isCancelled: boolean;
}

/** An end that the client itself decides on. */
export function localEnding(status: number, message = '', isCancelled = false): Ending {
  return { status, message, result: [], isUnreadable: false, isCancelled };
}

/**
 * Takes a packet out of the outbox and tells its end to the feed. Unsent packets that wait for it wait no longer, or end as
 * `skipped` where it has not ended well; sent ones are the server's to judge.
 */
export async function endPacket(ledger: Ledger, packet: PacketRow, ending: Ending): Promise<void> {
  const work: [packet: PacketRow, ending: Ending][] = [[packet, ending]];
  for (let next = work.pop(); next; next = work.pop()) {
    const [row, how] = next;
    // Skipped already, by way of another dependency.
    if (!(await ledger.packet(row))) continue;
    removePacket(ledger, row);
    const { outbox, seq, route, records } = row;
    ledger.feed({ kind: 'result', outbox, seq, route, records, ...how });
    const isOk = how.status === Status.ok && !how.isCancelled;
    for (const wait of await ledger.tx.list('waits', { prefix: [row.user, outbox, seq] })) {
      const waiter = await ledger.packet({ outbox: wait.waiterOutbox, seq: wait.waiterSeq });
      if (!waiter) continue;
      const isSent = waiter.seq <= ((await ledger.outbox(waiter.outbox))?.sentSeq ?? 0);
      if (isSent) {
        if (!isOk) ledger.tx.put('packets', { ...waiter, isDoomed: true });
      } else if (isOk) {
        const after = waiter.after.filter((key) => key.outbox !== outbox || key.seq !== seq);
        ledger.tx.put('packets', { ...waiter, after });
        deleteWait(ledger, wait);
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

/** Without a word to the feed. */
export function removePacket(ledger: Ledger, { user, outbox, seq, after }: PacketRow): void {
  ledger.tx.delete('packets', [user, outbox, seq]);
  for (const key of after) deleteWait(ledger, { user, ...key, waiterOutbox: outbox, waiterSeq: seq });
}

function deleteWait(ledger: Ledger, { user, outbox, seq, waiterOutbox, waiterSeq }: WaitRow): void {
  ledger.tx.delete('waits', [user, outbox, seq, waiterOutbox, waiterSeq]);
}

async function skipped(ledger: Ledger, waiter: PacketRow): Promise<[PacketRow, Ending][]> {
  const members = await ledger.group(waiter);
  return members.map((member) => {
    const status = member.seq === waiter.seq ? Status.skipped : Status.rolled_back;
    return [member, localEnding(status)];
  });
}
