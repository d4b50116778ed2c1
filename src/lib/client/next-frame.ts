import type { Codec } from '../codec/codec.ts';
import type { Contract } from '../contract/contract.ts';
import { EncodeError } from '../errors.ts';
import { actionOf, type RequestPacket, Status } from '../packet.ts';
import { endGroup, localEnding } from './end-packets.ts';
import type { Ledger } from './ledger.ts';
import type { OutboxRow, PacketRow, Place } from './storage.ts';

/** What a frame may hold. */
export interface BatchLimits {
  /** Packets, an atomic group counting as one; at least 1. */
  readonly units: number;
  /** Packets, unless one atomic group has more. */
  readonly packets: number;
  /** Sum of what the packets would take alone, unless there is only one. */
  readonly bytes: number;
}

/** A frame, ready to be posted: what the outbox looked like when it was made. */
export interface Outgoing {
  readonly kind: 'packets' | 'question' | 'acknowledgement';
  readonly outbox: string;
  readonly frame: Uint8Array<ArrayBuffer>;
  /** For `CRUDP-After`. */
  readonly after: Place;
  /** For `CRUDP-Tag`: that of the last packet, '' where there is none. */
  readonly tag: string;
  /** Number of the last packet; `after.seq` where there is none. */
  readonly lastSeq: number;
  /** Packets, an atomic group counting as one. */
  readonly units: number;
  /** Results below this number are stored here: what the frame tells the server. */
  readonly acknowledges: number;
  /** How long whoever reads would like to wait for the answer. */
  readonly waitMs: number;
}

export interface FrameDeps {
  readonly contract: Contract;
  readonly codec: Codec;
}

/** Rows that are read first; how many more fit is known by their sizes then. */
const firstRows = 100;
/** Packets that one frame asks for. */
const maxQuestions = 1000;
/** How long a POST with a read in it waits for the answer; the stream brings what takes longer. */
const readWaitMs = 10_000;

/**
 * Makes a frame of the packets that are to be sent next, and marks them sent. Packets whose time is over, and those that
 * have no frame, end here.
 *
 * @returns null where none is to be sent; `contract_newer` where the next one is of a contract that this page lacks.
 */
export async function nextPackets(
  deps: FrameDeps,
  ledger: Ledger,
  row: OutboxRow,
  limits: BatchLimits,
): Promise<Outgoing | 'contract_newer' | null> {
  for (;;) {
    const units = await nextUnits(deps, ledger, row, limits);
    const [first] = units;
    if (first === undefined) return null;
    if (first === 'contract_newer') return first;
    const fitting = units.filter((unit) => unit !== 'contract_newer');
    for (let count = fitting.length; count > 0; count >>= 1) {
      const packets = fitting.slice(0, count).flat();
      try {
        return markSent(ledger, row, await outgoing(deps, ledger, row, 'packets', packets, count));
      } catch (error) {
        if (!(error instanceof EncodeError)) throw error;
        // Together they are too much for a frame; alone, it is the packet's own fault: its shape has changed since.
        if (count === 1) await endGroup(ledger, first[0] as PacketRow, localEnding(Status.invalid, error.message));
      }
    }
  }
}

/** Makes a frame that asks for results of accepted packets. Records are not needed for that, so none are sent. */
export async function question(deps: FrameDeps, ledger: Ledger, row: OutboxRow): Promise<Outgoing | null> {
  const range = { prefix: [row.user, row.outbox], upTo: row.place.seq };
  const packets = await ledger.listPackets(range, maxQuestions);
  if (packets.length === 0) return null;
  return outgoing(deps, ledger, row, 'question', packets, packets.length);
}

/** Makes a frame without packets, if it has something to tell. */
export async function acknowledgement(deps: FrameDeps, ledger: Ledger, row: OutboxRow): Promise<Outgoing | null> {
  const frame = await outgoing(deps, ledger, row, 'acknowledgement', [], 0);
  return frame.acknowledges > row.acknowledged ? frame : null;
}

/** The lowest number below `first` that is still needed (A.3, `oldest`). */
export async function oldestNeeded(ledger: Ledger, row: OutboxRow, first: number): Promise<number> {
  const [packet] = await ledger.listPackets({ prefix: [row.user, row.outbox] }, 1);
  // What nobody waits for any more has no row there: those who were not sent do not wait for what has ended.
  return Math.min(first, packet?.seq ?? first, (await ledger.firstAwaited(row.outbox)) ?? first);
}

