import type { Codec, DecodeOptions } from '../../src/lib/codec/codec.ts';
import type { RecordShape, Schema, ShapeTable } from '../../src/lib/contract/field.ts';
import { parseShape } from '../../src/lib/contract/parse.ts';
import { CrudpError, DecodeError } from '../../src/lib/errors.ts';
import type { BatchRequest, BatchResponse, PushBatch, Reading } from '../../src/lib/packet.ts';
import { actionOf, type actions, handlerOf, routeOf } from '../../src/lib/packet.ts';
import { bytesOf, canonical, hexOf, parse, write, writeFields } from './notation.ts';

/** A line of a vector file (README.md beside this file). */
export interface Vector {
  readonly name: string;
  readonly shapes: Shapes;
  readonly kind?: 'request' | 'response' | 'push';
  readonly value?: Batch;
  readonly hex?: string;
  readonly reader?: Shapes;
  readonly expect?: Batch;
  readonly decodes?: Batch;
  readonly error?: { readonly code: string; readonly offset: number };
  readonly limits?: DecodeOptions['limits'];
}
type Shapes = Readonly<Record<string, readonly string[] | null>>;
export type Batch = Readonly<Record<string, unknown>>;
type Packet = Readonly<Record<string, unknown>> & { readonly handler: number; readonly action: string };

/**
 * Runs one vector against a codec.
 *
 * @returns What does not hold; null: all does.
 */
export function runVector(codec: Codec, vector: Vector): string | null {
  const family = families[vector.name.split('/')[0] as string];
  if (family === undefined) return `unknown family: ${vector.name}`;
  try {
    return family(codec, vector);
  } catch (error) {
    return `threw ${error}`;
  }
}

export function parseVectors(jsonl: string): Vector[] {
  return jsonl
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as Vector);
}

const families: Readonly<Record<string, (codec: Codec, vector: Vector) => string | null>> = {
  valid: (codec, v) => checkEncode(codec, v) ?? checkDecode(codec, v, v.shapes, v.value as Batch),
  evolution: (codec, v) => checkEncode(codec, v) ?? checkDecode(codec, v, v.reader as Shapes, v.expect as Batch),
  accepted: (codec, v) => checkDecode(codec, v, v.shapes, v.decodes as Batch),
  bad: checkRefused,
  unencodable: checkUnencodable,
  shape: checkShape,
};

function checkEncode(codec: Codec, v: Vector): string | null {
  const hex = hexOf(encode(codec, v));
  return hex === v.hex ? null : `encoded to ${hex}`;
}

function checkDecode(codec: Codec, v: Vector, shapes: Shapes, expected: Batch): string | null {
  const table = tableOf(shapes);
  const got = canonical(notationOf(decode(codec, v, table), table));
  return got === canonical(expected) ? null : `decoded to ${got}`;
}

function checkRefused(codec: Codec, v: Vector): string | null {
  const wanted = v.error as { code: string; offset: number };
  try {
    decode(codec, v, tableOf(v.shapes));
    return 'decoded';
  } catch (error) {
    if (!(error instanceof DecodeError)) return `threw ${error}`;
    return error.code === wanted.code && error.offset === wanted.offset ? null : `${error.code} at ${error.offset}`;
  }
}

function checkUnencodable(codec: Codec, v: Vector): string | null {
  try {
    return `encoded to ${hexOf(encode(codec, v))}`;
  } catch (error) {
    // A shape that is none has no values to encode: refused too, only earlier (PROTOCOL.md, part E).
    if (error instanceof TypeError && error.message.startsWith('[bad_shape]')) return null;
    return error instanceof CrudpError && error.code === 'unencodable' ? null : `threw ${error}`;
  }
}

function checkShape(_codec: Codec, v: Vector): string | null {
  try {
    tableOf(v.shapes);
    return 'was made';
  } catch (error) {
    return error instanceof TypeError ? null : `threw ${error}`;
  }
}

export function tableOf(shapes: Shapes): ShapeTable {
  return new Map(
    Object.entries(shapes).map(([route, fields]) => [Number(route), fields === null ? null : parseShape(fields)]),
  );
}

/** Both directions have the vector's shapes: it says which one it is about. */
function schemaOf(table: ShapeTable): Schema {
  return { inputs: table, outputs: table };
}

function encode(codec: Codec, v: Vector): Uint8Array {
  const schema = schemaOf(tableOf(v.shapes));
  const batch = v.value as Batch;
  if (v.kind === 'request') return codec.encodeRequest(schema, requestOf(batch));
  if (v.kind === 'response') {
    const results = (batch.results as Packet[]).map((r) => ({
      ...packetOf(r),
      seq: r.seq,
      status: r.status,
      message: r.message,
    }));
    return codec.encodeResponse(schema, { outbox: batch.outbox, results } as BatchResponse);
  }
  return codec.encodePush(schema, { packets: (batch.packets as Packet[]).map(packetOf) } as PushBatch);
}

function requestOf({ outbox, first, oldest, packets }: Batch): BatchRequest {
  const own = (packets as Packet[]).map((p) => ({ ...packetOf(p), seq: p.seq, after: p.after, group: p.group }));
  return { outbox, first, oldest, packets: own } as BatchRequest;
}

function packetOf({ handler, action, records }: Packet): { route: number; records: unknown[] } {
  const route = routeOf(handler, action as (typeof actions)[number]);
  return { route, records: (records as unknown[]).map(parse) };
}

/** `bad/` vectors name no kind: the frame's own head does, as far as it has one. */
function kindOf(v: Vector, frame: Uint8Array): Vector['kind'] {
  const named = v.kind ?? (['push', 'request', 'response', 'push'] as const)[(frame[1] ?? 0) & 15];
  return named ?? 'request';
}

function decode(codec: Codec, v: Vector, table: ShapeTable): Batch {
  const frame = bytesOf(v.hex as string);
  const options: DecodeOptions = v.limits === undefined ? {} : { limits: v.limits };
  const kind = kindOf(v, frame);
  if (kind === 'request') return codec.decodeRequest(schemaOf(table), frame, options) as unknown as Batch;
  if (kind === 'response') return codec.decodeResponse(schemaOf(table), frame, options) as unknown as Batch;
  return codec.decodePush(schemaOf(table), frame, options) as unknown as Batch;
}

/** A decoded batch in the vectors' notation. */
export function notationOf(batch: Batch, table: ShapeTable): Batch {
  const packets = (batch.packets ?? batch.results) as ({ route: number; records: unknown[] } & Reading & Batch)[];
  const written = packets.map(({ route, records, mark, items, ...rest }) => {
    const own = { ...rest, handler: handlerOf(route), action: actionOf(route) };
    if (mark !== undefined) return { ...own, mark, items };
    const shape = table.get(route);
    return { ...own, records: shape ? records.map((record) => recordNotation(shape, record)) : records };
  });
  return batch.results === undefined ? { ...batch, packets: written } : { ...batch, results: written };
}

function recordNotation(shape: RecordShape, record: unknown): unknown {
  const [field] = shape.fields;
  if (shape.bare && field) return write(field.type, record);
  return writeFields(shape.fields, record as Record<string, unknown>);
}
