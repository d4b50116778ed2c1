import { compileEmbeddedSync } from '../src/lib/codec/compile.ts';
import { createWasmKernels } from '../src/lib/codec/wasm.ts';
import type { PacketResult } from '../src/lib/packet.ts';
import { type Invoice, type Member, routes, type Scan, type User, type Workload } from './fixtures.ts';

/** Reads records into columns. */
type Reader = () => void;

/**
 * What no encoder of this format can do without, by loops written by hand for these very shapes: to read each value once into
 * a column of its kind, to write each column's text as UTF-8 by one native call, to hash as many bytes as the frame has, and
 * to give the frame memory of its own. The integers' columns are not packed, and nothing is judged.
 *
 * @param bytes Of the whole frame.
 */
export function encodeFloorOf({ packets }: Workload, bytes: number): () => unknown {
  const readers: Reader[] = [];
  for (const route of new Set(packets.map((packet) => packet.route))) {
    const records = packets.filter((packet) => packet.route === route).flatMap((packet) => packet.records);
    if (records.length > 0) readers.push(readerFor(route, records));
  }
  const blobs = packets.flatMap(({ records }) => records).filter((record) => 'content' in (record as object));
  const blobBytes = (blobs as Scan[]).reduce((sum, { content }) => sum + content.length, 0);
  const heads = new Float64Array(5 * packets.length);
  const results = packets as readonly PacketResult[];
  const isResponse = results[0]?.status !== undefined;
  const kernels = createWasmKernels(compileEmbeddedSync());
  kernels.begin();
  const frame = kernels.reserve(bytes);
  return () => {
    for (let i = 0; i < packets.length; i++) {
      const { seq, route, records } = packets[i] as Workload['packets'][number];
      heads[5 * i] = seq;
      heads[5 * i + 1] = route;
      heads[5 * i + 2] = records.length;
      if (!isResponse) continue;
      const { status, message } = results[i] as PacketResult;
      heads[5 * i + 3] = status;
      heads[5 * i + 4] = message.length;
    }
    for (const read of readers) read();
    // Blobs go out as they are: only what stands around them is the frame's own.
    const own = kernels.heap.u8.slice(frame, frame + bytes - blobBytes);
    return [own, kernels.hash(frame, frame + bytes, 0)];
  };
}

function readerFor(route: number, records: readonly unknown[]): Reader {
  if (route === routes.createInvoice) return invoiceReader(records as readonly Invoice[]);
  if (route === routes.createScan) return scanReader(records as readonly Scan[]);
  return userReader(records as readonly (User | Member)[]);
}

function userReader(users: readonly (User | Member)[]): Reader {
  const n = users.length;
  const [ids, times, balances] = [new Float64Array(n), new Float64Array(n), new Float64Array(n)];
  const [ages, actives, counts] = [new Int32Array(n), new Uint8Array(n), new Int32Array(n)];
  const [nameLengths, emailLengths] = [new Int32Array(n), new Int32Array(n)];
  const tagPlaces = new Int32Array(3 * n);
  const write = textWriter();
  return () => {
    const places = new Map<string, number>();
    let [names, emails] = ['', ''];
    let tag = 0;
    for (let i = 0; i < n; i++) {
      const { id, name, email, age, active, createdAt, balance, tags } = users[i] as User | Member;
      // A unixid's digits would have to be read; here they are not.
      ids[i] = typeof id === 'number' ? id : id.length;
      nameLengths[i] = name.length;
      names += name;
      emailLengths[i] = email.length;
      emails += email;
      ages[i] = age;
      actives[i] = active ? 1 : 0;
      times[i] = createdAt;
      balances[i] = balance;
      counts[i] = tags.length;
      for (let t = 0; t < tags.length; t++) {
        let place = places.get(tags[t] as string);
        if (place === undefined) {
          place = places.size;
          places.set(tags[t] as string, place);
        }
        tagPlaces[tag++] = place;
      }
    }
    write(names);
    write(emails);
  };
}

function invoiceReader(invoices: readonly Invoice[]): Reader {
  const n = invoices.length;
  const all = invoices.reduce((sum, { lines }) => sum + lines.length, 0);
  const [ids, clients, totals] = [new Float64Array(n), new Float64Array(n), new Float64Array(n)];
  const [counts, numberLengths, present, noteLengths] = [0, 0, 0, 0].map(() => new Int32Array(n)) as Columns;
  const [quantities, skuLengths, prices] = [new Int32Array(all), new Int32Array(all), new Float64Array(all)];
  const write = textWriter();
  return () => {
    let [numbers, notes, skus] = ['', '', ''];
    let [line, noted] = [0, 0];
    for (let i = 0; i < n; i++) {
      const { id, clientId, number, lines, note, total } = invoices[i] as Invoice;
      ids[i] = id;
      clients[i] = clientId;
      numberLengths[i] = number.length;
      numbers += number;
      counts[i] = lines.length;
      present[i] = note === undefined ? 0 : 1;
      totals[i] = total;
      if (note !== undefined) {
        noteLengths[noted++] = note.length;
        notes += note;
      }
      for (let l = 0; l < lines.length; l++) {
        const { sku, qty, price } = lines[l] as Invoice['lines'][number];
        skuLengths[line] = sku.length;
        skus += sku;
        quantities[line] = qty;
        prices[line++] = price;
      }
    }
    write(numbers);
    write(notes);
    write(skus);
  };
}

type Columns = [Int32Array, Int32Array, Int32Array, Int32Array];

function scanReader(scans: readonly Scan[]): Reader {
  const lengths = new Int32Array(2 * scans.length);
  const write = textWriter();
  return () => {
    let names = '';
    for (let i = 0; i < scans.length; i++) {
      const { name, content } = scans[i] as Scan;
      lengths[2 * i] = name.length;
      lengths[2 * i + 1] = content.length;
      names += name;
    }
    write(names);
  };
}

function textWriter(): (text: string) => void {
  const encoder = new TextEncoder();
  const room = new Uint8Array(1 << 21);
  return (text) => {
    encoder.encodeInto(text, room);
  };
}
