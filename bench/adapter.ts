import type { PacketResult, RequestPacket } from '../src/lib/packet.ts';
import type { Workload, WorkloadName } from './fixtures.ts';

export type Packet = RequestPacket | PacketResult;

/**
 * One codec under one workload.
 *
 * Fairness: what a codec wants its input to look like is made once, before the clock runs, and what it gives may hold
 * the packets in its own arrangement (records by type, say), as long as each packet and each record is an object in
 * memory and each value a plain JavaScript value equal to the one that was put in.
 */
export interface Bound {
  encode(): Uint8Array;
  decode(bytes: Uint8Array): unknown;
  /** The packets in what `decode` gave, in the workload's arrangement; not timed. */
  packetsIn(decoded: unknown): readonly Packet[];
  /** What only some codecs can do, by name; each works on the bytes that `encode` gave. */
  readonly extras?: Readonly<Record<string, (bytes: Uint8Array) => unknown>>;
}

/** The extra that encodes a frame with blobs as a list that holds the blobs themselves: they are not copied. */
export const inParts = 'encode in parts';

/** The extra that does what no encoder can do without. */
export const encodeFloor = 'encode floor';

export interface Adapter {
  readonly name: string;
  bind(workload: Workload): Bound;
}

/** Adapters by name, loaded one at a time: a process holds one codec. */
const loaders = {
  crudp: async () => (await import('./adapters/crudp.ts')).wasm,
  'crudp portable': async () => (await import('./adapters/crudp.ts')).portable,
  JSON: async () => (await import('./adapters/json.ts')).json,
  msgpackr: async () => (await import('./adapters/msgpackr.ts')).plain,
  'msgpackr records': async () => (await import('./adapters/msgpackr.ts')).records,
  'msgpackr bundled': async () => (await import('./adapters/msgpackr.ts')).bundled,
  'cbor-x': async () => (await import('./adapters/cbor-x.ts')).cbor,
  protobufjs: async () => (await import('./adapters/protobufjs.ts')).protobufjs,
  bufbuild: async () => (await import('./adapters/bufbuild.ts')).bufbuild,
  avsc: async () => (await import('./adapters/avsc.ts')).avsc,
  bebop: async () => (await import('./adapters/bebop.ts')).bebop,
  'msgpackr ticks': async () => (await import('./adapters/msgpackr.ts')).ticks,
  'avsc ticks': async () => (await import('./adapters/avsc.ts')).ticks,
} satisfies Record<string, () => Promise<Adapter>>;

export type CodecName = keyof typeof loaders;
export const codecNames = Object.keys(loaders) as readonly CodecName[];
export const ownCodecs: readonly CodecName[] = ['crudp', 'crudp portable'];

/** Those that have another way for unixids than text are for W4u only. */
export function carries(codec: CodecName, workload: WorkloadName): boolean {
  return workload === 'W4u' || !codec.endsWith(' ticks');
}

export function loadAdapter(name: CodecName): Promise<Adapter> {
  return loaders[name]();
}
