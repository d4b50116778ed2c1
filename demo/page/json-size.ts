import { type Codec, portableCodec } from 'crudp/codec';
import { actionName, app } from '../contract.ts';

let codec: Codec | undefined;

/** Bytes that the same packets would take as JSON, written as plainly as one would; null for a frame that can't be read. */
export function jsonSize(frame: Uint8Array): number | null {
  codec ??= portableCodec();
  try {
    const text = JSON.stringify(plainOf(codec, frame));
    return new TextEncoder().encode(text).length;
  } catch {
    return null;
  }
}

function plainOf(codec: Codec, frame: Uint8Array): unknown {
  switch ((frame[1] ?? 0) & 15) {
    case 1: {
      const { outbox, packets } = codec.decodeRequest(app, frame);
      return { outbox, packets: packets.map(({ route, ...packet }) => ({ to: actionName(route), ...packet })) };
    }
    case 2: {
      const { outbox, results } = codec.decodeResponse(app, frame);
      return { outbox, results: results.map(({ route, ...result }) => ({ to: actionName(route), ...result })) };
    }
    default:
      return codec.decodePush(app, frame).packets.map(({ route, records }) => ({ to: actionName(route), records }));
  }
}
