/** All records of a route, in packet order. */
export interface RouteRecords {
  readonly route: number;
  /** Of a single packet they are its own array, which is only read. */
  records: readonly unknown[];
  /** Where those of several packets are gathered; null as long as they are one's. */
  all: unknown[] | null;
}

/** Sorts records by their routes. */
export class RouteSorter {
  private readonly found: RouteRecords[] = [];
  /** Only where there are several routes: a batch mostly has one. */
  private byRoute: Map<number, RouteRecords> | null = null;
  private last: RouteRecords | null = null;

  /** The records of the next packet, at least one. */
  add(route: number, records: readonly unknown[]): void {
    const entry = this.last?.route === route ? this.last : this.turnTo(route);
    this.last = entry;
    if (entry === null) {
      this.begin(route, records);
      return;
    }
    if (entry.all === null) {
      entry.all = [...entry.records];
      entry.records = entry.all;
    }
    for (let i = 0; i < records.length; i++) entry.all.push(records[i]);
  }

  /** The routes that have records, ascending. */
  sorted(): readonly RouteRecords[] {
    return this.found.length > 1 ? this.found.sort((a, b) => a.route - b.route) : this.found;
  }

  private turnTo(route: number): RouteRecords | null {
    if (this.last === null) return null;
    this.byRoute ??= new Map([[this.last.route, this.last]]);
    return this.byRoute.get(route) ?? null;
  }

  private begin(route: number, records: readonly unknown[]): void {
    this.last = { route, records, all: null };
    this.found.push(this.last);
    this.byRoute?.set(route, this.last);
  }
}
