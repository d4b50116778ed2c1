import type { Schema, ShapeTable } from '../../src/lib/contract/field.ts';
import type { BatchRequest, BatchResponse, PacketResult, PushBatch, RequestPacket } from '../../src/lib/packet.ts';
import type { Random } from './random.ts';
import { randomReader, randomTable } from './shapes.ts';
import { randomRecord, Tastes } from './values.ts';

/** A batch of one kind, with the contract of its writer and that of somebody else. */
export type RandomBatch = { readonly writer: Schema; readonly reader: Schema } & (
  | { readonly kind: 'request'; readonly batch: BatchRequest }
  | { readonly kind: 'response'; readonly batch: BatchResponse }
  | { readonly kind: 'push'; readonly batch: PushBatch }
);

export function randomBatch(random: Random): RandomBatch {
  const table = randomTable(random);
  const schemas = { writer: schemaOf(table), reader: schemaOf(randomReader(random, table)) };
  const packets = randomPackets(random, table);
  switch (random.below(3)) {
    case 0:
      return { ...schemas, kind: 'request', batch: randomRequest(random, random.once(20) ? [] : packets) };
    case 1:
      return {
        ...schemas,
        kind: 'response',
        batch: { outbox: randomOutbox(random), results: randomResults(random, packets) },
      };
    default:
      return { ...schemas, kind: 'push', batch: { packets } };
  }
}

/** Both directions alike: which one counts is the kind's affair. */
function schemaOf(table: ShapeTable): Schema {
  return { inputs: table, outputs: table };
}

type Routed = Pick<RequestPacket, 'route' | 'records'>;

function randomPackets(random: Random, table: ShapeTable): Routed[] {
  const tastes = new Tastes(random);
  const routes = [...table.keys()];
  const most = random.pick([1, 2, 4]);
  return Array.from({ length: random.count(1, 4) }, () => {
    // A packet without records may be of any route, known or not.
    const route = random.once(30) ? random.below(1024) : random.pick(routes);
    const shape = table.get(route);
    if (!shape || random.once(6)) return { route, records: [] };
    const n = random.once(most) ? random.count(0, 4) : 1;
    return { route, records: Array.from({ length: n }, () => randomRecord(random, shape, tastes)) };
  });
}

function randomOutbox(random: Random): string {
  const number = random.pick([random.bits(64), 1n, 0xffff_ffff_ffff_ffffn, 1n << 32n]) || 7n;
  return number.toString(16).padStart(16, '0');
}

/** A first sequence number, from 1 to so large that the last one, `reach` further, is the largest there is. */
function randomFirst(random: Random, reach: number): number {
  const most = Number.MAX_SAFE_INTEGER - reach;
  return random.once(12) ? most : Math.min(most, Math.max(1, Number(random.bits(random.below(53)))));
}

function randomRequest(random: Random, routed: readonly Routed[]): BatchRequest {
  const plain = { deps: random.once(2), groups: random.once(2), gaps: random.once(2) };
  let reach = 0;
  const steps = routed.map((_, i) => {
    if (i > 0) reach += plain.gaps ? 1 : random.pick([1, 1, 2, 301]);
    return reach;
  });
  const first = randomFirst(random, reach);
  const oldest = random.pick([0, first - 1, Math.min(first - 1, random.below(20))]);
  let group = 0;
  let inGroup = false;
  const packets = routed.map(({ route, records }, i): RequestPacket => {
    const seq = first + (steps[i] as number);
    if (!plain.groups) {
      const begins = random.once(3);
      inGroup = begins || (inGroup && random.once(2));
      if (begins) group++;
    }
    return { seq, route, records, after: plain.deps ? [] : randomAfter(random, seq), group: inGroup ? group : 0 };
  });
  return { outbox: randomOutbox(random), first, oldest, packets };
}

function randomAfter(random: Random, seq: number): number[] {
  const after: number[] = [];
  let last = seq;
  for (let i = random.pick([0, 0, 1, 3]); i > 0 && last > 1; i--) {
    last = random.once(8) ? 1 : Math.max(1, last - 1 - random.below(5));
    after.push(last);
  }
  return after;
}

const messages = ['no', 'ñ', '{"issues":[]}', '😀', '\ufeff'];

function randomResults(random: Random, routed: readonly Routed[]): PacketResult[] {
  const silent = random.once(2);
  let reach = 0;
  const steps = routed.map((_, i) => {
    if (i > 0) reach += random.pick([1, 1, 1, 70]);
    return reach;
  });
  const first = randomFirst(random, reach);
  const seqs = steps.map((step) => first + step);
  const order = random.once(2) ? seqs : random.shuffle(seqs);
  return routed.map(({ route, records }, i) => ({
    seq: order[i] as number,
    route,
    status: random.pick([0, 0, 0, 1, 2, 256, 65535]),
    message: silent || random.once(2) ? '' : random.pick(messages),
    records,
  }));
}
