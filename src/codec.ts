// The codec on its own: frames without client and server.
export type { ChunkOptions, Codec, DecodeOptions } from './lib/codec/codec.ts';
export type { LoadOptions } from './lib/codec/compile.ts';
export type { CodecOptions } from './lib/codec/create-codec.ts';
export { type LoadAsyncOptions, loadCodec, type WasmSource } from './lib/codec/load.ts';
export { loadCodecSync } from './lib/codec/load-sync.ts';
export { portableCodec } from './lib/codec/portable-codec.ts';
export { parseShape } from './lib/contract/parse.ts';
export { DecodeError, EncodeError } from './lib/errors.ts';
export { type DecodeLimits, defaultLimits } from './lib/limits.ts';
export type {
  BatchRequest,
  BatchResponse,
  DecodedPush,
  DecodedRequest,
  DecodedResponse,
  PacketResult,
  PushBatch,
  RequestHead,
  RequestPacket,
} from './lib/packet.ts';
