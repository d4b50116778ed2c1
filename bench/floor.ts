import type { PacketResult } from '../src/lib/packet.ts';
import type { Packet } from './adapter.ts';
import { type Invoice, type Member, routes, type Scan, type User, type Workload } from './fixtures.ts';

/** Of packets without records, as the codec has them. */
const none: readonly unknown[] = Object.freeze([]);

/** Makes the objects of the records from `start` on. */
type Maker = (start: number, count: number) => unknown[];

/**
 * What no decoder can beat: making the same objects from columns that are ready in memory, strings included, by loops
 * written by hand for these very shapes.
 */
export function floorOf({ packets }: Workload): () => unknown {
  const n = packets.length;
  const makers = new Map<number, Maker>();
  for (const route of new Set(packets.map((packet) => packet.route))) {
    const records = packets.filter((packet) => packet.route === route).flatMap((packet) => packet.records);
    if (records.length > 0) makers.set(route, makerFor(route, records));
  }
  const seqs = column(packets, 'seq');
  const routeColumn = column(packets, 'route');
  const counts = Int32Array.from(packets, (packet) => packet.records.length);
  const starts = startsByRoute(packets);
  const recordsAt = (i: number): unknown[] =>
    counts[i] === 0
      ? (none as unknown[])
      : (makers.get(routeColumn[i] as number) as Maker)(starts[i] as number, counts[i] as number);
  const results = packets as readonly PacketResult[];
  if (results[0]?.status === undefined) {
    return () => {
      const made = new Array<Packet>(n);
      for (let i = 0; i < n; i++) {
        made[i] = { seq: seqs[i] as number, route: routeColumn[i] as number, records: recordsAt(i) };
      }
      return made;
    };
  }
  const statuses = column(results, 'status');
  const messages = results.map((packet) => packet.message);
  return () => {
    const made = new Array<Packet>(n);
    for (let i = 0; i < n; i++) {
      made[i] = {
        seq: seqs[i] as number,
        route: routeColumn[i] as number,
        status: statuses[i] as number,
        message: messages[i] as string,
        records: recordsAt(i),
      };
    }
    return made;
  };
}

/** Each packet's first record's place among those of its route. */
function startsByRoute(packets: Workload['packets']): Int32Array {
  const ends = new Map<number, number>();
  return Int32Array.from(packets, ({ route, records }) => {
    const start = ends.get(route) ?? 0;
    ends.set(route, start + records.length);
    return start;
  });
}

function makerFor(route: number, records: readonly unknown[]): Maker {
  if (route === routes.createInvoice) return invoiceMaker(records as Invoice[]);
  if (route === routes.createScan) return scanMaker(records as Scan[]);
  return userMaker(records as (User | Member)[]);
}

function userMaker(users: readonly (User | Member)[]): Maker {
  const ids = users.map(({ id }) => id);
  const names = users.map(({ name }) => name);
  const emails = users.map(({ email }) => email);
  const ages = column(users, 'age');
  const actives = users.map(({ active }) => active);
  const times = column(users, 'createdAt');
  const balances = column(users, 'balance');
  const tags = users.flatMap((user) => user.tags);
  const tagCounts = Float64Array.from(users, (user) => user.tags.length);
  const tagStarts = startsOf(tagCounts);
  return (start, count) => {
    const made = new Array<unknown>(count);
    for (let i = start; i < start + count; i++) {
      made[i - start] = {
        id: ids[i],
        name: names[i],
        email: emails[i],
        age: ages[i],
        active: actives[i],
        createdAt: times[i],
        balance: balances[i],
        tags: listOf(tags, tagStarts[i] as number, tagCounts[i] as number),
      };
    }
    return made;
  };
}

function invoiceMaker(invoices: readonly Invoice[]): Maker {
  const ids = column(invoices, 'id');
  const clients = column(invoices, 'clientId');
  const numbers = invoices.map((invoice) => invoice.number);
  const notes = invoices.map(({ note }) => note);
  const totals = column(invoices, 'total');
  const lines = invoices.flatMap((invoice) => invoice.lines);
  const skus = lines.map(({ sku }) => sku);
  const quantities = column(lines, 'qty');
  const prices = column(lines, 'price');
  const lineCounts = Float64Array.from(invoices, (invoice) => invoice.lines.length);
  const lineStarts = startsOf(lineCounts);
  return (start, count) => {
    const made = new Array<unknown>(count);
    for (let i = start; i < start + count; i++) {
      const from = lineStarts[i] as number;
      const mine = new Array<unknown>(lineCounts[i] as number);
      for (let l = 0; l < mine.length; l++) {
        mine[l] = { sku: skus[from + l], qty: quantities[from + l], price: prices[from + l] };
      }
      const id = ids[i];
      const clientId = clients[i];
      const number = numbers[i];
      const note = notes[i];
      const total = totals[i];
      made[i - start] =
        note === undefined
          ? { id, clientId, number, lines: mine, total }
          : { id, clientId, number, lines: mine, note, total };
    }
    return made;
  };
}

function scanMaker(scans: readonly Scan[]): Maker {
  const names = scans.map(({ name }) => name);
  const blobs = new Uint8Array(Buffer.concat(scans.map(({ content }) => content)));
  const lengths = Float64Array.from(scans, ({ content }) => content.length);
  const starts = startsOf(lengths);
  return (start, count) => {
    const made = new Array<unknown>(count);
    for (let i = start; i < start + count; i++) {
      const from = starts[i] as number;
      made[i - start] = { name: names[i], content: blobs.subarray(from, from + (lengths[i] as number)) };
    }
    return made;
  };
}

/** A list of its own; a literal is made in place, where a list that grows is copied and `slice` is a call. */
function listOf(all: readonly unknown[], from: number, count: number): unknown[] {
  switch (count) {
    case 0:
      return [];
    case 1:
      return [all[from]];
    case 2:
      return [all[from], all[from + 1]];
    case 3:
      return [all[from], all[from + 1], all[from + 2]];
    default:
      return all.slice(from, from + count);
  }
}

function column<K extends string>(records: readonly { readonly [key in K]: number }[], name: K): Float64Array {
  return Float64Array.from(records, (record) => record[name]);
}

function startsOf(counts: Float64Array): Float64Array {
  let sum = 0;
  return counts.map((count) => {
    sum += count;
    return sum - count;
  });
}
