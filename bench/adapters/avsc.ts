import avro from 'avsc';
import type { Adapter } from '../adapter.ts';
import type { Workload } from '../fixtures.ts';
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
