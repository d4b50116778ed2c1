import { KIND_PUSH, KIND_REQUEST, KIND_RESPONSE } from '../../../assembly/protocol.ts';
import type { ShapeTable } from '../contract/field.ts';
import type {
  BatchRequest,
  BatchResponse,
  DecodedPush,
  DecodedRequest,
  DecodedResponse,
  PacketHead,
  PushBatch,
  RequestHead,
} from '../packet.ts';
import { canGenerate } from './build-objects.ts';
import type { Codec } from './codec.ts';
import { OpenFrame } from './decode-batch.ts';
import { encodeBatch, encodeParts } from './encode-batch.ts';
import type { Writable } from './judge-batch.ts';
import type { Kernels } from './kernels.ts';

export interface CodecOptions {
  /**
   * Whether objects are made by generated functions. Default: where the page's policy allows them, which one attempt
   * finds out: a page that reports violations of its policy reports that one, once. False forces closures; nothing is tried.
   */
  readonly jit?: boolean;
}

/** What stays of the kernels that nested calls made. */
const MAX_IDLE = 2;

/**
 * A codec over kernels that only it uses.
 *
 * @param makeKernels Called once, and again where a getter or `toJSON` of a value that is being encoded calls the same
 *   codec: the arena of the call that waits is not to be touched.
 */
export function createCodec(makeKernels: () => Kernels, options: CodecOptions = {}): Codec {
  const jit = options.jit !== false && canGenerate();
  const first = makeKernels();
  const idle = [first];
  function lend<T>(use: (kernels: Kernels) => T): T {
    const kernels = idle.pop() ?? makeKernels();
    try {
      return use(kernels);
    } finally {
      if (idle.length < MAX_IDLE) idle.push(kernels);
    }
  }
  const encode = (table: ShapeTable, batch: Writable) => lend((kernels) => encodeBatch(kernels, table, batch, jit));
  const parts = (table: ShapeTable, batch: Writable) => lend((kernels) => encodeParts(kernels, table, batch, jit));
  return {
    name: first.name,
    encodeRequest: (schema, batch) => encode(schema.inputs, requestOf(batch)),
    encodeResponse: (schema, batch) => encode(schema.outputs, responseOf(batch)),
    encodePush: (schema, batch) => encode(schema.outputs, pushOf(batch)),
    encodeRequestParts: (schema, batch) => parts(schema.inputs, requestOf(batch)),
    encodeResponseParts: (schema, batch) => parts(schema.outputs, responseOf(batch)),
    encodePushParts: (schema, batch) => parts(schema.outputs, pushOf(batch)),
    decodeRequest: (schema, frame, decode = {}) =>
      lend((kernels) => readRequest(new OpenFrame(kernels, schema.inputs, frame, KIND_REQUEST, decode, jit))),
    decodeResponse: (schema, frame, decode = {}) =>
      lend((kernels) => readResponse(new OpenFrame(kernels, schema.outputs, frame, KIND_RESPONSE, decode, jit))),
    decodePush: (schema, frame, decode = {}) =>
      lend((kernels) => readPush(new OpenFrame(kernels, schema.outputs, frame, KIND_PUSH, decode, jit))),
    openRequest: (schema, frame, decode = {}) =>
      lend((kernels) => readHead(new OpenFrame(kernels, schema.inputs, frame, KIND_REQUEST, decode, jit))),
  };
}

function requestOf({ outbox, first, oldest, packets }: BatchRequest): Writable {
  return { kind: KIND_REQUEST, outbox, first, oldest, packets };
}

function responseOf({ outbox, results }: BatchResponse): Writable {
  return { kind: KIND_RESPONSE, outbox, first: results[0]?.seq ?? 0, packets: results };
}

function pushOf({ packets }: PushBatch): Writable {
  return { kind: KIND_PUSH, packets };
}

function readRequest(open: OpenFrame): DecodedRequest {
  const { outbox, first, oldest, count } = open;
  const after = open.dependencies();
  const reader = open.records();
  const packets = new Array<DecodedRequest['packets'][number]>(count);
  for (let i = 0; i < count; i++) {
    const packet = {
      seq: open.seq(i),
      route: open.route(i),
      records: reader.take(i),
      after: after === undefined ? [] : (after[i] as number[]),
      group: open.group(i),
    };
    packets[i] = reader.reading === undefined ? packet : { ...packet, ...reader.reading };
  }
  return { outbox, first, oldest, packets };
}

function readResponse(open: OpenFrame): DecodedResponse {
  const { outbox, count } = open;
  const messages = open.messages();
  const reader = open.records();
  const results = new Array<DecodedResponse['results'][number]>(count);
  for (let i = 0; i < count; i++) {
    const result = {
      seq: open.seq(i),
      route: open.route(i),
      records: reader.take(i),
      status: open.status(i),
      message: messages === undefined ? '' : (messages[i] as string),
    };
    results[i] = reader.reading === undefined ? result : { ...result, ...reader.reading };
  }
  return { outbox, results };
}

function readPush(open: OpenFrame): DecodedPush {
  const reader = open.records();
  const packets = new Array<DecodedPush['packets'][number]>(open.count);
  for (let i = 0; i < packets.length; i++) {
    const packet = { route: open.route(i), records: reader.take(i) };
    packets[i] = reader.reading === undefined ? packet : { ...packet, ...reader.reading };
  }
  return { packets };
}

function readHead(open: OpenFrame): RequestHead {
  const { outbox, first, oldest, count } = open;
  const after = open.dependencies();
  const packets = new Array<PacketHead>(count);
  for (let i = 0; i < count; i++) {
    packets[i] = {
      seq: open.seq(i),
      route: open.route(i),
      items: open.items(i),
      after: after === undefined ? [] : (after[i] as number[]),
      group: open.group(i),
    };
  }
  return { outbox, first, oldest, packets };
}
