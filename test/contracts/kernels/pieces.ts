import * as wire from '../../../assembly/protocol.ts';
import { parseShape } from '../../../src/lib/contract/parse.ts';
import { ints, svarint, varint } from '../../codec/reference.ts';
import { sealed } from '../../codec/sealed.ts';

// Good frames as named pieces, so that a test can spoil one and say which.

export type Pieces = Record<string, number[]>;
export const BIG = 2n ** 53n;
export const text = (value: string) => [...new TextEncoder().encode(value)];
export const counts = (...values: (number | bigint)[]) => ints(values.map(BigInt));

const shape = parseShape(['s:string', 'l:list<symbol>', 'b:bytes', 'o:optional<f64>', 't:bool']);
export const table = new Map([
  [0, shape],
  [4, null],
]);
const signs = [...shape.signature].flatMap((sign) => [sign & 255, sign >> 8]);
const outbox = [1, 2, 3, 4, 5, 6, 7, 8];

/** The one group of every frame below: route 0 with two records. */
export const group: Pieces = {
  strings: counts(1, 2),
  excess: [1],
  text: text('aé!'),
  lists: counts(2, 1),
  dictionary: [2],
  names: counts(1, 2),
  namesExcess: [0],
  namesText: text('xyz'),
  indices: counts(0, 1, 1),
  lengths: counts(1, 1),
  presence: [2],
  presenceBits: [0b10],
  mode: [1],
  whole: svarint(15n),
  bools: [0b01],
};
const request: Pieces = {
  flags: [wire.FLAG_DEPS | wire.FLAG_ATOMIC],
  outbox,
  first: [9],
  oldest: [3],
  count: [4],
  seq: counts(0, 0, 1, 0),
  route: counts(0, 4, 8, 0),
  items: counts(1, 0, 0, 1),
  depCounts: counts(1, 0, 2, 0),
  deps: counts(8, 1, 3),
  atomic: counts(1, 1, 0, 2),
};
const response: Pieces = {
  flags: [wire.FLAG_MESSAGES],
  outbox,
  first: [9],
  count: [3],
  seq: counts(0, -5, 2),
  route: counts(0, 4, 0),
  status: counts(0, 65_535, 2),
  items: counts(1, 0, 1),
  messages: [2],
  messageIndex: counts(0, 1),
  messageLengths: counts(1, 1),
  messageExcess: [0],
  messageText: text('ab'),
};
const push: Pieces = { flags: [0], count: [2], route: counts(0, 0), items: counts(1, 1) };

export interface Built {
  frame: Uint8Array;
  offsets: Record<string, number>;
}

/** @param changes Pieces that replace those of the same name. */
export function build(kind: number, changes: Pieces): Built {
  const head = { [wire.KIND_REQUEST]: request, [wire.KIND_RESPONSE]: response, [wire.KIND_PUSH]: push }[kind] as Pieces;
  const inner: Pieces = { tail: [2], fields: [5], signs, ...group };
  const window = Object.entries(inner).flatMap(([name, bytes]) => changes[name] ?? bytes);
  const pieces: Pieces = {
    magic: [wire.MAGIC],
    head: [(wire.VERSION << 4) | kind],
    ...head,
    groups: [1],
    groupRoute: [0],
    length: varint(BigInt(window.length)),
    ...inner,
    blobs: [0xaa, 0xbb],
    trailing: [],
  };
  const bytes: number[] = [];
  const offsets: Record<string, number> = {};
  for (const [name, original] of Object.entries(pieces)) {
    offsets[name] = bytes.length;
    bytes.push(...(changes[name] ?? original));
  }
  for (const name of Object.keys(changes)) if (!(name in pieces)) throw new Error(`${name} is no piece`);
  return { frame: sealed(Uint8Array.from(bytes)), offsets };
}
