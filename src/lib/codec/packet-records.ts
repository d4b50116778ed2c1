import { GROUP_MISMATCH, GROUP_UNSUPPORTED } from '../../../assembly/protocol.ts';
import type { ShapeTable } from '../contract/field.ts';
import type { Issue } from '../errors.ts';
import type { Mark, Reading } from '../packet.ts';
import type { Issues } from './issues.ts';
import type { GroupReader } from './materialise.ts';

/** By a group's state. */
const marks: Readonly<Record<number, Mark>> = {
  [GROUP_MISMATCH]: 'contract_mismatch',
  [GROUP_UNSUPPORTED]: 'unsupported',
};

/** Most results have no records: they share this. Frozen, so that nobody's are everybody's. */
export const none: readonly never[] = Object.freeze([]);

/** The packets of a frame, as far as dealing records out to them goes. */
export interface Packets {
  readonly count: number;
  route(i: number): number;
  items(i: number): number;
}

/** A group of a frame; without a reader where its columns were not read. */
export class RecordGroup {
  readonly state: number;
  readonly reader: GroupReader | null;
  /** Those that were made last, from the group's `start`-th on. */
  records: readonly unknown[] = [];
  start = 0;
  /** Index in the group of the first record that no packet has taken. */
  next = 0;
  private readonly total: number;

  /** @param total How many records it has. */
  constructor(state: number, reader: GroupReader | null, total: number) {
    this.state = state;
    this.reader = reader;
    this.total = total;
  }

  /** Makes the next n records; Infinity: all that are left. */
  make(n: number): void {
    this.start = this.next;
    this.records = this.reader?.take(Math.min(n, this.total - this.next)) ?? [];
  }
}

/** Deals a frame's records out to its packets, in order. */
export class PacketRecords {
  /** What there is to say of the packet that took last. */
  reading: Reading | undefined;
  private readonly packets: Packets;
  private readonly table: ShapeTable;
  private readonly groups: ReadonlyMap<number, RecordGroup>;
  // Neighbours mostly have the same route.
  private route = -1;
  private group: RecordGroup | undefined;
  private mark: Mark | undefined;

  constructor(packets: Packets, table: ShapeTable, groups: ReadonlyMap<number, RecordGroup>) {
    this.packets = packets;
    this.table = table;
    this.groups = groups;
  }

  /** Makes the records of the packets `from` … `to - 1`, which follow those that were made last. */
  make(from: number, to: number): void {
    if (from === 0 && to === this.packets.count) {
      for (const group of this.groups.values()) group.make(Number.POSITIVE_INFINITY);
      return;
    }
    const counts = new Map<RecordGroup, number>();
    for (let i = from; i < to; i++) {
      const group = this.groups.get(this.packets.route(i));
      if (group?.reader) counts.set(group, (counts.get(group) ?? 0) + this.packets.items(i));
    }
    for (const [group, n] of counts) group.make(n);
  }

  /** The records of the next packet; every one takes, one after another. */
  take(route: number, items: number): readonly unknown[] {
    if (route !== this.route) this.turnTo(route);
    const { mark } = this;
    if (mark !== undefined) {
      this.reading = { mark, items };
      return none;
    }
    this.reading = undefined;
    return items === 0 ? none : this.deal(items);
  }

  private deal(items: number): readonly unknown[] {
    const { group } = this;
    if (!group?.reader) return none;
    const { records, start, next } = group;
    group.next += items;
    if (group.reader.issues.size > 0) {
      const issues = issuesOf(group.reader.issues, next, items);
      if (issues.length > 0) {
        this.reading = { issues };
        return none;
      }
    }
    const at = next - start;
    if (items === 1) return [records[at]];
    // Those that are one packet's alone are handed on as they are.
    return items === records.length ? records : records.slice(at, at + items);
  }

  private turnTo(route: number): void {
    this.route = route;
    const group = this.groups.get(route);
    this.group = group;
    if (group === undefined) this.mark = this.table.has(route) ? undefined : 'unsupported';
    else this.mark = marks[group.state];
  }
}

/** The issues of records `start` … `start + items`, with paths that begin at the packet's first record. */
function issuesOf(issues: Issues, start: number, items: number): Issue[] {
  const own: Issue[] = [];
  for (let record = start; record < start + items; record++) {
    for (const { path, message } of issues.get(record) ?? []) {
      own.push({ path: [record - start, ...path.slice(1)], message });
    }
  }
  return own;
}
