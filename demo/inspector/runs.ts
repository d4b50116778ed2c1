import { type Cursor, countOf, Unreadable } from './cursor.ts';

/** A column of values that are looked up when they are shown: a frame may claim millions in a few bytes. */
export interface Run<T> {
  readonly count: number;
  get(index: number): T;
}

export interface Ints extends Run<bigint> {
  /** All values are the same, however many: they took no bytes. */
  readonly isUniform: boolean;
  sum(): bigint;
}

const shown = 8;

/** The first few values of a run, and how many there are. */
export function preview<T>(run: Run<T>, show: (value: T) => string = String): string {
  const first = Array.from({ length: Math.min(run.count, shown) }, (_, index) => show(run.get(index))).join(', ');
  return run.count > shown ? `${first} … ${run.count} in all` : first;
}

/** `ints(n)`. @param describe What the values mean together; the last of its spans says it. */
export function readInts(
  cursor: Cursor,
  count: number,
  label: string,
  describe: (values: Ints) => string = preview,
): Ints {
  if (count === 0) return { count, isUniform: true, get: () => 0n, sum: () => 0n };
  if (count === 1) {
    let value = 0n;
    const only: Ints = { count, isUniform: true, get: () => value, sum: () => value };
    value = cursor.svarint(label, (read) => {
      value = read;
      return describe(only);
    });
    return only;
  }
  const width = cursor.u8(
    `${label}: width`,
    bytesEach,
    'How many bytes hold the greatest distance from the least value.',
  );
  if (width > 8) throw new Unreadable(`a whole number has no ${width} bytes`);
  let base = 0n;
  let start = 0;
  const values: Ints = {
    count,
    isUniform: width === 0,
    get: (index) => BigInt.asIntN(64, base + cursor.word(start + index * width, width)),
    sum: () => {
      if (width === 0) return base * BigInt(count);
      let sum = 0n;
      for (let index = 0; index < count; index++) sum += values.get(index);
      return sum;
    },
  };
  cursor.svarint(`${label}: least`, (read) => {
    base = read;
    return width === 0 ? `all ${count}: ${describe(values)}` : String(read);
  });
  start = cursor.at;
  cursor.demand(count * width);
  cursor.pass(count * width, label, width === 0 ? '' : describe(values), 'Distances from the least value.');
  return values;
}

/** `bits(n)`. @returns How many are set, among the first n. */
export function readBits(cursor: Cursor, count: number, label: string, describe: (set: number) => string): number {
  const length = Math.ceil(count / 8);
  cursor.demand(length);
  let set = 0;
  for (const byte of cursor.bytes(cursor.at, length)) {
    for (let bits = byte; bits > 0; bits &= bits - 1) set++;
  }
  cursor.pass(length, label, describe(set), 'One bit each, the lowest first.');
  return set;
}

/** `floats(n)`. */
export function readFloats(cursor: Cursor, count: number, label: string): void {
  if (count === 0) return;
  const places = cursor.u8(`${label}: decimals`, (k) => (k === 255 ? 'as they are, 8 bytes each' : `${k} places`));
  if (places <= 7) {
    readInts(cursor, count, label, (values) => preview(values, (value) => String(Number(value) / 10 ** places)));
    return;
  }
  if (places !== 255) throw new Unreadable(`there are no ${places} decimals`);
  cursor.demand(8 * count);
  const view = new DataView(cursor.frame.buffer, cursor.frame.byteOffset + cursor.at, 8 * count);
  const doubles = { count, get: (index: number) => view.getFloat64(8 * index, true) };
  cursor.pass(8 * count, label, preview(doubles), 'IEEE 754 doubles.');
}

/** `strings(n)`. */
export function readStrings(cursor: Cursor, count: number, label: string): Run<string> {
  if (count === 0) return { count, get: () => '' };
  const lengths = readInts(cursor, count, `${label}: lengths`);
  const units = countOf(lengths.sum());
  const excess = countOf(
    cursor.varint(
      `${label}: excess`,
      (value) => (value === 0n ? '0: all ASCII' : `${value} bytes more than characters`),
      'UTF-8 bytes less UTF-16 units.',
    ),
  );
  cursor.demand(units + excess);
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(cursor.bytes(cursor.at, units + excess));
  const ends: number[] = [];
  const endOf = (index: number): number => {
    for (let i = ends.length; i <= index; i++) ends.push((ends[i - 1] ?? 0) + Number(lengths.get(i)));
    return index < 0 ? 0 : (ends[index] as number);
  };
  const strings = { count, get: (index: number) => text.slice(endOf(index - 1), endOf(index)) };
  const quoted = preview(strings, (value) => JSON.stringify(value));
  cursor.pass(units + excess, label, quoted, 'All of them, one after another, as UTF-8.');
  return strings;
}

/** `symbols(n)`. */
export function readSymbols(cursor: Cursor, count: number, label: string): void {
  if (count === 0) return;
  const size = cursor.count(`${label}: distinct`, 'Each different text is written once.');
  const dictionary = readStrings(cursor, size, `${label}: dictionary`);
  if (size <= 1) return;
  readInts(cursor, count, label, (indices) =>
    preview(indices, (index) => (index >= 0n && index < size ? dictionary.get(Number(index)) : `no ${index}`)),
  );
}

/** `presence(n)`. @returns How many values are present. */
export function readPresence(cursor: Cursor, count: number, label: string): number {
  if (count === 0) return 0;
  const modes = ['none', `all ${count}`, 'some'];
  const mode = cursor.u8(`${label}: present`, (value) => modes[value] ?? '?');
  if (mode > 2) throw new Unreadable('presence is none, all or some');
  if (mode < 2) return mode * count;
  return readBits(cursor, count, `${label}: which`, (set) => `${set} of ${count} present`);
}

function bytesEach(width: number): string {
  return width === 0 ? '0: all are equal' : width === 1 ? '1 byte each' : `${width} bytes each`;
}
