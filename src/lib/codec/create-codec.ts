import { KIND_PUSH, KIND_REQUEST, KIND_RESPONSE } from '../../../assembly/protocol.ts';
import type { DecodedPush, DecodedRequest, DecodedResponse, PacketHead } from '../packet.ts';
import { canGenerate } from './build-objects.ts';
import type { Codec } from './codec.ts';
import { OpenFrame } from './decode-batch.ts';
import { encodeBatch } from './encode-batch.ts';
import type { Kernels } from './kernels.ts';

export interface CodecOptions {
  /**
   * Whether objects are made by generated functions. Default: where the page's policy allows them, which one attempt
   * finds out: a page that reports violations of its policy reports that one, once. False forces closures; nothing is tried.
   */
  readonly jit?: boolean;
}

/** A codec over kernels, which only it may use. */
export function createCodec(kernels: Kernels, options: CodecOptions = {}): Codec {
  const jit = options.jit !== false && canGenerate();
  return {
    name: kernels.name,
    encodeRequest: (schema, { outbox, first, oldest, packets }) =>
      encodeBatch(kernels, schema.inputs, { kind: KIND_REQUEST, outbox, first, oldest, packets }, jit),
    encodeResponse: (schema, { outbox, results }) =>
      encodeBatch(
        kernels,
        schema.outputs,
        { kind: KIND_RESPONSE, outbox, first: results[0]?.seq ?? 0, packets: results },
        jit,
      ),
    encodePush: (schema, { packets }) => encodeBatch(kernels, schema.outputs, { kind: KIND_PUSH, packets }, jit),

    decodeRequest(schema, frame, decode = {}): DecodedRequest {
      const open = new OpenFrame(kernels, schema.inputs, frame, KIND_REQUEST, decode, jit);
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
    },
    decodeResponse(schema, frame, decode = {}): DecodedResponse {
      const open = new OpenFrame(kernels, schema.outputs, frame, KIND_RESPONSE, decode, jit);
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
    },
    decodePush(schema, frame, decode = {}): DecodedPush {
      const open = new OpenFrame(kernels, schema.outputs, frame, KIND_PUSH, decode, jit);
      const reader = open.records();
      const packets = new Array<DecodedPush['packets'][number]>(open.count);
      for (let i = 0; i < packets.length; i++) {
        const packet = { route: open.route(i), records: reader.take(i) };
        packets[i] = reader.reading === undefined ? packet : { ...packet, ...reader.reading };
      }
      return { packets };
    },
    openRequest(schema, frame, decode = {}) {
      const open = new OpenFrame(kernels, schema.inputs, frame, KIND_REQUEST, decode, jit);
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
    },
  };
}
