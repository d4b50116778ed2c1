import { type Cursor, countOf } from './cursor.ts';
import { type Ints, preview, readInts, readStrings } from './runs.ts';

/** The head of a frame, as far as its groups need it: records by route. */
export type RecordCounts = ReadonlyMap<number, number>;

/** Names a route: `clients.create`. */
export type RouteName = (route: number) => string;

/** The part between the first two bytes and the groups. @returns How many records each route has. */
export function readHead(cursor: Cursor, kind: number, name: RouteName): RecordCounts {
  const flags = readFlags(cursor, kind);
  if (kind !== 3) {
    cursor.demand(8);
    const outbox = cursor.word(cursor.at, 8).toString(16).padStart(16, '0');
    cursor.pass(8, 'outbox', outbox, 'The random number of the queue these packets stand in.');
  }
  const first = kind === 3 ? 0n : cursor.varint('first', String, 'Sequence number of the first packet.');
  if (kind === 1) {
    const describe = (distance: bigint) => `everything below ${first - distance} is done`;
    cursor.varint('oldest', describe, 'The server may forget those results.');
  }
  const count = cursor.count('count', 'How many packets there are.');
  if (kind !== 3) readInts(cursor, count, 'seq', (gaps) => `packets ${preview(sequence(gaps, first))}`);
  const routes = readInts(cursor, count, 'route', (values) => preview(values, (route) => name(Number(route))));
  if (kind === 2) readInts(cursor, count, 'status', (values) => preview(values, statusText));
  const items = readInts(cursor, count, 'items', (values) => `${preview(values)} (records in each packet)`);
  if (kind === 1 && flags & 1n) readDependencies(cursor, count);
  if (kind === 1 && flags & 2n) readInts(cursor, count, 'atomic groups');
  if (kind === 2 && flags & 1n) readMessages(cursor);
  return recordCounts(routes, items);
}

function readFlags(cursor: Cursor, kind: number): bigint {
  const names = kind === 1 ? ['dependencies', 'atomic groups'] : kind === 2 ? ['messages'] : [];
  return cursor.varint('flags', (flags) => {
    const set = names.filter((_, bit) => (flags >> BigInt(bit)) & 1n);
    return set.length > 0 ? set.join(', ') : 'none';
  });
}

function readDependencies(cursor: Cursor, count: number): void {
  const counts = readInts(cursor, count, 'dependencies: how many');
  const describe = (values: Ints) => preview(values, (distance) => `${distance} before`);
  readInts(cursor, countOf(counts.sum()), 'dependencies', describe);
}

function readMessages(cursor: Cursor): void {
  const count = cursor.count('messages: how many');
  readInts(cursor, count, 'messages: of which results', (gaps) => `results ${preview(sequence(gaps, 0n))}`);
  readStrings(cursor, count, 'messages');
}

/** Numbers of which the gaps are written. Summed up as far as they are looked at. */
function sequence(gaps: Ints, first: bigint): { count: number; get(index: number): bigint } {
  const known: bigint[] = [];
  return {
    count: gaps.count,
    get(index) {
      for (let i = known.length; i <= index; i++) known.push((known[i - 1] ?? first - 1n) + gaps.get(i) + 1n);
      return known[index] as bigint;
    },
  };
}

function recordCounts(routes: Ints, items: Ints): RecordCounts {
  // Packets that are all alike take no bytes: there may be millions of them.
  if (routes.isUniform) return new Map([[Number(routes.get(0)), countOf(items.sum())]]);
  const counts = new Map<number, number>();
  for (let index = 0; index < routes.count; index++) {
    const route = Number(routes.get(index));
    counts.set(route, (counts.get(route) ?? 0) + countOf(items.get(index)));
  }
  return counts;
}

function statusText(status: bigint): string {
  return status === 0n ? 'ok' : `status ${status}`;
}
