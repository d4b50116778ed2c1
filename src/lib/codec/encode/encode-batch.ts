import {
  GROUP_FIELDS_WRITTEN,
  GROUP_PROGRAM,
  GROUP_RECORDS_F64,
  GROUP_ROUTE,
  GROUP_SLOTS,
  GROUP_TAIL,
  GROUP_WORDS,
  KIND_RESPONSE,
  LIMIT_FRAME_BYTES,
  LIMIT_VALUES,
  PROGRAM_NODES,
  SLOT_WORDS,
  TAPE_GROUP_RECORDS,
  TAPE_GROUPS,
  TAPE_TAIL,
  TAPE_WORDS,
  VALUES_BASE,
  VALUES_PER_BYTE,
} from '../../../../assembly/protocol.ts';
import type { RecordShape, ShapeTable } from '../../contract/field.ts';
import { CrudpError, EncodeError } from '../../errors.ts';
import type { Kernels } from '../kernels.ts';
import { installSchema } from '../program.ts';
import { CHECK_BYTES, checkOf } from './check.ts';
import { Gather } from './gather.ts';
import { judgeRecords } from './judge.ts';
import type { RouteRecords } from './route-records.ts';
import { Ungatherable } from './ungatherable.ts';
import type { Writable } from './writable.ts';
import { writeHead } from './write-head.ts';
import { writeMessages } from './write-results.ts';

/**
 * Encodes any kind of batch.
 *
 * @throws {EncodeError} With the path of what can't be encoded.
 */
export function encodeBatch(
  kernels: Kernels,
  table: ShapeTable,
  batch: Writable,
  jit: boolean,
): Uint8Array<ArrayBuffer> {
  const { length, blobs } = writeFrame(kernels, table, batch, jit);
  if (blobs.length === 0) return copyOutput(kernels, length);
  const check = length + bytesOf(blobs, 0);
  const frame = new Uint8Array(check + CHECK_BYTES);
  frame.set(kernels.heap.u8.subarray(kernels.output, kernels.output + length));
  let at = length;
  for (const blob of blobs) {
    frame.set(blob, at);
    at += blob.length;
  }
  frame.set(checkOf(kernels, [frame.subarray(0, check)]), check);
  return frame;
}

/** The same frame in parts: what stands before the blobs, the blobs themselves, the check. */
export function encodeParts(kernels: Kernels, table: ShapeTable, batch: Writable, jit: boolean): Uint8Array[] {
  const { length, blobs } = writeFrame(kernels, table, batch, jit);
  const parts = [copyOutput(kernels, length), ...blobs];
  if (blobs.length > 0) parts.push(checkOf(kernels, parts));
  return parts;
}

interface Written {
  /** In bytes, of what stands at the kernels' `output`: the whole frame, or what comes before its blobs. */
  readonly length: number;
  /** In the order of the tail; none is empty. */
  readonly blobs: readonly Uint8Array[];
}

function writeFrame(kernels: Kernels, table: ShapeTable, batch: Writable, jit: boolean): Written {
  const routeTable = installSchema(kernels, table) >>> 2;
  kernels.begin();
  try {
    return writeInto(kernels, routeTable, table, batch, jit);
  } catch (fault) {
    // As a decoder has a full arena for a limit: the batch may be sent in pieces.
    if (fault instanceof CrudpError && fault.code === 'out_of_memory') {
      throw new EncodeError('', 'the codec has no memory left for it');
    }
    throw fault;
  }
}

