import {
  GROUP_FIELDS_READ,
  GROUP_RECORDS_F64,
  GROUP_SLOTS,
  SLOT_BAD,
  SLOT_COUNT,
  SLOT_EXTRA,
  SLOT_OFFSET,
  SLOT_SECOND,
  SLOT_TEXT,
  SLOT_TEXT_BYTES,
  SLOT_VALUES,
  SLOT_WORDS,
} from '../../../assembly/protocol.ts';
import type { Field, RecordShape, TypeNode } from '../contract/field.ts';
import type { FileValue } from '../contract/file.ts';
import type { Issue } from '../errors.ts';
import { buildByLoop, builderOf, type Elements, elements } from './build-objects.ts';
import { decodeText } from './decode-text.ts';
import { isShallow } from './json-text.ts';
import type { Heap } from './kernels.ts';
import { unixidOf } from './unixid-text.ts';

/** Finds the path of a column's i-th value, record index first; asked only where something is wrong. */
type Where = (index: number) => readonly (string | number)[];

/** More of a record tell its writer nothing new, and a hostile frame could ask for a million. */
const MAX_ISSUES = 32;

export interface Materials {
  readonly heap: Heap;
  readonly frame: Uint8Array;
  /** Offset of the blob tail in the frame. */
  readonly tail: number;
  readonly copyBytes: boolean;
  readonly jsonDepth: number;
  readonly jit: boolean;
}

/** Turns columns on the tape into records. Nothing it makes refers to the arena. */
export class Materialiser {
  /** By record: values that their types do not allow, in the last group that was read. */
  issues = new Map<number, Issue[]>();
  /** Offset in the frame of the first JSON column with a text that is none; Infinity: all are. */
  badJson = Number.POSITIVE_INFINITY;
  private readonly m: Materials;
  private slots = 0;
  private node = 0;

  constructor(materials: Materials) {
    this.m = materials;
  }

  /** @param group Word index of the group's record. @returns Its records, in order. */
  records(shape: RecordShape, group: number): unknown[] {
    const { u32, f64 } = this.m.heap;
    const n = f64[(group + GROUP_RECORDS_F64) >>> 1] as number;
    const read = u32[group + GROUP_FIELDS_READ] as number;
    this.issues = new Map();
    this.slots = (u32[group + GROUP_SLOTS] as number) >>> 2;
    this.node = 0;
    if (shape.bare) return listOf(this.column((shape.fields[0] as Field).type, recordOf));
    return this.objects(shape.fields, read, n, recordOf);
  }

  private objects(fields: readonly Field[], read: number, n: number, where: Where): unknown[] {
    // A function is generated for all fields of a shape; a writer who knows fewer is rare.
    if (!this.m.jit || read < fields.length) return this.objectsByLoop(fields, read, n, where);
    const sources = new Array<number | ArrayLike<unknown>>(fields.length);
    for (let i = 0; i < sources.length; i++) {
      const { name, type } = fields[i] as Field;
      sources[i] = type.kind in elements ? this.place(type.kind, where, name) : this.column(type, where, name);
    }
    return builderOf(fields)(n, this.m.heap, sources);
  }

  private objectsByLoop(fields: readonly Field[], read: number, n: number, where: Where): unknown[] {
    const columns = fields.map(({ name, type, fallback }, i) =>
      i < read ? this.column(type, where, name) : defaults(n, fallback?.value),
    );
    return buildByLoop(fields, n, columns);
  }

  /** @returns The index of a column of plain elements in the heap's view for its kind. */
  private place(kind: TypeNode['kind'], where: Where, name: string): number {
    const { u32 } = this.m.heap;
    const slot = this.slots + this.node * SLOT_WORDS;
    this.node++;
    const bad = u32[slot + SLOT_BAD] as number;
    if (bad !== 0) this.report(bad, u32[slot + SLOT_COUNT] as number, under(where, name));
    return (u32[slot + SLOT_VALUES] as number) >>> (elements[kind] as Elements).shift;
  }

