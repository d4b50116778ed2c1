import { GROUP_MISMATCH, GROUP_READ, GROUP_UNSUPPORTED, ROUTE_COUNT } from '../../../../assembly/protocol.ts';
import type { ShapeTable } from '../../contract/field.ts';
import type { Issue } from '../../errors.ts';
import type { Mark, Reading } from '../../packet.ts';
import { type Issues, noIssues } from './issues.ts';
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
  readonly route: number;
  /** Of the route's packets, those without records too. */
  readonly mark: Mark | undefined;
  readonly issues: Issues;
  /** Those that were made last, from the group's `start`-th on. */
  records: readonly unknown[] = none;
  start = 0;
  /** Index in the group of the first record that no packet has taken. */
  next = 0;
  /** How many records the packets that are made next have. */
  wanted = 0;
  /** Index in the group of the first record of which nothing has been said. */
  private told = 0;
  private readonly reader: GroupReader | null;
  private readonly total: number;

  /** @param total How many records it has. */
  constructor(route: number, state: number, reader: GroupReader | null, total: number) {
    this.route = route;
    this.mark = marks[state];
    this.reader = reader;
    this.issues = reader?.issues ?? noIssues;
    this.total = total;
  }

  /** Makes the next n records; Infinity: all that are left. */
  make(n: number): void {
    this.start = this.next;
    if (this.reader !== null) this.records = this.reader.take(Math.min(n, this.total - this.next));
  }

  /** The next records, of a packet that has some. */
  take(items: number): readonly unknown[] {
    if (this.reader === null) return none;
    const { records } = this;
    const at = this.next - this.start;
    this.next += items;
    if (items === 1) return [records[at]];
    // Those that are one packet's alone are handed on as they are.
    return items === records.length ? records : records.slice(at, at + items);
  }

  /** What there is to say of the next packet. */
  readingOf(items: number): Reading {
    const { mark, issues, told } = this;
    this.told += items;
    if (mark !== undefined) return { mark };
    const own: Issue[] = [];
    for (let record = told; record < told + items; record++) {
      for (const { path, message } of issues.get(record) ?? []) {
        own.push({ path: [record - told, ...path.slice(1)], message });
      }
    }
    return own.length === 0 ? {} : { issues: own };
  }
}

/** Deals a frame's records out to its packets, in order. */
export class PacketRecords {
  private readonly packets: Packets;
  private readonly table: ShapeTable;
  private readonly groups: readonly RecordGroup[];
  private readonly first: RecordGroup | undefined;
  /** Those, and what routes without records have; made when a second route is met. A map's look-up costs five times as much. */
  private byRoute: (RecordGroup | undefined)[] | undefined;
  /** Whether there is something to say of some packet. */
  private hasReadings: boolean;

  constructor(packets: Packets, table: ShapeTable, groups: readonly RecordGroup[]) {
    this.packets = packets;
    this.table = table;
    this.groups = groups;
    this.first = groups[0];
    this.hasReadings = groups.some(saysMore);
  }

  /** Makes the records of the packets `from` … `to - 1`, which follow those that were made last. */
  make(from: number, to: number): void {
    const all = from === 0 && to === this.packets.count;
    if (!all) this.count(from, to);
    for (const group of this.groups) group.make(all ? Number.POSITIVE_INFINITY : group.wanted);
  }

  /** What each group's packets of `from` … `to - 1` want of it. */
  private count(from: number, to: number): void {
    for (const group of this.groups) group.wanted = 0;
    for (let i = from; i < to; i++) this.groupOf(this.packets.route(i)).wanted += this.packets.items(i);
  }

  /** The records of the next packet; every one takes, one after another. */
  take(route: number, items: number): readonly unknown[] {
    const group = this.groupOf(route);
    return items === 0 ? none : group.take(items);
  }

  /** Packets from the `from`-th on, which have taken their records, with what there is to say of them. */
  told<T extends { readonly route: number; readonly records: readonly unknown[] }>(
    packets: T[],
    from: number,
  ): (T & Reading)[] {
    if (!this.hasReadings) return packets;
    return packets.map((packet, i) => {
      const items = this.packets.items(from + i);
      const { mark, issues } = this.groupOf(packet.route).readingOf(items);
      if (mark !== undefined) return { ...packet, mark, items };
      return issues === undefined ? packet : { ...packet, records: none, issues };
    });
  }

  /** No look at the route before: where routes alternate, a processor that guesses wrong waits longer than a table takes. */
  private groupOf(route: number): RecordGroup {
    const { first, byRoute } = this;
    if (byRoute !== undefined) return byRoute[route] ?? this.add(byRoute, route);
    return first?.route === route ? first : this.add(this.tabulate(), route);
  }

  private add(byRoute: (RecordGroup | undefined)[], route: number): RecordGroup {
    const found = byRoute[route];
    if (found !== undefined) return found;
    const state = this.table.has(route) ? GROUP_READ : GROUP_UNSUPPORTED;
    const group = new RecordGroup(route, state, null, 0);
    this.hasReadings ||= saysMore(group);
    byRoute[route] = group;
    return group;
  }

  private tabulate(): (RecordGroup | undefined)[] {
    const byRoute = new Array<RecordGroup | undefined>(ROUTE_COUNT);
    for (const group of this.groups) byRoute[group.route] = group;
    this.byRoute = byRoute;
    return byRoute;
  }
}

function saysMore({ mark, issues }: RecordGroup): boolean {
  return mark !== undefined || issues.size > 0;
}