function writeInto(kernels: Kernels, routeTable: number, table: ShapeTable, batch: Writable, jit: boolean): Written {
  const tape = kernels.reserve(4 * TAPE_WORDS);
  const gather = new Gather(kernels, jit);
  const word = tape >>> 2;
  const { byRoute, messages } = writeHead(kernels, word, table, batch, gather);
  try {
    writeGroups(kernels, word, routeTable, table, byRoute, gather);
    writeMessages(kernels, word, messages);
  } catch (fault) {
    if (fault instanceof Ungatherable) throw explain(table, batch);
    throw fault;
  }
  const blobs = gather.blobs.filter((blob) => blob.length > 0);
  const tail = bytesOf(blobs, 0);
  if (tail > LIMIT_FRAME_BYTES) throw new EncodeError('', `its blobs have ${tail} bytes, ${LIMIT_FRAME_BYTES} at most`);
  kernels.heap.u32[word + TAPE_TAIL] = tail;
  const written = kernels.encode(tape);
  if (written === 0) throw new CrudpError('out_of_memory', 'the codec has no memory left for this batch');
  const length = tail === 0 ? written : written + tail + CHECK_BYTES;
  const budget = Math.min(LIMIT_VALUES, VALUES_BASE + VALUES_PER_BYTE * length);
  if (length > LIMIT_FRAME_BYTES)
    throw new EncodeError('', `its frame has ${length} bytes, ${LIMIT_FRAME_BYTES} at most`);
  if (gather.charged > budget) throw new EncodeError('', `it has ${gather.charged} values, ${budget} at most`);
  return { length: written, blobs };
}

function copyOutput({ heap, output }: Kernels, length: number): Uint8Array<ArrayBuffer> {
  return heap.u8.slice(output, output + length) as Uint8Array<ArrayBuffer>;
}

function writeGroups(
  kernels: Kernels,
  tape: number,
  routeTable: number,
  table: ShapeTable,
  byRoute: readonly RouteRecords[],
  gather: Gather,
): void {
  const entries = kernels.reserve(4 * GROUP_WORDS * byRoute.length);
  kernels.heap.u32[tape + TAPE_GROUPS] = byRoute.length;
  kernels.heap.u32[tape + TAPE_GROUP_RECORDS] = entries;
  for (let i = 0; i < byRoute.length; i++) {
    const { route, records } = byRoute[i] as RouteRecords;
    const shape = table.get(route) as RecordShape;
    const program = kernels.heap.u32[routeTable + route] as number;
    const nodes = kernels.heap.u32[(program >>> 2) + PROGRAM_NODES] as number;
    const slots = kernels.reserve(4 * SLOT_WORDS * nodes);
    const { blobs } = gather;
    const before = blobs.length;
    gather.records(shape, records, slots);
    const { u32, f64 } = kernels.heap;
    const group = (entries >>> 2) + i * GROUP_WORDS;
    u32[group + GROUP_ROUTE] = route;
    f64[(group + GROUP_RECORDS_F64) >>> 1] = records.length;
    u32[group + GROUP_FIELDS_WRITTEN] = shape.fields.length;
    u32[group + GROUP_SLOTS] = slots;
    u32[group + GROUP_PROGRAM] = program;
    u32[group + GROUP_TAIL] = bytesOf(blobs, before);
  }
}

function bytesOf(blobs: readonly Uint8Array[], from: number): number {
  let bytes = 0;
  for (let i = from; i < blobs.length; i++) bytes += (blobs[i] as Uint8Array).length;
  return bytes;
}

/** Finds what stopped the gathering. */
function explain(table: ShapeTable, batch: Writable): EncodeError {
  const name = batch.kind === KIND_RESPONSE ? 'results' : 'packets';
  for (const [i, packet] of batch.packets.entries()) {
    const shape = table.get(packet.route);
    const [issue] = shape ? judgeRecords(shape, packet.records, 1) : [];
    if (issue !== undefined) {
      const [record, ...path] = issue.path;
      return new EncodeError(`${name}[${i}].records[${record}]${pathText(path)}`, issue.message);
    }
    if ('message' in packet && !(packet.message as string).isWellFormed()) {
      return new EncodeError(`${name}[${i}].message`, 'half of a surrogate pair in it');
    }
  }
  return new EncodeError('', 'a value changed while it was encoded');
}

function pathText(path: readonly (string | number)[]): string {
  return path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('');
}
