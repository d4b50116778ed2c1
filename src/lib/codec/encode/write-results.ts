import {
  FLAG_MESSAGES,
  LIMIT_FRAME_BYTES,
  LIMIT_STRING_UNITS,
  MAX_STATUS,
  TAPE_FLAGS,
  TAPE_MESSAGE_BYTES,
  TAPE_MESSAGE_INDEX,
  TAPE_MESSAGE_LENGTHS,
  TAPE_MESSAGE_TEXT,
  TAPE_MESSAGES,
  TAPE_SEQ,
  TAPE_STATUS,
} from '../../../../assembly/protocol.ts';
import type { ShapeTable } from '../../contract/field.ts';
import { EncodeError } from '../../errors.ts';
import type { PacketResult } from '../../packet.ts';
import type { Kernels } from '../kernels.ts';
import type { RouteRecords } from './route-records.ts';
import { isSeq } from './writable.ts';
import { RouteColumns } from './write-routes.ts';
import { tooMuchText, writeText } from './write-text.ts';

/** The messages that are not empty, and whose they are. */
interface Messages {
  readonly indices: readonly number[];
  readonly texts: readonly string[];
}

/** What of a batch is still to be written when its packets are on the tape. */
export interface Unwritten {
  readonly byRoute: readonly RouteRecords[];
  readonly messages: Messages;
}

export const noMessages: Messages = { indices: [], texts: [] };

/**
 * Judges and writes results but for what is in their records and messages.
 *
 * @throws {EncodeError}
 */
export function writeResults(
  kernels: Kernels,
  tape: number,
  table: ShapeTable,
  results: readonly PacketResult[],
): Unwritten {
  const n = results.length;
  const seqs = kernels.reserve(8 * n);
  const statuses = kernels.reserve(4 * n);
  const columns = new RouteColumns(kernels, tape, table, n, 'results');
  const { routes, items } = columns;
  const { u32, i32, f64 } = kernels.heap;
  u32[tape + TAPE_SEQ] = seqs;
  u32[tape + TAPE_STATUS] = statuses;
  const indices: number[] = [];
  const texts: string[] = [];
  // Results mostly come in order; then none is there twice.
  let last = 0;
  let seen: Set<number> | undefined;
  for (let i = 0; i < n; i++) {
    const { seq, route, records, status, message } = results[i] as PacketResult;
    f64[items + i] = columns.take(i, route, records);
    i32[routes + i] = route;
    if (!isSeq(seq)) throw new EncodeError(`results[${i}].seq`, 'a whole number from 1 is wanted');
    if (seq <= last) seen ??= new Set(f64.subarray(seqs >>> 3, (seqs >>> 3) + i));
    if (seen !== undefined) {
      if (seen.has(seq)) throw new EncodeError(`results[${i}].seq`, `${seq} is there twice`);
      seen.add(seq);
    }
    last = seq;
    if (!isStatus(status)) throw new EncodeError(`results[${i}].status`, `0 to ${MAX_STATUS} is wanted`);
    f64[(seqs >>> 3) + i] = seq;
    i32[(statuses >>> 2) + i] = status;
    if (message === '') continue;
    if (typeof message !== 'string') throw new EncodeError(`results[${i}].message`, 'a string is wanted');
    if (message.length > LIMIT_STRING_UNITS) throw new EncodeError(`results[${i}].message`, 'too long');
    indices.push(i);
    texts.push(message);
  }
  return { byRoute: columns.byRoute(), messages: { indices, texts } };
}

/** Writes the messages of results; a lone surrogate in one is Ungatherable. */
export function writeMessages(kernels: Kernels, tape: number, { indices, texts }: Messages): void {
  const k = indices.length;
  if (k === 0) return;
  const places = kernels.reserve(4 * k);
  const lengths = kernels.reserve(4 * k);
  const { u32, i32 } = kernels.heap;
  u32[tape + TAPE_FLAGS] = FLAG_MESSAGES;
  u32[tape + TAPE_MESSAGES] = k;
  u32[tape + TAPE_MESSAGE_INDEX] = places;
  u32[tape + TAPE_MESSAGE_LENGTHS] = lengths;
  let all = '';
  for (const [j, text] of texts.entries()) {
    i32[(places >>> 2) + j] = indices[j] as number;
    u32[(lengths >>> 2) + j] = text.length;
    all += text;
    if (all.length > LIMIT_FRAME_BYTES) throw tooMuchText();
  }
  const bytes = writeText(kernels, all, tape + TAPE_MESSAGE_TEXT, lengths >>> 2, k);
  kernels.heap.u32[tape + TAPE_MESSAGE_BYTES] = bytes;
}

function isStatus(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_STATUS;
}