  /** @param name Of the property that the column's values are, under `where`; absent: they are what `where` finds. */
  private column(type: TypeNode, where: Where, name?: string): ArrayLike<unknown> {
    const { heap } = this.m;
    const { u32 } = heap;
    const slot = this.slots + this.node * SLOT_WORDS;
    this.node++;
    const n = u32[slot + SLOT_COUNT] as number;
    const values = u32[slot + SLOT_VALUES] as number;
    const bad = u32[slot + SLOT_BAD] as number;
    if (bad !== 0) this.report(bad, n, under(where, name));
    switch (type.kind) {
      case 'string':
        return this.strings(slot, n);
      case 'symbol':
        return this.symbols(slot, n);
      case 'enum':
        return make(n, (i) => type.literals[heap.i32[(values >>> 2) + i] as number]);
      case 'unixid':
        return this.unixids(slot, n);
      case 'bytes':
        return this.bytes(slot, n);
      case 'json':
        return this.json(slot, n, under(where, name));
      case 'file':
        return this.files(n, under(where, name));
      case 'struct':
        return this.objects(type.fields, type.fields.length, n, under(where, name));
      case 'optional':
        return this.present(type.inner, values, n, undefined, under(where, name));
      case 'nullable':
        return this.present(type.inner, values, n, null, under(where, name));
      case 'list':
        return this.lists(type.inner, values, n, under(where, name));
      default: {
        const { view, shift, read } = elements[type.kind] as Elements;
        const from = values >>> shift;
        const column = heap[view].subarray(from, from + n);
        return read === undefined ? column : Array.from<number | bigint, unknown>(column, read);
      }
    }
  }

  private report(bad: number, n: number, where: Where): void {
    for (let i = 0; i < n; i++) {
      if (this.m.heap.u8[bad + i] === 1) this.note(where(i), 'out of range');
    }
  }

  private note(path: readonly (string | number)[], message: string): void {
    const record = path[0] as number;
    const issues = this.issues.get(record);
    if (issues === undefined) this.issues.set(record, [{ path, message }]);
    else if (issues.length < MAX_ISSUES) issues.push({ path, message });
  }

  private strings(slot: number, n: number): string[] {
    if (n === 0) return [];
    const { u32 } = this.m.heap;
    return decodeText(
      this.m.frame,
      u32[slot + SLOT_TEXT] as number,
      u32[slot + SLOT_TEXT_BYTES] as number,
      u32,
      (u32[slot + SLOT_VALUES] as number) >>> 2,
      n,
    );
  }

  private symbols(slot: number, n: number): string[] {
    if (n === 0) return [];
    const { u32 } = this.m.heap;
    const dictionary = this.strings(slot, u32[slot + SLOT_EXTRA] as number);
    const places = (u32[slot + SLOT_SECOND] as number) >>> 2;
    const out = new Array<string>(n);
    // A dictionary of one has no indices.
    if (places === 0) return out.fill(dictionary[0] as string);
    for (let i = 0; i < n; i++) out[i] = dictionary[u32[places + i] as number] as string;
    return out;
  }

  private unixids(slot: number, n: number): string[] {
    const { u32 } = this.m.heap;
    const ticks = (u32[slot + SLOT_VALUES] as number) >>> 2;
    const nodes = (u32[slot + SLOT_SECOND] as number) >>> 2;
    const out = new Array<string>(n);
    for (let i = 0; i < n; i++) out[i] = unixidOf(u32, ticks + 2 * i, nodes + 2 * i);
    return out;
  }

  private bytes(slot: number, n: number): Uint8Array[] {
    const { u32 } = this.m.heap;
    const lengths = (u32[slot + SLOT_VALUES] as number) >>> 2;
    let at = this.m.tail + (u32[slot + SLOT_TEXT] as number);
    return make(n, (i) => {
      const end = at + (u32[lengths + i] as number);
      const view = this.m.copyBytes ? this.m.frame.slice(at, end) : this.m.frame.subarray(at, end);
      at = end;
      return view;
    });
  }

