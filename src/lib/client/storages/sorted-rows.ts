import type { Key, KeyRange } from '../storage.ts';

export interface Entry {
  readonly key: Key;
  readonly row: unknown;
}

/** Rows in the order of their keys, which is IndexedDB's: part by part, numbers before strings, strings by code units. */
export class SortedRows {
  readonly #entries: Entry[];

  constructor(entries: readonly Entry[]) {
    this.#entries = [...entries];
  }

  copy(): SortedRows {
    return new SortedRows(this.#entries);
  }

  get(key: Key): unknown {
    return this.list({ prefix: key })[0];
  }

  set(key: Key, row: unknown): void {
    const [start, end] = this.#bounds({ prefix: key });
    this.#entries.splice(start, end - start, { key, row });
  }

  delete(range: KeyRange): void {
    const [start, end] = this.#bounds(range);
    this.#entries.splice(start, end - start);
  }

  list(range: KeyRange, limit = Number.POSITIVE_INFINITY): unknown[] {
    const [start, end] = this.#bounds(range);
    return this.#entries.slice(start, Math.min(end, start + limit)).map(({ row }) => row);
  }

  #bounds({ prefix, above, upTo }: KeyRange): [start: number, end: number] {
    const start: Bound = above === undefined ? prefix : [...prefix, above, last];
    const end: Bound = upTo === undefined ? [...prefix, last] : [...prefix, upTo, last];
    return [this.#indexOf(start), this.#indexOf(end)];
  }

  /** Index of the first entry whose key is not below `key`. */
  #indexOf(key: Bound): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareKeys((this.#entries[middle] as Entry).key, key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Stands behind every part that a key may have. */
const last = Symbol('last');
type Bound = readonly (string | number | typeof last)[];

function compareKeys(a: Bound, b: Bound): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const order = compareParts(a[i] as Bound[number], b[i] as Bound[number]);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function compareParts(a: Bound[number], b: Bound[number]): number {
  if (a === b) return 0;
  if (typeof a === 'symbol') return 1;
  if (typeof b === 'symbol') return -1;
  if (typeof a !== typeof b) return typeof a === 'number' ? -1 : 1;
  return a < b ? -1 : 1;
}
