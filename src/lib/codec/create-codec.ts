import { KIND_PUSH, KIND_REQUEST, KIND_RESPONSE } from '../../../assembly/protocol.ts';
import type { DecodedPush, DecodedRequest, DecodedResponse } from '../packet.ts';
import { canGenerate } from './build-objects.ts';
import type { Codec } from './codec.ts';
import { OpenFrame } from './decode-batch.ts';
import { encodeBatch } from './encode-batch.ts';
import type { Kernels } from './kernels.ts';

export interface CodecOptions {
  /**
   * Whether objects are made by generated functions. Default: where the page's policy allows them. False forces closures.
   */
  readonly jit?: boolean;
}

/** A codec over kernels, which only it may use. */
export function createCodec(kernels: Kernels, options: CodecOptions = {}): Codec {
  const jit = options.jit !== false && canGenerate();
  return {
    name: kernels.name,
    encodeRequest: (schema, { outbox, first, oldest, packets }) =>
      encodeBatch(kernels, schema.inputs, { kind: KIND_REQUEST, outbox, first, oldest, packets }),
    encodeResponse: (schema, { outbox, results }) =>
      encodeBatch(kernels, schema.outputs, {
        kind: KIND_RESPONSE,
        outbox,
        first: results[0]?.seq ?? 0,
        packets: results,
      }),
    encodePush: (schema, { packets }) => encodeBatch(kernels, schema.outputs, { kind: KIND_PUSH, packets }),

    decodeRequest(schema, frame, decode = {}): DecodedRequest {
      const open = new OpenFrame(kernels, schema.inputs, frame, KIND_REQUEST, decode, jit);
      const after = open.dependencies();
      const packets = open
        .packets()
        .map((packet, i) => ({ seq: open.seq(i), ...packet, after: after[i] as number[], group: open.group(i) }));
      return { outbox: open.outbox, first: open.first, oldest: open.oldest, packets };
    },
    decodeResponse(schema, frame, decode = {}): DecodedResponse {
      const open = new OpenFrame(kernels, schema.outputs, frame, KIND_RESPONSE, decode, jit);
      const messages = open.messages();
      const results = open
        .packets()
        .map((packet, i) => ({ seq: open.seq(i), ...packet, status: open.status(i), message: messages[i] as string }));
      return { outbox: open.outbox, results };
    },
    decodePush(schema, frame, decode = {}): DecodedPush {
      return { packets: new OpenFrame(kernels, schema.outputs, frame, KIND_PUSH, decode, jit).packets() };
    },
    openRequest(schema, frame, decode = {}) {
      const open = new OpenFrame(kernels, schema.inputs, frame, KIND_REQUEST, decode, jit);
      const after = open.dependencies();
      const packets = Array.from({ length: open.count }, (_, i) => ({
        seq: open.seq(i),
        route: open.route(i),
        items: open.items(i),
        after: after[i] as number[],
        group: open.group(i),
      }));
      return { outbox: open.outbox, first: open.first, oldest: open.oldest, packets };
    },
  };
}
