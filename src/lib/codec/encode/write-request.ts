import {
  FLAG_ATOMIC,
  FLAG_DEPS,
  TAPE_ATOMIC,
  TAPE_DEP_COUNTS,
  TAPE_DEP_SUM,
  TAPE_DEPS,
  TAPE_FLAGS,
  TAPE_SEQ,
} from '../../../../assembly/protocol.ts';
import type { ShapeTable } from '../../contract/field.ts';
import { EncodeError } from '../../errors.ts';
import type { RequestPacket } from '../../packet.ts';
import type { Kernels } from '../kernels.ts';
import type { Gather } from './gather.ts';
import type { RouteRecords } from './route-records.ts';
import { isSeq } from './writable.ts';
import { RouteColumns } from './write-routes.ts';

/**
 * Judges and writes the packets of a request but for what is in their records.
 *
 * @param first Judged before.
 * @throws {EncodeError}
 */
export function writeRequest(
  kernels: Kernels,
  tape: number,
  table: ShapeTable,
  first: number,
  packets: readonly RequestPacket[],
  gather: Gather,
): readonly RouteRecords[] {
  const n = packets.length;
  const seqs = kernels.reserve(8 * n);
  const columns = new RouteColumns(kernels, tape, table, n, 'packets');
  const { routes, items } = columns;
  const { u32, i32, f64 } = kernels.heap;
  u32[tape + TAPE_SEQ] = seqs;
  // Kept, and not read again: what a getter gives may be another thing each time, and more than there is space for.
  const order: Order = { counts: [], distances: [], groups: [] };
  let last = first - 1;
  let lastGroup = 0;
  let groups = 0;
  for (let i = 0; i < n; i++) {
    const { seq, route, records, after, group = 0 } = packets[i] as RequestPacket;
    f64[items + i] = columns.take(i, route, records);
    i32[routes + i] = route;
    if (!(isSeq(seq) && (i === 0 ? seq === first : seq > last))) {
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
  return columns.byRoute();
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
    if (!(isSeq(other) && other < before)) {
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
