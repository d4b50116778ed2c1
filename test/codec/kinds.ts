import type { Codec, DecodeOptions } from '../../src/lib/codec/codec.ts';
import type { Schema } from '../../src/lib/contract/field.ts';
import type {
  BatchRequest,
  BatchResponse,
  DecodedPush,
  DecodedRequest,
  DecodedResponse,
  PushBatch,
} from '../../src/lib/packet.ts';

/** A batch that knows its kind, so that a test can be written once for all three. */
export type AnyBatch =
  | { readonly kind: 'request'; readonly batch: BatchRequest }
  | { readonly kind: 'response'; readonly batch: BatchResponse }
  | { readonly kind: 'push'; readonly batch: PushBatch };

export type AnyDecoded =
  | { readonly kind: 'request'; readonly batch: DecodedRequest }
  | { readonly kind: 'response'; readonly batch: DecodedResponse }
  | { readonly kind: 'push'; readonly batch: DecodedPush };

export function encodeAny(codec: Codec, schema: Schema, any: AnyBatch): Uint8Array<ArrayBuffer> {
  switch (any.kind) {
    case 'request':
      return codec.encodeRequest(schema, any.batch);
    case 'response':
      return codec.encodeResponse(schema, any.batch);
    case 'push':
      return codec.encodePush(schema, any.batch);
  }
}

export function decodeAny(
  codec: Codec,
  schema: Schema,
  kind: AnyBatch['kind'],
  frame: Uint8Array,
  options: DecodeOptions = {},
): AnyDecoded {
  switch (kind) {
    case 'request':
      return { kind, batch: codec.decodeRequest(schema, frame, options) };
    case 'response':
      return { kind, batch: codec.decodeResponse(schema, frame, options) };
    case 'push':
      return { kind, batch: codec.decodePush(schema, frame, options) };
  }
}

/** The packets of a push or request, the results of a response. */
export function packetsOf({
  kind,
  batch,
}: AnyDecoded): DecodedRequest['packets'] | DecodedResponse['results'] | DecodedPush['packets'] {
  return kind === 'response' ? batch.results : batch.packets;
}
