import { actionOf, type PacketResult, Status } from '../packet.ts';
import { type Settled, settleWith } from './invoke.ts';
import type { PendingBatch } from './journal.ts';
import type { UnitPacket } from './units.ts';

/** What stands or falls together: a packet's result, an atomic group's, or those of packets that shared one call. */
export interface Entry {
  readonly batch: PendingBatch;
  readonly packets: readonly UnitPacket[];
  readonly settled: readonly Settled[];
  /** Came to its results without a handler. */
  readonly byVerdict?: boolean;
  /** Runs packets that shared a call one by one; their entries take this one's place when it cannot be committed. */
  readonly apart?: () => Promise<readonly Entry[]>;
  /** Has taken the place of one that could not be committed. */
  readonly instead?: true;
}

// Results are committed together: each alone would cost a turn of the disk. At most so many, and about as many bytes as
// one event of a stream carries.
const maxResults = 256;
const maxBytes = 49_152;

/** Whether results are enough for a frame of their own. */
export function isFull(count: number, bytes: number): boolean {
  return count >= maxResults || bytes >= maxBytes;
}

/** A unit's results when one of its packets has failed. */
export function rolledBack(packets: readonly UnitPacket[], failed: Settled): Settled[] {
  return packets.map((packet) =>
    packet.seq === failed.result.seq ? failed : settleWith({ packet }, Status.rolled_back),
  );
}

/** Cut so that each part makes one frame: results of reads, which enter no log, apart from the others. */
export function partsOf(entries: readonly Entry[]): Entry[][] {
  const parts: Entry[][] = [];
  let [count, bytes, wasLogged] = [0, 0, false];
  for (const entry of entries) {
    const size = entry.settled.reduce((sum, one) => sum + one.bytes, 0);
    const logged = entry.settled.some(({ result }) => isLogged(result));
    const fits = count + entry.settled.length <= maxResults && bytes + size <= maxBytes && logged === wasLogged;
    const last = parts.at(-1);
    if (last && fits) last.push(entry);
    else parts.push([entry]);
    [count, bytes] = last && fits ? [count + entry.settled.length, bytes + size] : [entry.settled.length, size];
    wasLogged = logged;
  }
  return parts;
}

export function isLogged({ route }: PacketResult): boolean {
  return actionOf(route) !== 'read';
}

export function ownerOf(
  entries: readonly Entry[],
  effect: number,
): { entry: Entry; index: number; packet: UnitPacket } {
  let end = 0;
  for (const [index, entry] of entries.entries()) {
    for (const [place, { effects }] of entry.settled.entries()) {
      end += effects.length;
      if (effect < end) return { entry, index, packet: entry.packets[place] as UnitPacket };
    }
  }
  throw new RangeError(`no effect ${effect}`);
}
