import { ROUTE_RECORDS } from './protocol';

// How many records each route of a frame has. All zero between frames: whoever reads a group takes its sum away, and a
// frame that is refused half-way has JavaScript wipe them all.

/** Routes with records. */
export let distinct: u32 = 0;

export function clearRoutes(): void {
  distinct = 0;
}

/** Counts more than 0 records of a route. */
export function addRecords(route: u32, records: u64): void {
  const place = <usize>ROUTE_RECORDS + ((<usize>route) << 3);
  const before = load<u64>(place);
  if (before == 0) distinct++;
  store<u64>(place, before + records);
}

/** The least route with records from `route` on; there is one. */
export function routeFrom(route: u32): u32 {
  while (load<u64>(<usize>ROUTE_RECORDS + ((<usize>route) << 3)) == 0) route++;
  return route;
}

export function takeRecords(route: u32): u64 {
  const place = <usize>ROUTE_RECORDS + ((<usize>route) << 3);
  const records = load<u64>(place);
  store<u64>(place, 0);
  return records;
}
