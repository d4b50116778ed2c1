import type { Adapter, Packet } from '../adapter.ts';
import type { Scan } from '../fixtures.ts';

const decoder = new TextDecoder();

/** The engine's own; blobs as base64, the only way JSON has. */
export const json: Adapter = {
  name: 'JSON',
  bind({ name, packets }) {
    if (name === 'W6') {
      return {
        encode: () => Buffer.from(JSON.stringify(packets.map(withText))),
        decode: (bytes) => (JSON.parse(decoder.decode(bytes)) as Packet[]).map(withBlobs),
        packetsIn: (decoded) => decoded as Packet[],
      };
    }
    return {
      encode: () => Buffer.from(JSON.stringify(packets)),
      decode: (bytes) => JSON.parse(decoder.decode(bytes)),
      packetsIn: (decoded) => decoded as Packet[],
    };
  },
};

function withText(packet: Packet): unknown {
  const records = (packet.records as Scan[]).map(({ name, content: { buffer, byteOffset, byteLength } }) => ({
    name,
    content: Buffer.from(buffer, byteOffset, byteLength).toString('base64'),
  }));
  return { ...packet, records };
}

function withBlobs(packet: Packet): Packet {
  const records = (packet.records as { name: string; content: string }[]).map(({ name, content }) => ({
    name,
    content: Buffer.from(content, 'base64'),
  }));
  return { ...packet, records };
}
