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
import { builderOf } from './build-objects.ts';
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
    if (shape.bare) return Array.from(this.column((shape.fields[0] as Field).type, (i) => [i]));
    return this.objects(shape.fields, read, n, (i) => [i]);
  }

  private objects(fields: readonly Field[], read: number, n: number, where: Where): unknown[] {
    const columns = fields.map(({ name, type, fallback }, i) =>
      i < read ? this.column(type, (j) => [...where(j), name]) : defaults(n, fallback?.value),
    );
    return builderOf(fields, this.m.jit)(n, columns);
  }

  private column(type: TypeNode, where: Where): ArrayLike<unknown> {
    const { u32 } = this.m.heap;
    const slot = this.slots + this.node * SLOT_WORDS;
    this.node++;
    const n = u32[slot + SLOT_COUNT] as number;
    const values = u32[slot + SLOT_VALUES] as number;
    const bad = u32[slot + SLOT_BAD] as number;
    if (bad !== 0) this.report(bad, n, where);
    switch (type.kind) {
      case 'bool':
        return make(n, (i) => this.m.heap.u8[values + i] === 1);
      case 'u8':
      case 'u16':
      case 'i8':
      case 'i16':
      case 'i32':
        return this.m.heap.i32.subarray(values >>> 2, (values >>> 2) + n);
      case 'u32':
        return u32.subarray(values >>> 2, (values >>> 2) + n);
      case 'int':
      case 'timestamp':
      case 'f64':
        return this.m.heap.f64.subarray(values >>> 3, (values >>> 3) + n);
      case 'date':
        return make(n, (i) => new Date(this.m.heap.f64[(values >>> 3) + i] as number));
      case 'i64':
        return this.m.heap.i64.subarray(values >>> 3, (values >>> 3) + n);
      case 'string':
        return this.strings(slot, n);
      case 'symbol':
        return this.symbols(slot, n);
      case 'enum':
        return make(n, (i) => type.literals[this.m.heap.i32[(values >>> 2) + i] as number]);
      case 'unixid':
        return this.unixids(slot, n);
      case 'bytes':
        return this.bytes(slot, n);
      case 'json':
        return this.json(slot, n, where);
      case 'file':
        return this.files(n, where);
      case 'struct':
        return this.objects(type.fields, type.fields.length, n, where);
      case 'optional':
        return this.present(type.inner, values, n, undefined, where);
      case 'nullable':
        return this.present(type.inner, values, n, null, where);
      case 'list':
        return this.lists(type.inner, values, n, where);
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
    const second = u32[slot + SLOT_SECOND] as number;
    // A dictionary of one has no indices.
    return make(n, (i) => dictionary[second === 0 ? 0 : (u32[(second >>> 2) + i] as number)] as string);
  }

  private unixids(slot: number, n: number): string[] {
    const { u32, i64 } = this.m.heap;
    const ticks = (u32[slot + SLOT_VALUES] as number) >>> 3;
    const nodes = (u32[slot + SLOT_SECOND] as number) >>> 3;
    return make(n, (i) => unixidOf(i64[ticks + i] as bigint, i64[nodes + i] as bigint));
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
    const column = <T>(type: TypeNode, name: string): ArrayLike<T> =>
      this.column(type, (i) => [...where(i), name]) as ArrayLike<T>;
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
    let next = 0;
    return make(n, (i) => (u8[flags + i] === 1 ? values[next++] : absent));
  }

  private lists(inner: TypeNode, counts: number, n: number, where: Where): unknown[][] {
    const { u32 } = this.m.heap;
    let owners: number[] | undefined;
    const elements = this.column(inner, (i) => {
      owners ??= indicesOf(n, (index) => u32[(counts >>> 2) + index] as number);
      const owner = owners[i] as number;
      return [...where(owner), i - firstOf(owners, owner)];
    });
    let next = 0;
    return make(n, (i) => make(u32[(counts >>> 2) + i] as number, () => elements[next++]));
  }
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
