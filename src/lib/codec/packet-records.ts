import { GROUP_MISMATCH, GROUP_READ, GROUP_UNSUPPORTED } from '../../../assembly/protocol.ts';
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

/** What a frame has of a route: a group, without a reader where its columns were not read, or packets without records. */
export class RecordGroup {
  /** Of the route's packets, those without records too. */
  readonly mark: Mark | undefined;
  readonly reader: GroupReader | null;
  /** Those that were made last, from the group's `start`-th on. */
  records: readonly unknown[] = [];
  start = 0;
  /** Index in the group of the first record that no packet has taken. */
  next = 0;
  /** How many records the packets that are made next have. */
  wanted = 0;
  private readonly total: number;

  /** @param total How many records it has. */
  constructor(state: number, reader: GroupReader | null, total: number) {
    this.mark = marks[state];
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
  /** By route; those that have no records are added as they are met. */
  private readonly groups: Map<number, RecordGroup>;
  // Neighbours mostly have the same route.
  private route = -1;
  private group!: RecordGroup;

  constructor(packets: Packets, table: ShapeTable, groups: Map<number, RecordGroup>) {
    this.packets = packets;
    this.table = table;
    this.groups = groups;
  }

  /** Makes the records of the packets `from` … `to - 1`, which follow those that were made last. */
  make(from: number, to: number): void {
    const all = from === 0 && to === this.packets.count;
    if (!all) this.count(from, to);
    for (const group of this.groups.values()) group.make(all ? Number.POSITIVE_INFINITY : group.wanted);
  }

  /** What each group's packets of `from` … `to - 1` want of it. */
  private count(from: number, to: number): void {
    for (const group of this.groups.values()) group.wanted = 0;
    for (let i = from; i < to; i++) {
      const route = this.packets.route(i);
      if (route !== this.route) this.turnTo(route);
      this.group.wanted += this.packets.items(i);
    }
  }

  /** The records of the next packet; every one takes, one after another. */
  take(route: number, items: number): readonly unknown[] {
    if (route !== this.route) this.turnTo(route);
    const { mark } = this.group;
    if (mark !== undefined) {
      this.reading = { mark, items };
      return none;
    }
    this.reading = undefined;
    return items === 0 ? none : this.deal(items);
  }

  private deal(items: number): readonly unknown[] {
    const { group } = this;
    if (group.reader === null) return none;
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
    let group = this.groups.get(route);
    if (group === undefined) {
      group = new RecordGroup(this.table.has(route) ? GROUP_READ : GROUP_UNSUPPORTED, null, 0);
      this.groups.set(route, group);
    }
    this.route = route;
    this.group = group;
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
