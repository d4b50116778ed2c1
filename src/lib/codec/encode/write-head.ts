import {
  FLAG_ATOMIC,
  FLAG_DEPS,
  KIND_REQUEST,
  KIND_RESPONSE,
  LIMIT_PACKETS,
  ROUTE_COUNT,
  TAPE_ATOMIC,
  TAPE_COUNT,
  TAPE_DEP_COUNTS,
  TAPE_DEP_SUM,
  TAPE_DEPS,
  TAPE_FIRST_F64,
  TAPE_FLAGS,
  TAPE_ITEMS,
  TAPE_KIND,
  TAPE_OLDEST_F64,
  TAPE_OUTBOX_HIGH,
  TAPE_OUTBOX_LOW,
  TAPE_ROUTE,
  TAPE_SEQ,
} from '../../../../assembly/protocol.ts';
import type { ShapeTable } from '../../contract/field.ts';
import { EncodeError } from '../../errors.ts';
import type { RequestPacket } from '../../packet.ts';
import type { Kernels } from '../kernels.ts';
import { parsedOutbox, parseOutbox } from '../outbox-text.ts';
import type { Gather } from './gather.ts';
import { type RouteRecords, RouteSorter } from './route-records.ts';
import { isWhole, type Writable } from './writable.ts';

/**
 * Judges routes and counts of records of a batch of any kind, and writes them onto the tape. What is judged is what is
 * written: each packet is gone to once.
 *
 * @param tape Its word index.
 * @throws {EncodeError}
 */
export function writeRoutes(
  kernels: Kernels,
  tape: number,
  table: ShapeTable,
  { kind, packets }: Writable,
): readonly RouteRecords[] {
  const name = kind === KIND_RESPONSE ? 'results' : 'packets';
  const n = packets.length;
  if (n > LIMIT_PACKETS) throw new EncodeError(name, `more than ${LIMIT_PACKETS}`);
  if (kind !== KIND_REQUEST && n === 0) throw new EncodeError(name, 'at least one is wanted');
  const routes = kernels.reserve(4 * n);
  const items = kernels.reserve(8 * n);
  const { u32, f64, i32 } = kernels.heap;
  u32[tape + TAPE_KIND] = kind;
  u32[tape + TAPE_COUNT] = n;
  u32[tape + TAPE_ROUTE] = routes;
  u32[tape + TAPE_ITEMS] = items;
  const sorter = new RouteSorter();
  let last = -1;
  for (let i = 0; i < n; i++) {
    const { route, records } = packets[i] as Writable['packets'][number];
    const count = records.length;
    if (count > 0) {
      if (route !== last) judgeRoute(table, route, `${name}[${i}]`);
      last = route;
      sorter.add(route, records);
    } else if (!isWhole(route, 0, ROUTE_COUNT - 1)) {
      judgeRoute(table, route, `${name}[${i}]`);
    }
    i32[(routes >>> 2) + i] = route;
    f64[(items >>> 3) + i] = count;
  }
  return sorter.sorted();
}

/** Whether a packet with records may have this route. */
function judgeRoute(table: ShapeTable, route: number, path: string): void {
  if (!isWhole(route, 0, ROUTE_COUNT - 1)) throw new EncodeError(`${path}.route`, `0 to ${ROUTE_COUNT - 1} is wanted`);
  const shape = table.get(route);
  if (shape === undefined) throw new EncodeError(`${path}.route`, `the contract has no route ${route}`);
  if (shape === null) throw new EncodeError(`${path}.records`, 'this route carries no records in this direction');
}

/** Judges and writes the outbox and where in it the frame stands. @throws {EncodeError} */
export function writePlace({ heap }: Kernels, tape: number, { kind, outbox, first, oldest }: Writable): void {
  if (!parseOutbox(outbox)) throw new EncodeError('outbox', '16 lower-case hex digits, not all 0, are wanted');
  if (!isWhole(first, 1, Number.MAX_SAFE_INTEGER)) throw new EncodeError('first', 'a whole number from 1 is wanted');
  heap.u32[tape + TAPE_OUTBOX_HIGH] = parsedOutbox.high;
  heap.u32[tape + TAPE_OUTBOX_LOW] = parsedOutbox.low;
  heap.f64[(tape + TAPE_FIRST_F64) >>> 1] = first as number;
  if (kind !== KIND_REQUEST) return;
  const most = (first as number) - 1;
  if (!isWhole(oldest, 0, most)) throw new EncodeError('oldest', `0 to ${most} is wanted`);
  heap.f64[(tape + TAPE_OLDEST_F64) >>> 1] = oldest as number;
}

