import { ROUTE_COUNT } from './protocol';

// How many records each route of a frame has: a sum and a bit for each route, in static memory. Kept between frames; a
// frame pays only for the routes it names.
const SUMS = memory.data(ROUTE_COUNT << 3, 8);
const PRESENT = memory.data(ROUTE_COUNT >> 3, 8);
const WORDS: u32 = ROUTE_COUNT >> 6;

/** Routes with records. */
export let distinct: u32 = 0;

export function clearRoutes(): void {
  distinct = 0;
  memory.fill(PRESENT, 0, ROUTE_COUNT >> 3);
}

/** Counts more than 0 records of a route. */
export function addRecords(route: u32, records: u64): void {
  const word = PRESENT + ((<usize>route >> 6) << 3);
  const bit = (<u64>1) << (route & 63);
  const sum = SUMS + ((<usize>route) << 3);
  const bits = load<u64>(word);
  if ((bits & bit) == 0) {
    store<u64>(word, bits | bit);
    store<u64>(sum, records);
    distinct++;
  } else {
    store<u64>(sum, load<u64>(sum) + records);
  }
}

export function recordsOf(route: u32): u64 {
  return load<u64>(SUMS + ((<usize>route) << 3));
}

/** The least route with records from `route` on; ROUTE_COUNT where there is none. */
export function routeFrom(route: u32): u32 {
  let word = route >> 6;
  if (word >= WORDS) return ROUTE_COUNT;
  let bits = load<u64>(PRESENT + ((<usize>word) << 3)) & (u64.MAX_VALUE << (route & 63));
  while (bits == 0) {
    if (++word == WORDS) return ROUTE_COUNT;
    bits = load<u64>(PRESENT + ((<usize>word) << 3));
  }
  return (word << 6) + <u32>ctz(bits);
}
