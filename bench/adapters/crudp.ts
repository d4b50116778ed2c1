import { loadCodecSync, portableCodec } from '../../src/codec.ts';
import type { Codec } from '../../src/lib/codec/codec.ts';
import type { BatchRequest, BatchResponse } from '../../src/lib/packet.ts';
import { type Adapter, type Bound, encodeFloor, inParts } from '../adapter.ts';
import { app } from '../contract.ts';
import { encodeFloorOf } from '../encode-floor.ts';
import type { Workload } from '../fixtures.ts';
import { floorOf } from '../floor.ts';

const outbox = '9f3c20d17ab45e68';

export const wasm: Adapter = { name: 'crudp', bind: (workload) => bind(loadCodecSync({ fallback: false }), workload) };
export const portable: Adapter = { name: 'crudp portable', bind: (workload) => bind(portableCodec(), workload) };

/** Carries what the rivals need not: the outbox, signatures, a checksum; and judges every value while it decodes. */
function bind(codec: Codec, workload: Workload): Bound {
  if (workload.kind === 'response') {
    const batch: BatchResponse = { outbox, results: workload.packets };
    const encode = () => codec.encodeResponse(app, batch);
    return {
      encode,
      decode: (bytes) => codec.decodeResponse(app, bytes),
      packetsIn: (decoded) => (decoded as BatchResponse).results,
      extras: { floor: floorOf(workload), [encodeFloor]: encodeFloorOf(workload, encode().length) },
    };
  }
  const first = workload.packets[0]?.seq as number;
  const batch: BatchRequest = { outbox, first, oldest: 0, packets: workload.packets };
  const encode = () => codec.encodeRequest(app, batch);
  return {
    encode,
    decode: (bytes) => codec.decodeRequest(app, bytes),
    packetsIn: (decoded) => (decoded as BatchRequest).packets,
    extras: {
      open: (bytes) => codec.openRequest(app, bytes),
      floor: floorOf(workload),
      [encodeFloor]: encodeFloorOf(workload, encode().length),
      // Fewer packets are one chunk: the same as decode.
      ...(workload.name === 'W5' ? { chunks: (bytes) => countIn(codec, bytes) } : {}),
      // Without blobs there is one part: the same as encode.
      ...(workload.name === 'W6' ? { [inParts]: () => codec.encodeRequestParts(app, batch) } : {}),
    },
  };
}

/** Goes through all chunks and keeps none, as who works through them does. */
function countIn(codec: Codec, bytes: Uint8Array): number {
  let count = 0;
  for (const { packets } of codec.decodeRequestChunks(app, bytes)) count += packets.length;
  return count;
}
