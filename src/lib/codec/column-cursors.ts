import { buildByLoop, builderOf, type Elements } from './build-objects.ts';
import type { Cursor } from './cursor.ts';
import type { Heap } from './kernels.ts';
import type { Struct } from './plan.ts';
import { unixidOf } from './unixid-text.ts';

/** Numbers, booleans, dates: what lies in the arena one after another. */
export class ElementCursor implements Cursor {
  /** Index in the heap's view of this kind. */
  next: number;
  private readonly heap: Heap;
  private readonly kind: Elements;

  /** @param address Of the column, in bytes. */
  constructor(heap: Heap, kind: Elements, address: number) {
    this.heap = heap;
    this.kind = kind;
    this.next = address >>> kind.shift;
  }

  take(n: number): ArrayLike<unknown> {
    const { view, read } = this.kind;
    const from = this.next;
    this.next += n;
    const column = this.heap[view].subarray(from, from + n);
    return read === undefined ? column : Array.from<number | bigint, unknown>(column, read);
  }
}

/** Values that were made beforehand. */
export class ReadyCursor implements Cursor {
  private readonly values: readonly unknown[];
  private next = 0;

  constructor(values: readonly unknown[]) {
    this.values = values;
  }

  take(n: number): readonly unknown[] {
    const from = this.next;
    this.next += n;
    return this.values.slice(from, this.next);
  }
}

/** Values by their places in a list: symbols, enums. */
export class PlaceCursor implements Cursor {
  readonly list: readonly string[];
  next: number;
  private readonly places: Uint32Array;

  /** @param first Index in `places`; 0: every value is the list's first. */
  constructor(list: readonly string[], places: Uint32Array, first: number) {
    this.list = list;
    this.places = places;
    this.next = first;
  }

  take(n: number): string[] {
    const { list, places, next } = this;
    const out = new Array<string>(n);
    if (next === 0) return out.fill(list[0] as string);
    for (let i = 0; i < n; i++) out[i] = list[places[next + i] as number] as string;
    this.next += n;
    return out;
  }
}

export class UnixidCursor implements Cursor {
  private readonly words: Uint32Array;
  private ticks: number;
  private nodes: number;

  /** @param ticks Word indices of both columns; a value has two words. */
  constructor(words: Uint32Array, ticks: number, nodes: number) {
    this.words = words;
    this.ticks = ticks;
    this.nodes = nodes;
  }

  take(n: number): string[] {
    const { words, ticks, nodes } = this;
    const out = new Array<string>(n);
    for (let i = 0; i < n; i++) out[i] = unixidOf(words, ticks + 2 * i, nodes + 2 * i);
    this.ticks += 2 * n;
    this.nodes += 2 * n;
    return out;
  }
}

export class BytesCursor implements Cursor {
  private readonly frame: Uint8Array;
  private readonly lengths: Uint32Array;
  private readonly copies: boolean;
  private next: number;
  private at: number;

  /** @param first Index of the first length. @param at Offset in the frame of the first blob. */
  constructor(frame: Uint8Array, lengths: Uint32Array, first: number, at: number, copies: boolean) {
    // Node's Buffer is a Uint8Array whose `slice` does not copy, and whose views are Buffers again.
    this.frame = new Uint8Array(frame.buffer, frame.byteOffset, frame.length);
    this.lengths = lengths;
    this.next = first;
    this.at = at;
    this.copies = copies;
  }

  take(n: number): Uint8Array[] {
    const { frame, lengths, copies } = this;
    const out = new Array<Uint8Array>(n);
    for (let i = 0; i < n; i++) {
      const end = this.at + (lengths[this.next++] as number);
      out[i] = copies ? frame.slice(this.at, end) : frame.subarray(this.at, end);
      this.at = end;
    }
    return out;
  }
}

/** What may be absent. */
export class PresenceCursor implements Cursor {
  private readonly flags: Uint8Array;
  private readonly inner: Cursor;
  private readonly absent: null | undefined;
  private next: number;

  constructor(flags: Uint8Array, first: number, inner: Cursor, absent: null | undefined) {
    this.flags = flags;
    this.next = first;
    this.inner = inner;
    this.absent = absent;
  }

  take(n: number): unknown[] {
    const { flags, next, absent } = this;
    let present = 0;
    for (let i = next; i < next + n; i++) present += flags[i] as number;
    const values = this.inner.take(present);
    const out = new Array<unknown>(n);
    let value = 0;
    for (let i = 0; i < n; i++) out[i] = flags[next + i] === 1 ? values[value++] : absent;
    this.next += n;
    return out;
  }
}

export class ListCursor implements Cursor {
  readonly inner: Cursor;
  next: number;
  private readonly counts: Uint32Array;

  constructor(counts: Uint32Array, first: number, inner: Cursor) {
    this.counts = counts;
    this.next = first;
    this.inner = inner;
  }

  take(n: number): unknown[][] {
    const { counts, next } = this;
    let sum = 0;
    for (let i = next; i < next + n; i++) sum += counts[i] as number;
    const all = listOf(this.inner.take(sum));
    const out = new Array<unknown[]>(n);
    let from = 0;
    for (let i = 0; i < n; i++) {
      const count = counts[next + i] as number;
      out[i] = cut(all, from, count);
      from += count;
    }
    this.next += n;
    return out;
  }
}

/** A list of its own. Lists are mostly short, and a literal is made in place, where `slice` is a call. */
function cut(all: readonly unknown[], from: number, count: number): unknown[] {
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

/** A shape's, struct's or file's objects. */
export class ObjectCursor implements Cursor {
  private readonly struct: Struct;
  private readonly cursors: readonly Cursor[];
  private readonly heap: Heap;
  private readonly jit: boolean;

  /** @param cursors Of the fields that the writer has; the others take their defaults. */
  constructor(struct: Struct, cursors: readonly Cursor[], heap: Heap, jit: boolean) {
    this.struct = struct;
    this.cursors = cursors;
    this.heap = heap;
    // A function is generated for all fields; a writer who knows fewer is rare.
    this.jit = jit && cursors.length === struct.columns.length;
  }

  take(n: number): unknown[] {
    const { struct, cursors } = this;
    if (!this.jit) {
      const { fields } = struct;
      const columns = fields.map(({ fallback }, i) => cursors[i]?.take(n) ?? defaults(n, fallback?.value));
      return buildByLoop(fields, n, columns);
    }
    return builderOf(struct)(n, this.heap, cursors);
  }
}

/** A list of its own for whoever keeps it: a column of numbers may be a view of the arena. */
export function listOf(column: ArrayLike<unknown>): unknown[] {
  return Array.isArray(column) ? column : Array.from(column);
}

/** The default n times; an object is not shared between records. */
function defaults(n: number, value: unknown): unknown[] {
  const isShared = typeof value !== 'object' || value === null;
  return Array.from({ length: n }, () => (isShared ? value : structuredClone(value)));
}