  private json(slot: number, n: number, where: Where): unknown[] {
    const texts = this.strings(slot, n);
    return texts.map((text, i) => {
      try {
        if (isShallow(text, this.m.jsonDepth)) return JSON.parse(text) as unknown;
      } catch {
        // Reported below, as a text that is nested too deeply is.
      }
      this.badJson = Math.min(this.badJson, this.m.heap.u32[slot + SLOT_OFFSET] as number);
      this.note(where(i), 'not JSON text');
      return undefined;
    });
  }

  private files(n: number, where: Where): FileValue[] {
    const column = <T>(type: TypeNode, name: string): ArrayLike<T> => this.column(type, where, name) as ArrayLike<T>;
    const names = column<string>({ kind: 'string' }, 'name');
    const types = column<string>({ kind: 'symbol' }, 'type');
    const sizes = column<number>({ kind: 'int' }, 'size');
    const uploads = column<string>({ kind: 'string' }, 'upload');
    const contents = column<Uint8Array>({ kind: 'bytes' }, 'content');
    return make(n, (i) => ({
      name: names[i] as string,
      type: types[i] as string,
      size: sizes[i] as number,
      upload: uploads[i] as string,
      content: contents[i] as Uint8Array,
    }));
  }

  private present(inner: TypeNode, flags: number, n: number, absent: null | undefined, where: Where): unknown[] {
    const { u8 } = this.m.heap;
    let places: number[] | undefined;
    const values = this.column(inner, (i) => {
      places ??= indicesOf(n, (index) => u8[flags + index] as number);
      return where(places[i] as number);
    });
    const out = new Array<unknown>(n);
    let next = 0;
    for (let i = 0; i < n; i++) out[i] = u8[flags + i] === 1 ? values[next++] : absent;
    return out;
  }

  private lists(inner: TypeNode, counts: number, n: number, where: Where): unknown[][] {
    const { u32 } = this.m.heap;
    const first = counts >>> 2;
    let owners: number[] | undefined;
    const all = listOf(
      this.column(inner, (i) => {
        owners ??= indicesOf(n, (index) => u32[first + index] as number);
        const owner = owners[i] as number;
        return [...where(owner), i - firstOf(owners, owner)];
      }),
    );
    const out = new Array<unknown[]>(n);
    let from = 0;
    for (let i = 0; i < n; i++) {
      const to = from + (u32[first + i] as number);
      out[i] = all.slice(from, to);
      from = to;
    }
    return out;
  }
}

/** Of a column of a group's records. */
const recordOf: Where = (index) => [index];

function under(where: Where, name: string | undefined): Where {
  return name === undefined ? where : (index) => [...where(index), name];
}

function listOf(column: ArrayLike<unknown>): unknown[] {
  return Array.isArray(column) ? column : Array.from(column);
}

/** The first place of `owner` in an ascending list that holds it. */
function firstOf(owners: readonly number[], owner: number): number {
  let low = 0;
  let high = owners.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((owners[middle] as number) < owner) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Each of 0 … n - 1 as often as it counts: the owner of each element. Made once per column, and only where one is bad. */
function indicesOf(n: number, count: (index: number) => number): number[] {
  const indices: number[] = [];
  for (let index = 0; index < n; index++) for (let c = count(index); c > 0; c--) indices.push(index);
  return indices;
}

function make<T>(n: number, value: (index: number) => T): T[] {
  const out = new Array<T>(n);
  for (let i = 0; i < n; i++) out[i] = value(i);
  return out;
}

/** The default n times; an object is not shared between records. */
function defaults(n: number, value: unknown): unknown[] {
  return make(n, () => (typeof value === 'object' && value !== null ? structuredClone(value) : value));
}
