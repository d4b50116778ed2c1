import type { Key, KeyRange } from '../storage.ts';

export interface Entry {
  readonly key: Key;
  readonly row: unknown;
}

/** Rows in the order of their keys, which is IndexedDB's: part by part, numbers before strings, strings by code units. */
export class SortedRows {
  readonly #entries: Entry[] = [];

  get(key: Key): unknown {
    const index = this.#indexOf(key);
    const entry = this.#entries[index];
    return entry && compareKeys(entry.key, key) === 0 ? entry.row : undefined;
  }

  /** @returns The row that was replaced. */
  set(key: Key, row: unknown): unknown {
    const index = this.#indexOf(key);
    const before = this.#entries[index];
    if (before && compareKeys(before.key, key) === 0) {
      this.#entries[index] = { key, row };
      return before.row;
    }
    this.#entries.splice(index, 0, { key, row });
    return undefined;
  }

  /** @returns The row that was deleted. */
  delete(key: Key): unknown {
    const index = this.#indexOf(key);
    const before = this.#entries[index];
    if (!before || compareKeys(before.key, key) !== 0) return undefined;
    this.#entries.splice(index, 1);
    return before.row;
  }

  /** @returns What was deleted, in order. */
  deleteAll(range: KeyRange): Entry[] {
    const [start, end] = this.#bounds(range);
    return this.#entries.splice(start, end - start);
  }

  /** Puts back what `deleteAll` gave, as nothing has come between since. */
  insertAll(entries: readonly Entry[]): void {
    const [first] = entries;
    if (first) this.#entries.splice(this.#indexOf(first.key), 0, ...entries);
  }

  list(range: KeyRange, limit = Number.POSITIVE_INFINITY): unknown[] {
    const [start, end] = this.#bounds(range);
    return this.#entries.slice(start, Math.min(end, start + limit)).map(({ row }) => row);
  }

  count(range: KeyRange): number {
    const [start, end] = this.#bounds(range);
    return end - start;
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
