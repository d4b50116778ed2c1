import { ROUTE_COUNT, TAPE_ITEMS, TAPE_ROUTE } from '../../../../assembly/protocol.ts';
import type { ShapeTable } from '../../contract/field.ts';
import { EncodeError } from '../../errors.ts';
import type { Kernels } from '../kernels.ts';
import { type RouteRecords, RouteSorter } from './route-records.ts';

/**
 * The columns that packets of all kinds have: routes and counts of records.
 *
 * Each packet is gone to once, by who writes its other columns too, with the views and places in variables of its own:
 * engines load fields again for each packet, which costs as much as judging it.
 */
export class RouteColumns {
  /** Where the routes begin, as an index of i32. */
  readonly routes: number;
  /** Where the counts begin, as an index of f64. */
  readonly items: number;
  private readonly table: ShapeTable;
  private readonly name: string;
  private readonly sorter = new RouteSorter();
  /** The route that was judged last for a packet with records. */
  private judged = -1;

  /**
   * @param tape Its word index.
   * @param n How many packets there are.
   * @param name What the batch calls them.
   */
  constructor(kernels: Kernels, tape: number, table: ShapeTable, n: number, name: string) {
    const routes = kernels.reserve(4 * n);
    const items = kernels.reserve(8 * n);
    const { u32 } = kernels.heap;
    u32[tape + TAPE_ROUTE] = routes;
    u32[tape + TAPE_ITEMS] = items;
    this.routes = routes >>> 2;
    this.items = items >>> 3;
    this.table = table;
    this.name = name;
  }

  /**
   * Judges packet i and notes its records; all packets come, in order.
   *
   * @returns How many records it has: what is judged is what is to be written.
   * @throws {EncodeError}
   */
  take(i: number, route: number, records: readonly unknown[]): number {
    const { length } = records;
    if (length === 0) {
      if (!isRoute(route)) this.judge(route, i);
      return 0;
    }
    if (route !== this.judged) this.judge(route, i);
    this.judged = route;
    this.sorter.add(route, records);
    return length;
  }

  /** The records of all packets. */
  byRoute(): readonly RouteRecords[] {
    return this.sorter.sorted();
  }

  /** Whether a packet with records may have this route. */
  private judge(route: number, i: number): void {
    const path = `${this.name}[${i}]`;
    if (!isRoute(route)) throw new EncodeError(`${path}.route`, `0 to ${ROUTE_COUNT - 1} is wanted`);
    const shape = this.table.get(route);
    if (shape === undefined) throw new EncodeError(`${path}.route`, `the contract has no route ${route}`);
    if (shape === null) throw new EncodeError(`${path}.records`, 'this route carries no records in this direction');
  }
}

function isRoute(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < ROUTE_COUNT;
}