/** Judges and writes what only the packets of a request have. @throws {EncodeError} */
export function writeRequest(
  kernels: Kernels,
  tape: number,
  first: number,
  packets: readonly RequestPacket[],
  gather: Gather,
): void {
  const n = packets.length;
  const seqs = kernels.reserve(8 * n);
  kernels.heap.u32[tape + TAPE_SEQ] = seqs;
  const { f64 } = kernels.heap;
  // Kept, and not read again: what a getter gives may be another thing each time, and more than there is space for.
  const order: Order = { counts: [], distances: [], groups: [] };
  let last = first - 1;
  let lastGroup = 0;
  let groups = 0;
  for (let i = 0; i < n; i++) {
    const { seq, after, group = 0 } = packets[i] as RequestPacket;
    if (!isWhole(seq, last + 1, i === 0 ? first : Number.MAX_SAFE_INTEGER)) {
      throw new EncodeError(
        `packets[${i}].seq`,
        i === 0 ? `${first} (first) is wanted` : `more than ${last} is wanted`,
      );
    }
    last = seq;
    f64[(seqs >>> 3) + i] = seq;
    if (after !== undefined && after.length > 0) takeAfter(order, after, seq, i);
    if (group !== 0) {
      if (group !== lastGroup) groups++;
      if (group !== groups) throw new EncodeError(`packets[${i}].group`, `0 or ${groups} is wanted`);
      order.groups[i] = group;
    }
    lastGroup = group;
  }
  const { length } = order.distances;
  gather.charged += length;
  if (length > 0) writeAfter(kernels, tape, order, n);
  if (groups > 0) writeAtomic(kernels, tape, order.groups, n);
}

/** What packets ask of their order; of a packet that asks nothing there is nothing. */
interface Order {
  /** How many others each waits for. */
  readonly counts: number[];
  readonly distances: number[];
  readonly groups: number[];
}

function takeAfter({ counts, distances }: Order, after: readonly number[], seq: number, i: number): void {
  const taken = distances.length;
  let before = seq;
  for (const [j, other] of after.entries()) {
    if (!isWhole(other, 1, before - 1)) {
      throw new EncodeError(`packets[${i}].after[${j}]`, `1 to ${before - 1} is wanted`);
    }
    before = other;
    distances.push(seq - other);
  }
  counts[i] = distances.length - taken;
}

function writeAfter(kernels: Kernels, tape: number, { counts, distances }: Order, n: number): void {
  const countsAt = kernels.reserve(4 * n);
  const distancesAt = kernels.reserve(8 * distances.length);
  const { u32, i32, f64 } = kernels.heap;
  u32[tape + TAPE_FLAGS] = FLAG_DEPS;
  u32[tape + TAPE_DEP_COUNTS] = countsAt;
  u32[tape + TAPE_DEPS] = distancesAt;
  u32[tape + TAPE_DEP_SUM] = distances.length;
  for (let i = 0; i < counts.length; i++) i32[(countsAt >>> 2) + i] = counts[i] ?? 0;
  f64.set(distances, distancesAt >>> 3);
}

function writeAtomic(kernels: Kernels, tape: number, groups: readonly number[], n: number): void {
  const address = kernels.reserve(4 * n);
  const { u32, i32 } = kernels.heap;
  u32[tape + TAPE_FLAGS] = (u32[tape + TAPE_FLAGS] as number) | FLAG_ATOMIC;
  u32[tape + TAPE_ATOMIC] = address;
  for (let i = 0; i < groups.length; i++) i32[(address >>> 2) + i] = groups[i] ?? 0;
}
