import {
  FLAG_ATOMIC,
  FLAG_DEPS,
  FLAG_MESSAGES,
  KIND_REQUEST,
  TAPE_ATOMIC,
  TAPE_COUNT,
  TAPE_DEP_COUNTS,
  TAPE_DEP_SUM,
  TAPE_DEPS,
  TAPE_FIRST_F64,
  TAPE_FLAGS,
  TAPE_ITEMS,
  TAPE_KIND,
  TAPE_MESSAGE_BYTES,
  TAPE_MESSAGE_INDEX,
  TAPE_MESSAGE_LENGTHS,
  TAPE_MESSAGE_TEXT,
  TAPE_MESSAGES,
  TAPE_OLDEST_F64,
  TAPE_OUTBOX_HIGH,
  TAPE_OUTBOX_LOW,
  TAPE_ROUTE,
  TAPE_SEQ,
  TAPE_STATUS,
} from '../../../assembly/protocol.ts';
import type { PacketResult, RequestPacket } from '../packet.ts';
import type { Gather } from './gather.ts';
import type { Writable } from './judge-batch.ts';
import type { Kernels } from './kernels.ts';
import { parsedOutbox, parseOutbox } from './outbox-text.ts';
import { writeText } from './write-scalars.ts';

/** Writes all of a batch but its groups and messages onto the tape. @param tape Its word index. */
export function writeHead(kernels: Kernels, tape: number, batch: Writable, gather: Gather): void {
  const { packets } = batch;
  const n = packets.length;
  const routes = kernels.reserve(4 * n);
  const items = kernels.reserve(8 * n);
  const { u32, f64, i32 } = kernels.heap;
  u32[tape + TAPE_KIND] = batch.kind;
  u32[tape + TAPE_COUNT] = n;
  u32[tape + TAPE_ROUTE] = routes;
  u32[tape + TAPE_ITEMS] = items;
  for (let i = 0; i < n; i++) {
    const packet = packets[i] as Writable['packets'][number];
    i32[(routes >>> 2) + i] = packet.route;
    f64[(items >>> 3) + i] = packet.records.length;
  }
  if (batch.outbox === undefined) return;
  parseOutbox(batch.outbox);
  u32[tape + TAPE_OUTBOX_HIGH] = parsedOutbox.high;
  u32[tape + TAPE_OUTBOX_LOW] = parsedOutbox.low;
  f64[(tape + TAPE_FIRST_F64) >>> 1] = batch.first as number;
  writeSeqs(kernels, tape, packets as readonly { readonly seq: number }[]);
  if (batch.kind === KIND_REQUEST) {
    kernels.heap.f64[(tape + TAPE_OLDEST_F64) >>> 1] = batch.oldest as number;
    writeOrder(kernels, tape, packets as readonly RequestPacket[], gather);
  } else {
    writeStatuses(kernels, tape, packets as readonly PacketResult[]);
  }
}

function writeSeqs(kernels: Kernels, tape: number, packets: readonly { readonly seq: number }[]): void {
  const address = kernels.reserve(8 * packets.length);
  const { u32, f64 } = kernels.heap;
  u32[tape + TAPE_SEQ] = address;
  for (let i = 0; i < packets.length; i++) f64[(address >>> 3) + i] = (packets[i] as { readonly seq: number }).seq;
}

function writeStatuses(kernels: Kernels, tape: number, results: readonly PacketResult[]): void {
  const address = kernels.reserve(4 * results.length);
  const { u32, i32 } = kernels.heap;
  u32[tape + TAPE_STATUS] = address;
  for (let i = 0; i < results.length; i++) i32[(address >>> 2) + i] = (results[i] as PacketResult).status;
}

function writeOrder(kernels: Kernels, tape: number, packets: readonly RequestPacket[], gather: Gather): void {
  let sum = 0;
  let isGrouped = false;
  for (let i = 0; i < packets.length; i++) {
    const { after, group } = packets[i] as RequestPacket;
    if (after !== undefined) sum += after.length;
    if (group !== undefined && group !== 0) isGrouped = true;
  }
  if (sum > 0) {
    gather.charged += sum;
    const counts = kernels.reserve(4 * packets.length);
    const distances = kernels.reserve(8 * sum);
    const { u32, i32, f64 } = kernels.heap;
    u32[tape + TAPE_FLAGS] = FLAG_DEPS;
    u32[tape + TAPE_DEP_COUNTS] = counts;
    u32[tape + TAPE_DEPS] = distances;
    u32[tape + TAPE_DEP_SUM] = sum;
    let at = distances >>> 3;
    for (const [i, { seq, after }] of packets.entries()) {
      i32[(counts >>> 2) + i] = after?.length ?? 0;
      for (const other of after ?? []) f64[at++] = seq - other;
    }
  }
  if (isGrouped) {
    const groups = kernels.reserve(4 * packets.length);
    const { u32, i32 } = kernels.heap;
    u32[tape + TAPE_FLAGS] = (u32[tape + TAPE_FLAGS] as number) | FLAG_ATOMIC;
    u32[tape + TAPE_ATOMIC] = groups;
    for (const [i, { group }] of packets.entries()) i32[(groups >>> 2) + i] = group ?? 0;
  }
}

/** Writes the messages of results; a lone surrogate in one is Ungatherable. */
export function writeMessages(kernels: Kernels, tape: number, results: readonly PacketResult[]): void {
  const indices: number[] = [];
  for (let i = 0; i < results.length; i++) if ((results[i] as PacketResult).message !== '') indices.push(i);
  const k = indices.length;
  if (k === 0) return;
  const texts = indices.map((i) => (results[i] as PacketResult).message);
  const places = kernels.reserve(4 * k);
  const lengths = kernels.reserve(4 * k);
  const { u32, i32 } = kernels.heap;
  u32[tape + TAPE_FLAGS] = FLAG_MESSAGES;
  u32[tape + TAPE_MESSAGES] = k;
  u32[tape + TAPE_MESSAGE_INDEX] = places;
  u32[tape + TAPE_MESSAGE_LENGTHS] = lengths;
  let units = 0;
  for (const [j, text] of texts.entries()) {
    i32[(places >>> 2) + j] = indices[j] as number;
    u32[(lengths >>> 2) + j] = text.length;
    units += text.length;
  }
  const bytes = writeText(kernels, texts, units, tape + TAPE_MESSAGE_TEXT);
  kernels.heap.u32[tape + TAPE_MESSAGE_BYTES] = bytes;
}
