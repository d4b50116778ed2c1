import { Encoder } from 'cbor-x';
import type { Adapter, Packet } from '../adapter.ts';

/** With structures shared by both sides, as its README advises for speed and size. */
export const cbor: Adapter = {
  name: 'cbor-x',
  bind({ packets }) {
    const structures: object[] = [];
    const writer = new Encoder({ structures });
    writer.encode(packets);
    const reader = new Encoder({ structures });
    return {
      encode: () => writer.encode(packets),
      decode: (bytes) => reader.decode(bytes),
      packetsIn: (decoded) => decoded as Packet[],
    };
  },
};
