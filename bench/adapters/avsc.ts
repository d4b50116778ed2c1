import avro from 'avsc';
import type { Adapter } from '../adapter.ts';
import type { Member, Workload } from '../fixtures.ts';
import { fromTicks, type TickedMember, toTicks } from './ticks.ts';
import { fromTyped, listsOf, type RecordList, type TypedPacket, toTyped } from './typed.ts';

interface Schema {
  readonly type: string;
  readonly [key: string]: unknown;
}

const person = {
  name: 'string',
  email: 'string',
  age: 'int',
  active: 'boolean',
  createdAt: 'long',
  balance: 'double',
  tags: arrayOf('string'),
};

const items: Record<RecordList, Schema> = {
  users: record('User', { id: 'long', ...person }),
  members: record('Member', { id: 'string', ...person }),
  invoices: record('Invoice', {
    id: 'long',
    clientId: 'long',
    number: 'string',
    lines: arrayOf(record('Line', { sku: 'string', qty: 'int', price: 'double' })),
    note: ['null', 'string'],
    total: 'double',
  }),
  scans: record('Scan', { name: 'string', content: 'bytes' }),
};

/** A schema with the lists that the workload has: an empty list would cost a byte in every packet. */
function schemaFor(workload: Workload): Schema {
  const result = workload.kind === 'response' ? { status: 'int', message: 'string' } : {};
  const lists = Object.fromEntries(listsOf(workload).map((name) => [name, arrayOf(items[name])]));
  return arrayOf(record('Packet', { seq: 'long', route: 'int', ...result, ...lists }));
}

export const avsc: Adapter = {
  name: 'avsc',
  bind(workload) {
    // Unwrapped unions, so that an optional value is itself and not an object around it.
    const type = avro.Type.forSchema(schemaFor(workload), { wrapUnions: 'never' });
    const packets = toTyped(workload).map(withBuffers);
    return {
      encode: () => type.toBuffer(packets),
      decode: (bytes) => type.fromBuffer(bytes as Buffer),
      packetsIn: (decoded) => fromTyped(decoded as TypedPacket[]),
    };
  },
};

interface PackedMember extends Omit<TickedMember, 'ticks'> {
  readonly ticks: Buffer;
}

/** Unixids in 8 bytes and a number; making them and reading them back is part of the work. */
export const ticks: Adapter = {
  name: 'avsc ticks',
  bind(workload) {
    const eight = { type: 'fixed', name: 'Ticks', size: 8 };
    const members = arrayOf(record('Member', { ticks: eight, node: 'long', ...person }));
    const schema = arrayOf(record('Packet', { seq: 'long', route: 'int', members }));
    const type = avro.Type.forSchema(schema, { wrapUnions: 'never' });
    const packets = toTyped(workload);
    return {
      encode: () => type.toBuffer(packets.map((packet) => ({ ...packet, members: packet.members?.map(pack) }))),
      decode: (bytes) =>
        (type.fromBuffer(bytes as Buffer) as (TypedPacket & { members: PackedMember[] })[]).map(
          (packet): TypedPacket => ({ ...packet, members: packet.members.map(unpack) }),
        ),
      packetsIn: (decoded) => fromTyped(decoded as TypedPacket[]),
    };
  },
};

function pack(member: Member): PackedMember {
  const split = toTicks(member);
  const eight = Buffer.allocUnsafe(8);
  eight.writeBigUInt64LE(split.ticks);
  return { ...split, ticks: eight };
}

function unpack(member: PackedMember): Member {
  return fromTicks({ ...member, ticks: member.ticks.readBigUInt64LE() });
}

/** It takes no other byte arrays than Buffers. */
function withBuffers(packet: TypedPacket): TypedPacket {
  if (!packet.scans) return packet;
  return { ...packet, scans: packet.scans.map(({ name, content }) => ({ name, content: Buffer.from(content) })) };
}

function record(name: string, fields: Record<string, unknown>): Schema {
  const withDefaults = Object.entries(fields).map(([field, type]) =>
    Array.isArray(type) ? { name: field, type, default: null } : { name: field, type },
  );
  return { type: 'record', name, fields: withDefaults };
}

function arrayOf(type: unknown): Schema {
  return { type: 'array', items: type };
}
