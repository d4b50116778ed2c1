import {
  KIND_PUSH,
  KIND_REQUEST,
  KIND_RESPONSE,
  LIMIT_PACKETS,
  TAPE_COUNT,
  TAPE_FIRST_F64,
  TAPE_KIND,
  TAPE_OLDEST_F64,
  TAPE_OUTBOX_HIGH,
  TAPE_OUTBOX_LOW,
} from '../../../../assembly/protocol.ts';
import type { ShapeTable } from '../../contract/field.ts';
import { EncodeError } from '../../errors.ts';
import type { PacketResult, PushPacket, RequestPacket } from '../../packet.ts';
import type { Kernels } from '../kernels.ts';
import { parsedOutbox, parseOutbox } from '../outbox-text.ts';
import type { Gather } from './gather.ts';
import type { RouteRecords } from './route-records.ts';
import { isSeq, type Writable } from './writable.ts';
import { writeRequest } from './write-request.ts';
import { noMessages, type Unwritten, writeResults } from './write-results.ts';
import { RouteColumns } from './write-routes.ts';

/**
 * Judges a batch of any kind but for what is in its records, and writes it onto the tape.
 *
 * @param tape Its word index.
 * @throws {EncodeError}
 */
export function writeHead(
  kernels: Kernels,
  tape: number,
  table: ShapeTable,
  batch: Writable,
  gather: Gather,
): Unwritten {
  const { kind, packets } = batch;
  const n = packets.length;
  const name = kind === KIND_RESPONSE ? 'results' : 'packets';
  if (n > LIMIT_PACKETS) throw new EncodeError(name, `more than ${LIMIT_PACKETS}`);
  if (kind !== KIND_REQUEST && n === 0) throw new EncodeError(name, 'at least one is wanted');
  const { u32 } = kernels.heap;
  u32[tape + TAPE_KIND] = kind;
  u32[tape + TAPE_COUNT] = n;
  if (kind !== KIND_PUSH) writePlace(kernels, tape, batch);
  switch (kind) {
    case KIND_REQUEST: {
      const first = batch.first as number;
      const byRoute = writeRequest(kernels, tape, table, first, packets as readonly RequestPacket[], gather);
      return { byRoute, messages: noMessages };
    }
    case KIND_RESPONSE:
      return writeResults(kernels, tape, table, packets as readonly PacketResult[]);
    default:
      return { byRoute: writePushes(kernels, tape, table, packets), messages: noMessages };
  }
}

/** Judges and writes the outbox and where in it the frame stands. */
function writePlace({ heap }: Kernels, tape: number, { kind, outbox, first, oldest }: Writable): void {
  if (!parseOutbox(outbox)) throw new EncodeError('outbox', '16 lower-case hex digits, not all 0, are wanted');
  if (!isSeq(first)) throw new EncodeError('first', 'a whole number from 1 is wanted');
  heap.u32[tape + TAPE_OUTBOX_HIGH] = parsedOutbox.high;
  heap.u32[tape + TAPE_OUTBOX_LOW] = parsedOutbox.low;
  heap.f64[(tape + TAPE_FIRST_F64) >>> 1] = first;
  if (kind !== KIND_REQUEST) return;
  if (oldest !== 0 && !(isSeq(oldest) && oldest < first)) {
    throw new EncodeError('oldest', `0 to ${first - 1} is wanted`);
  }
  heap.f64[(tape + TAPE_OLDEST_F64) >>> 1] = oldest;
}

function writePushes(
  kernels: Kernels,
  tape: number,
  table: ShapeTable,
  packets: readonly PushPacket[],
): readonly RouteRecords[] {
  const columns = new RouteColumns(kernels, tape, table, packets.length, 'packets');
  const { routes, items } = columns;
  const { i32, f64 } = kernels.heap;
  for (let i = 0; i < packets.length; i++) {
    const { route, records } = packets[i] as PushPacket;
    f64[items + i] = columns.take(i, route, records);
    i32[routes + i] = route;
  }
  return columns.byRoute();
}
