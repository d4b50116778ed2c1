import type { PacketResult } from '../../src/lib/packet.ts';
import type { Packet } from '../adapter.ts';
import type { Invoice, Member, Scan, User, Workload } from '../fixtures.ts';

/** The names of the record lists, at the number of their handler. */
const lists = [undefined, 'users', 'invoices', 'scans', 'members'] as const;
export type RecordList = Exclude<(typeof lists)[number], undefined>;

/** A packet as rivals with a schema want it: one list for each type of record that the workload has. */
export interface TypedPacket {
  readonly seq: number;
  readonly route: number;
  readonly status?: number;
  readonly message?: string;
  readonly users?: readonly User[];
  readonly invoices?: readonly Invoice[];
  readonly scans?: readonly Scan[];
  readonly members?: readonly Member[];
}

/** The lists that have records in a workload: a schema needs no others. */
export function listsOf({ packets }: Workload): RecordList[] {
  const handlers = new Set(packets.flatMap(({ route, records }) => (records.length > 0 ? [route >> 2] : [])));
  return lists.filter((name, handler): name is RecordList => name !== undefined && handlers.has(handler));
}

export function toTyped(workload: Workload): TypedPacket[] {
  const empty = Object.fromEntries(listsOf(workload).map((name) => [name, []]));
  return workload.packets.map((packet) => {
    const { records, ...head } = packet;
    const name = lists[packet.route >> 2] as RecordList;
    return { ...head, ...empty, ...(records.length > 0 ? { [name]: records } : {}) };
  });
}

export function fromTyped(packets: readonly TypedPacket[]): Packet[] {
  return packets.map((packet) => {
    const records = packet[lists[packet.route >> 2] as RecordList] ?? [];
    // A response is told by its status, which a prototype may hold.
    if (packet.status === undefined) return { seq: packet.seq, route: packet.route, records };
    const { seq, route, status, message } = packet;
    return { seq, route, status, message: message as string, records } satisfies PacketResult;
  });
}