type Unit = PacketRow[] | 'contract_newer';

/** The packets above the outbox's place, group by group, until something stops them. */
async function nextUnits(
  { contract }: FrameDeps,
  ledger: Ledger,
  row: OutboxRow,
  limits: BatchLimits,
): Promise<Unit[]> {
  const prefix = [row.user, row.outbox];
  const units: Unit[] = [];
  let count = 0;
  let bytes = 0;
  let above = row.place.seq;
  let hasEnded = false;
  for (let rows = firstRows; ; rows = moreRows(limits, count, bytes)) {
    const page = await ledger.listPackets({ prefix, above }, rows);
    for (const packet of page) {
      if (packet.seq <= above) continue;
      const isNew = packet.seq > row.sentSeq;
      const members = await ledger.group(packet);
      above = members.at(-1)?.seq ?? packet.seq;
      const late = isNew
        ? members.find(({ expiresAt = Number.POSITIVE_INFINITY }) => expiresAt <= ledger.now)
        : undefined;
      if (late) {
        await endGroup(ledger, late, localEnding(Status.expired));
        hasEnded = true;
      }
      // Whatever waited for a packet that ended here is not there any more.
      if (hasEnded && !(await ledger.packet(packet))) continue;
      const size = members.reduce((sum, member) => sum + member.bytes, 0);
      const isFull =
        units.length === limits.units || count + members.length > limits.packets || bytes + size > limits.bytes;
      if (units.length > 0 && isFull) return units;
      if (members.some((member) => member.contract > contract.version)) return [...units, 'contract_newer'];
      // It waits for a packet of a closed outbox, and all behind it wait with it: numbers only rise.
      if (members.some(({ after }) => after.some(({ outbox }) => outbox !== row.outbox))) return units;
      units.push(members);
      count += members.length;
      bytes += size;
    }
    if (page.length < rows || count >= limits.packets) return units;
  }
}

/** About as many as still fit, and one to see that it does not. */
function moreRows(limits: BatchLimits, count: number, bytes: number): number {
  const fitting = count === 0 ? firstRows : Math.ceil(((limits.bytes - bytes) * count) / bytes);
  return Math.max(1, Math.min(fitting, limits.packets - count)) + 1;
}

function markSent(ledger: Ledger, row: OutboxRow, frame: Outgoing): Outgoing {
  const isFirst = frame.lastSeq > row.sentSeq;
  ledger.putOutbox({
    ...row,
    sentSeq: Math.max(row.sentSeq, frame.lastSeq),
    sends: isFirst ? [...row.sends, { upTo: frame.lastSeq, at: ledger.now }] : row.sends,
    attempts: row.attempts + 1,
  });
  return frame;
}

async function outgoing(
  { contract, codec }: FrameDeps,
  ledger: Ledger,
  row: OutboxRow,
  kind: Outgoing['kind'],
  packets: readonly PacketRow[],
  units: number,
): Promise<Outgoing> {
  const first = packets[0]?.seq ?? row.place.seq + 1;
  const acknowledges = await oldestNeeded(ledger, row, first);
  const batch = {
    outbox: row.outbox,
    first,
    oldest: first - acknowledges,
    packets: requestPackets(packets, kind === 'packets'),
  };
  const last = packets.at(-1);
  return {
    kind,
    outbox: row.outbox,
    frame: codec.encodeRequest(contract, batch),
    after: row.place,
    tag: last?.tag ?? '',
    lastSeq: last?.seq ?? row.place.seq,
    units,
    acknowledges,
    waitMs: kind === 'packets' && packets.some(({ route }) => actionOf(route) === 'read') ? readWaitMs : 0,
  };
}

function requestPackets(packets: readonly PacketRow[], withRecords: boolean): RequestPacket[] {
  let groups = 0;
  let lastGroup = 0;
  return packets.map(({ seq, route, records, after, group }) => {
    if (group !== 0 && group !== lastGroup) groups++;
    lastGroup = group;
    const waitsFor = withRecords ? after.map((key) => key.seq).sort((a, b) => b - a) : [];
    return {
      seq,
      route,
      records: withRecords ? records : [],
      ...(waitsFor.length > 0 && { after: waitsFor }),
      ...(withRecords && group !== 0 && { group: groups }),
    };
  });
}
