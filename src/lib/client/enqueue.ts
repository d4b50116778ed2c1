import { CrudpError } from '../errors.ts';
import { reqIdOf, Status } from '../packet.ts';
import { endGroup, localEnding } from './end-packets.ts';
import type { Ledger } from './ledger.ts';
import type { FileRow, PacketKey, PacketRow } from './storage.ts';

/** A packet that is to be saved; judged and copied. */
export interface Draft {
  readonly route: number;
  readonly records: readonly unknown[];
  /** Version of the contract that judged them. */
  readonly contract: number;
  /** Length of its frame, were it alone. */
  readonly bytes: number;
  readonly expiresAt: number | undefined;
  /** Its files that go by upload, with their contents. */
  readonly uploads: readonly StoredFile[];
  /** Contents that are still to be read into the packet, by their place among its files. */
  readonly toRead: ReadonlyMap<number, Blob>;
  /** Packets of one atomic group share an object and stand side by side; null: none. */
  readonly group: object | null;
  /** Asked when its turn has come: a packet it waits for may be saved in the same transaction. */
  readonly after: () => readonly DependencyFacts[];
}

/** As a row has it. */
export type StoredFile = Pick<FileRow, 'upload' | 'name' | 'size' | 'content'>;

/** A packet that another one waits for; `wasOk` where this page knows that it has ended. */
export interface DependencyFacts {
  readonly key: PacketKey | null;
  readonly wasOk?: boolean;
}

/**
 * Appends packets to the open outbox, in order.
 *
 * @param named Told each draft's name within the transaction, so that nobody can hear of the packet before.
 * @throws {CrudpError} `unknown_packet`: one waits for a packet that this storage does not know (any more).
 */
export async function enqueue(
  ledger: Ledger,
  drafts: readonly Draft[],
  named: (index: number, key: PacketKey) => void,
): Promise<void> {
  const groups = new Map<object, number>();
  const doomed: PacketRow[] = [];
  for (const [index, draft] of drafts.entries()) {
    const row = ledger.openOutbox;
    const { outbox, nextSeq: seq } = row;
    ledger.putOutbox({ ...row, nextSeq: seq + 1 });
    if (draft.group && !groups.has(draft.group)) groups.set(draft.group, seq);
    const { after, isDoomed } = await judgeDependencies(ledger, draft.after());
    const packet: PacketRow = {
      user: ledger.user,
      outbox,
      seq,
      route: draft.route,
      records: draft.records,
      contract: draft.contract,
      tag: ledger.newName(),
      after,
      isDoomed: false,
      group: (draft.group && groups.get(draft.group)) ?? 0,
      bytes: draft.bytes,
      queuedAt: ledger.now,
      ...(draft.expiresAt !== undefined && { expiresAt: draft.expiresAt }),
      ...(draft.uploads.length > 0 && {
        uploads: draft.uploads.map(({ upload, name, size }) => ({ upload, name, size })),
      }),
    };
    ledger.addPacket(packet);
    for (const file of draft.uploads) ledger.addFile(file);
    named(index, { outbox, seq });
    if (isDoomed) doomed.push(packet);
  }
  // Not before its whole group is there, which ends with it.
  for (const packet of doomed) await endGroup(ledger, packet, localEnding(Status.skipped));
}

async function judgeDependencies(
  ledger: Ledger,
  dependencies: readonly DependencyFacts[],
): Promise<{ after: PacketKey[]; isDoomed: boolean }> {
  const after: PacketKey[] = [];
  let isDoomed = false;
  for (const { key, wasOk } of dependencies) {
    if (wasOk === true || (key && after.some((other) => isSame(other, key)))) continue;
    if (wasOk === false || key === null) {
      isDoomed = true;
    } else if (await ledger.packet(key)) {
      after.push(key);
    } else {
      const end = await whatBecameOf(ledger, key);
      if (typeof end === 'object') after.push(end);
      else isDoomed ||= !end;
    }
  }
  return { after: isDoomed ? [] : after, isDoomed };
}

/** Looks in the feed, which goes back some way. @returns Whether it ended well; where it waits now, if it moved. */
async function whatBecameOf(ledger: Ledger, key: PacketKey): Promise<boolean | PacketKey> {
  let now = key;
  for (const row of await ledger.fed()) {
    if (row.kind === 'moved' && isSame(row, now)) now = row.to;
    if (row.kind === 'result' && isSame(row, now)) return row.status === Status.ok;
  }
  if (now !== key && (await ledger.packet(now))) return now;
  throw new CrudpError('unknown_packet', `nothing is known here of ${reqIdOf(key.outbox, key.seq)}`);
}

function isSame(a: PacketKey, b: PacketKey): boolean {
  return a.seq === b.seq && a.outbox === b.outbox;
}
