import { type PacketResult, type RequestPacket, routeOf, Status } from '../src/lib/packet.ts';
import { createUnixidSource } from '../src/lib/unixid.ts';
import { Random } from '../test/generate/random.ts';

export const workloadNames = ['W1', 'W2', 'W3', 'W4', 'W4u', 'W5', 'W6', 'W7'] as const;
export type WorkloadName = (typeof workloadNames)[number];

/** In a few words, for tables. */
export const abouts: Readonly<Record<WorkloadName, string>> = {
  W1: 'one user',
  W2: '10 users',
  W3: '100 users',
  W4: '1 000 users',
  W4u: 'the same with unixids',
  W5: '10 000 packets, 10 % invoices',
  W6: '20 blobs of 64 KB',
  W7: '1 000 results',
};

/** What all codecs carry: packets, and nothing of the frame around them. */
export type Workload = { readonly name: WorkloadName } & (
  | { readonly kind: 'request'; readonly packets: readonly RequestPacket[] }
  | { readonly kind: 'response'; readonly packets: readonly PacketResult[] }
);

export interface User {
  readonly id: number;
  readonly name: string;
  readonly email: string;
  readonly age: number;
  readonly active: boolean;
  readonly createdAt: number;
  readonly balance: number;
  readonly tags: readonly string[];
}

export type Member = Omit<User, 'id'> & { readonly id: string };

export interface Invoice {
  readonly id: number;
  readonly clientId: number;
  readonly number: string;
  readonly lines: readonly { readonly sku: string; readonly qty: number; readonly price: number }[];
  readonly note?: string;
  readonly total: number;
}

export interface Scan {
  readonly name: string;
  readonly content: Uint8Array;
}

export const routes = {
  createUser: routeOf(1, 'create'),
  readUser: routeOf(1, 'read'),
  updateUser: routeOf(1, 'update'),
  deleteUser: routeOf(1, 'delete'),
  createInvoice: routeOf(2, 'create'),
  createScan: routeOf(3, 'create'),
  createMember: routeOf(4, 'create'),
} as const;

const outboxStart = 4711;
const firstNames = 'Ana Luis José María Zoë Peter Ingrid Tomás Aisha Kenji Olga Sofía Liam Nora Paul Inés'.split(' ');
const lastNames = 'García Smith Núñez Müller Rossi Tanaka Silva Novak Jensen Dubois López Brown Ito Weber'.split(' ');
const tags =
  'newsletter vip wholesale early-adopter press staff trial late-payer partner student beta-tester churned'.split(' ');
const notes = [
  'deliver before noon',
  'paid in cash',
  'segundo envío, sin coste',
  'añadir el número de pedido',
  'thanks 🎉',
  'call the customer first',
];
const day = 86_400_000;
const since = Date.UTC(2021, 0, 1);

/**
 * Builds a workload; the same one on every machine.
 *
 * W1 … W4 are one packet of many records, as `client.users.create(list)` makes it: the case in which a packet costs the
 * rivals nothing. W5 is an outbox after a long time offline: 10 000 packets of one record each.
 */
export function makeWorkload(name: WorkloadName): Workload {
  const random = new Random(workloadNames.indexOf(name) + 1);
  switch (name) {
    case 'W1':
      return oneOf(name, 1, random);
    case 'W2':
      return oneOf(name, 10, random);
    case 'W3':
      return oneOf(name, 100, random);
    case 'W4':
      return oneOf(name, 1000, random);
    case 'W4u': {
      const nextId = createUnixidSource({ now: () => since + random.below(1000 * day), node: random.below(2 ** 31) });
      const records = makeUsers(1000, random).map((user): Member => ({ ...user, id: nextId() }));
      return request(name, [{ seq: outboxStart, route: routes.createMember, records }]);
    }
    case 'W5':
      return request(name, mixed(10_000, random));
    case 'W6': {
      const records = Array.from(
        { length: 20 },
        (_, i): Scan => ({ name: `page ${i + 1}`, content: random.bytes(65_536) }),
      );
      return request(name, [{ seq: outboxStart, route: routes.createScan, records }]);
    }
    case 'W7':
      return { name, kind: 'response', packets: results(1000, random) };
  }
}

function request(name: WorkloadName, packets: readonly RequestPacket[]): Workload {
  return { name, kind: 'request', packets };
}

function oneOf(name: WorkloadName, count: number, random: Random): Workload {
  return request(name, [{ seq: outboxStart, route: routes.createUser, records: makeUsers(count, random) }]);
}

function makeUsers(count: number, random: Random): User[] {
  const ids = new Set<number>();
  while (ids.size < count) ids.add(Number(random.bits(53)));
  return [...ids].map((id) => {
    const first = random.pick(firstNames);
    const last = random.pick(lastNames);
    return {
      id,
      name: `${first} ${last}`,
      email: `${ascii(first)}.${ascii(last)}${random.below(100)}@example.org`.toLowerCase(),
      age: 18 + random.below(70),
      active: !random.once(5),
      createdAt: since + random.below(1800 * 86_400) * 1000 + random.below(1000),
      balance: cents(random.below(1_000_000)),
      tags: random.shuffle(tags).slice(0, random.below(4)),
    };
  });
}

function mixed(count: number, random: Random): RequestPacket[] {
  const users = makeUsers(count, random);
  return users.map((user, i) => {
    const invoice = i % 10 === 9;
    return {
      seq: outboxStart + i,
      route: invoice ? routes.createInvoice : routes.createUser,
      records: [invoice ? makeInvoice(user.id, i, users, random) : user],
    };
  });
}

function makeInvoice(id: number, i: number, users: readonly User[], random: Random): Invoice {
  const lines = Array.from({ length: 1 + random.below(5) }, () => ({
    sku: `SKU-${1000 + random.below(500)}`,
    qty: 1 + random.below(40),
    price: cents(100 + random.below(20_000)),
  }));
  const total = cents(lines.reduce((sum, { qty, price }) => sum + qty * Math.round(price * 100), 0));
  const invoice = { id, clientId: random.pick(users).id, number: `F-2026-${100_000 + i}`, lines, total };
  return random.once(3) ? { ...invoice, note: random.pick(notes) } : invoice;
}

/** Of a hundred: 98 writes that ended well, without records, a refusal with its message, a read with what was found. */
function results(count: number, random: Random): PacketResult[] {
  const found = makeUsers(count, random);
  const written = [routes.createUser, routes.createUser, routes.updateUser, routes.deleteUser];
  return found.map((user, i): PacketResult => {
    const seq = outboxStart + i;
    const place = random.below(100);
    if (place === 0) return { seq, route: routes.readUser, status: Status.ok, message: '', records: [user] };
    const route = random.pick(written);
    if (place === 1) return { seq, route, status: Status.conflict, message: 'changed by somebody else', records: [] };
    return { seq, route, status: Status.ok, message: '', records: [] };
  });
}

function ascii(name: string): string {
  return name.normalize('NFD').replace(/[^a-z]/gi, '');
}

function cents(whole: number): number {
  return whole / 100;
}
