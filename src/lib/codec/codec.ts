import type { Schema } from '../contract/field.ts';
import type { DecodeLimits } from '../limits.ts';
import type {
  BatchRequest,
  BatchResponse,
  DecodedPush,
  DecodedRequest,
  DecodedResponse,
  PushBatch,
  RequestHead,
} from '../packet.ts';

/**
 * Batches to frames and back (PROTOCOL.md part A). `loadCodec` gives the one that runs in WebAssembly, `portableCodec`
 * its twin: equal bytes, equal errors. Calls are synchronous and keep nothing of their arguments; a getter or `toJSON` of a
 * value that is being encoded may call the same codec.
 */
export interface Codec {
  readonly name: 'wasm' | 'portable';

  /**
   * Encodes a batch of packets; records have the input shapes of `schema`.
   *
   * @returns A new array that the caller owns.
   * @throws {EncodeError} `unencodable`, with the path of the value.
   */
  encodeRequest(schema: Schema, batch: BatchRequest): Uint8Array<ArrayBuffer>;
  /** As `encodeRequest`; records have the output shapes. */
  encodeResponse(schema: Schema, batch: BatchResponse): Uint8Array<ArrayBuffer>;
  /** As `encodeRequest`; records have the output shapes. */
  encodePush(schema: Schema, batch: PushBatch): Uint8Array<ArrayBuffer>;

  /**
   * Encodes without making one piece of the frame: the parts, one after another, are the bytes that `encodeRequest` gives.
   *
   * @returns What stands before the blobs, the caller's own `bytes` and `content` arrays, the check; one part where there
   *   are no blobs. The check is over the blobs as they are now: they must not change before they are sent.
   * @throws {EncodeError} `unencodable`, with the path of the value.
   */
  encodeRequestParts(schema: Schema, batch: BatchRequest): Uint8Array[];
  /** As `encodeRequestParts`; records have the output shapes. */
  encodeResponseParts(schema: Schema, batch: BatchResponse): Uint8Array[];
  /** As `encodeRequestParts`; records have the output shapes. */
  encodePushParts(schema: Schema, batch: PushBatch): Uint8Array[];

  /**
   * Decodes one request frame.
   *
   * @param frame A whole frame, at most `limits.frame` bytes; only read, never kept, but for `bytes` values, which are
   *   views on it unless `copyBytes` is set.
   * @returns Packets in wire order, the caller's own; but packets without records, or that wait for none, share one frozen
   *   empty list.
   * @throws {DecodeError} `code` as in PROTOCOL.md A.7, `offset` in bytes. Nothing of the frame has been given out.
   */
  decodeRequest(schema: Schema, frame: Uint8Array, options?: DecodeOptions): DecodedRequest;
  decodeResponse(schema: Schema, frame: Uint8Array, options?: DecodeOptions): DecodedResponse;
  decodePush(schema: Schema, frame: Uint8Array, options?: DecodeOptions): DecodedPush;

  /**
   * As `decodeRequest`, some packets at a time: what is done with is free before the next are made, which a large frame's
   * reader feels in half of its time. A frame with no packets has no chunks.
   *
   * The frame is judged before this returns. Until the last chunk has been taken or the iteration is left, the codec keeps
   * the frame's columns in memory of their own; `frame` must not change meanwhile.
   *
   * @returns Batches of `chunkPackets` packets, the last of what is left, each with the whole frame's head; to be gone
   *   through once.
   * @throws {DecodeError} As `decodeRequest`; {TypeError} `bad_option`.
   */
  decodeRequestChunks(schema: Schema, frame: Uint8Array, options?: ChunkOptions): Iterable<DecodedRequest>;
  decodeResponseChunks(schema: Schema, frame: Uint8Array, options?: ChunkOptions): Iterable<DecodedResponse>;
  decodePushChunks(schema: Schema, frame: Uint8Array, options?: ChunkOptions): Iterable<DecodedPush>;

  /**
   * Judges a whole request frame as `decodeRequest` with `invalidValues: 'mark'` does, but makes no records: what a server
   * needs to accept it.
   */
  openRequest(schema: Schema, frame: Uint8Array, options?: DecodeOptions): RequestHead;
}

export interface DecodeOptions {
  readonly limits?: Partial<DecodeLimits>;
  /** Give `bytes` values of their own instead of views on the frame. Default false. */
  readonly copyBytes?: boolean;
  /**
   * What to do with values their types do not allow: refuse the frame (default), or mark the packet with `issues`, as
   * a server does, whose other packets are to run.
   */
  readonly invalidValues?: 'throw' | 'mark';
}

export interface ChunkOptions extends DecodeOptions {
  /** Packets in a chunk, from 1. Default 512. */
  readonly chunkPackets?: number;
}
