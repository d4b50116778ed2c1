import { Packr } from 'msgpackr';
import type { Adapter, Packet } from '../adapter.ts';
import type { Member } from '../fixtures.ts';
import { fromTicks, type TickedMember, toTicks } from './ticks.ts';

/** Standard MessagePack, readable by every other implementation. */
export const plain = adapter('msgpackr', () => new Packr({ useRecords: false }));

/** Structures shared by both sides and sent apart, as its README advises for speed and size. */
export const records = adapter('msgpackr records', (structures) => new Packr({ structures }));

/** The same with strings bundled, its README's advice where strings are many and short. */
export const bundled = adapter('msgpackr bundled', (structures) => new Packr({ structures, bundleStrings: true }));

/** Records again, with unixids in two numbers; making them and reading them back is part of the work. */
export const ticks: Adapter = {
  name: 'msgpackr ticks',
  bind({ packets }) {
    const split = (): unknown =>
      packets.map((packet) => ({ ...packet, records: (packet.records as Member[]).map(toTicks) }));
    const join = (packet: Packet): Packet => ({
      ...packet,
      records: (packet.records as TickedMember[]).map(fromTicks),
    });
    const structures: object[] = [];
    const writer = new Packr({ structures });
    writer.pack(split());
    const reader = new Packr({ structures });
    return {
      encode: () => writer.pack(split()),
      decode: (bytes) => (reader.unpack(bytes) as Packet[]).map(join),
      packetsIn: (decoded) => decoded as Packet[],
    };
  },
};

function adapter(name: string, create: (structures: object[]) => Packr): Adapter {
  return {
    name,
    bind({ packets }) {
      const structures: object[] = [];
      const writer = create(structures);
      // The structures are learnt while packing; the reader has them as a peer that shares them would.
      writer.pack(packets);
      const reader = create(structures);
      return {
        encode: () => writer.pack(packets),
        decode: (bytes) => reader.unpack(bytes),
        packetsIn: (decoded) => decoded as Packet[],
      };
    },
  };
}
