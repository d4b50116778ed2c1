import type { Writable } from './judge-batch.ts';

/** All records of a route, in packet order. */
export interface RouteRecords {
  readonly route: number;
  /** Of a single packet they are its own array, which is only read. */
  records: readonly unknown[];
  /** Where those of several packets are gathered; null as long as they are one's. */
  all: unknown[] | null;
}

/** The routes that have records, ascending. */
export function recordsByRoute(packets: Writable['packets']): readonly RouteRecords[] {
  const found: RouteRecords[] = [];
  // Only where there are several routes: a batch mostly has one.
  let byRoute: Map<number, RouteRecords> | null = null;
  let last: RouteRecords | undefined;
  for (let i = 0; i < packets.length; i++) {
    const { route, records } = packets[i] as Writable['packets'][number];
    if (records.length === 0) continue;
    if (last?.route !== route) {
      if (last !== undefined) {
        byRoute ??= new Map([[last.route, last]]);
        last = byRoute.get(route);
      }
      if (last === undefined) {
        last = { route, records, all: null };
        found.push(last);
        byRoute?.set(route, last);
        continue;
      }
    }
    if (last.all === null) {
      last.all = [...last.records];
      last.records = last.all;
    }
    for (let j = 0; j < records.length; j++) last.all.push(records[j]);
  }
  return found.length > 1 ? found.sort((a, b) => a.route - b.route) : found;
}
