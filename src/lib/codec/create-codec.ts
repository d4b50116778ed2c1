import { KIND_PUSH, KIND_REQUEST, KIND_RESPONSE } from '../../../assembly/protocol.ts';
import type { Schema, ShapeTable } from '../contract/field.ts';
import type {
  BatchRequest,
  BatchResponse,
  DecodedPush,
  DecodedRequest,
  DecodedResponse,
  PushBatch,
} from '../packet.ts';
import { canGenerate } from './can-generate.ts';
import type { ChunkOptions, Codec, DecodeOptions } from './codec.ts';
import { OpenFrame } from './decode/decode-batch.ts';
import { pushReader, type Read, readHead, requestReader, responseReader } from './decode/read-packets.ts';
import { encodeBatch, encodeParts } from './encode/encode-batch.ts';
import type { Writable } from './encode/writable.ts';
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
/** So many that a frame's fixed costs are spread, and so few that the collector's young generation holds them. */
const CHUNK_PACKETS = 512;

/**
 * A codec over kernels that only it uses.
 *
 * @param makeKernels Called once, and again where a getter or `toJSON` of a value that is being encoded calls the same
 *   codec, or a frame is still being read in chunks: the arena of the call that waits is not to be touched.
 */
export function createCodec(makeKernels: () => Kernels, options: CodecOptions = {}): Codec {
  const jit = options.jit !== false && canGenerate();
  const first = makeKernels();
  const idle = [first];
  function giveBack(kernels: Kernels): void {
    if (idle.length < MAX_IDLE) idle.push(kernels);
  }
  function lend<T>(use: (kernels: Kernels) => T): T {
    const kernels = idle.pop() ?? makeKernels();
    try {
      return use(kernels);
    } finally {
      giveBack(kernels);
    }
  }
  const encode = (table: ShapeTable, batch: Writable) => lend((kernels) => encodeBatch(kernels, table, batch, jit));
  const parts = (table: ShapeTable, batch: Writable) => lend((kernels) => encodeParts(kernels, table, batch, jit));

  function decode<T>(kind: Kind<T>, schema: Schema, frame: Uint8Array, options: DecodeOptions = {}): T {
    return lend((kernels) => {
      const open = new OpenFrame(kernels, schema[kind.direction], frame, kind.number, options, jit);
      return kind.reader(open)(0, open.count);
    });
  }

  /** Judges the frame now; its kernels are back when the last chunk has been made, or nobody wants more. */
  function decodeChunks<T>(kind: Kind<T>, schema: Schema, frame: Uint8Array, options: ChunkOptions = {}): Iterable<T> {
    const size = options.chunkPackets ?? CHUNK_PACKETS;
    if (!(Number.isSafeInteger(size) && size > 0)) throw new TypeError('[bad_option] chunkPackets is a number from 1');
    const kernels = idle.pop() ?? makeKernels();
    try {
      const open = new OpenFrame(kernels, schema[kind.direction], frame, kind.number, options, jit);
      return chunksOf(kind.reader(open), open.count, size, () => giveBack(kernels));
    } catch (error) {
      giveBack(kernels);
      throw error;
    }
  }

  return {
    name: first.name,
    encodeRequest: (schema, batch) => encode(schema.inputs, requestOf(batch)),
    encodeResponse: (schema, batch) => encode(schema.outputs, responseOf(batch)),
    encodePush: (schema, batch) => encode(schema.outputs, pushOf(batch)),
    encodeRequestParts: (schema, batch) => parts(schema.inputs, requestOf(batch)),
    encodeResponseParts: (schema, batch) => parts(schema.outputs, responseOf(batch)),
    encodePushParts: (schema, batch) => parts(schema.outputs, pushOf(batch)),
    decodeRequest: (schema, frame, options) => decode(request, schema, frame, options),
    decodeResponse: (schema, frame, options) => decode(response, schema, frame, options),
    decodePush: (schema, frame, options) => decode(push, schema, frame, options),
    decodeRequestChunks: (schema, frame, options) => decodeChunks(request, schema, frame, options),
    decodeResponseChunks: (schema, frame, options) => decodeChunks(response, schema, frame, options),
    decodePushChunks: (schema, frame, options) => decodeChunks(push, schema, frame, options),
    openRequest: (schema, frame, options = {}) =>
      lend((kernels) => readHead(new OpenFrame(kernels, schema.inputs, frame, KIND_REQUEST, options, jit))),
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

/** A kind of frame: how it is told, by which shapes it is read, and into what. */
interface Kind<T> {
  readonly number: number;
  readonly direction: keyof Schema;
  readonly reader: (open: OpenFrame) => Read<T>;
}

const request: Kind<DecodedRequest> = { number: KIND_REQUEST, direction: 'inputs', reader: requestReader };
const response: Kind<DecodedResponse> = { number: KIND_RESPONSE, direction: 'outputs', reader: responseReader };
const push: Kind<DecodedPush> = { number: KIND_PUSH, direction: 'outputs', reader: pushReader };

function* chunksOf<T>(read: Read<T>, count: number, size: number, done: () => void): Generator<T, void> {
  try {
    for (let from = 0; from < count; from += size) yield read(from, Math.min(from + size, count));
  } finally {
    done();
  }
}
