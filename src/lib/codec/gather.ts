import {
  LIMIT_JSON_DEPTH,
  LIMIT_STRING_UNITS,
  SLOT_COUNT,
  SLOT_EXTRA,
  SLOT_SECOND,
  SLOT_TEXT,
  SLOT_TEXT_BYTES,
  SLOT_VALUES,
  SLOT_WORDS,
} from '../../../assembly/protocol.ts';
import type { Field, RecordShape, TypeNode } from '../contract/field.ts';
import { jsonTextOf } from './judge.ts';
import type { Kernels } from './kernels.ts';
import { isShallow, parseUnixid } from './texts.ts';

/** Thrown at the first value that its type does not allow; `judge.ts` then finds out which and why. */
export class Ungatherable extends Error {}

/** What a value of a type charges of a reader's budget, where it is not 1 (A.8). */
const costs: Readonly<Record<string, number>> = { struct: 0, bytes: 8, file: 12 };

const utf8 = new TextEncoder();

/**
 * Turns records into columns in the arena, one group at a time.
 *
 * Knows no paths: values are mostly right, and where one is not, judging them again costs less than carrying paths along.
 */
export class Gather {
  /** All blobs so far, in the order of the tail. */
  readonly blobs: Uint8Array[] = [];
  /** What all columns charge of a reader's budget (A.8). */
  charged = 0;
  private readonly kernels: Kernels;
  private slots = 0;
  private node = 0;
  private weight = 1;

  constructor(kernels: Kernels) {
    this.kernels = kernels;
  }

  /** @param slots Address of the group's slots, zeroed. */
  records(shape: RecordShape, records: readonly unknown[], slots: number): void {
    this.slots = slots >>> 2;
    this.node = 0;
    if (shape.bare) this.column((shape.fields[0] as Field).type, records);
    else this.fields(shape.fields, records);
  }

  private fields(fields: readonly Field[], objects: readonly unknown[]): void {
    for (const object of objects) if (typeof object !== 'object' || object === null) throw new Ungatherable();
    for (const { name, type, fallback } of fields) {
      const values = new Array<unknown>(objects.length);
      for (let i = 0; i < objects.length; i++) {
        const value = (objects[i] as Record<string, unknown>)[name];
        values[i] = value === undefined && fallback !== undefined ? fallback.value : value;
      }
      this.column(type, values);
    }
  }

  private column(type: TypeNode, values: readonly unknown[]): void {
    const n = values.length;
    const slot = this.slots + this.node * SLOT_WORDS;
    this.node++;
    this.kernels.heap.u32[slot + SLOT_COUNT] = n;
    this.charged += this.weight * n * (costs[type.kind] ?? 1);
    switch (type.kind) {
      case 'bool':
        this.bools(values, slot);
        break;
      case 'u8':
        this.small(values, slot, 0, 0xff);
        break;
      case 'u16':
        this.small(values, slot, 0, 0xffff);
        break;
      case 'u32':
        this.small(values, slot, 0, 0xffffffff);
        break;
      case 'i8':
        this.small(values, slot, -0x80, 0x7f);
        break;
      case 'i16':
        this.small(values, slot, -0x8000, 0x7fff);
        break;
      case 'i32':
        this.small(values, slot, -0x80000000, 0x7fffffff);
        break;
      case 'int':
      case 'timestamp':
        this.wholes(values, slot);
        break;
      case 'date':
        this.dates(values, slot);
        break;
      case 'i64':
        this.bigs(values, slot);
        break;
      case 'f64':
        this.floats(values, slot);
        break;
      case 'string':
        this.text(values, slot);
        break;
      case 'symbol':
        this.symbols(values, slot);
        break;
      case 'enum':
        this.enums(values, type.literals, slot);
        break;
      case 'unixid':
        this.unixids(values, slot);
        break;
      case 'bytes':
        this.bytes(values, slot);
        break;
      case 'json':
        this.json(values, slot);
        break;
      case 'file':
        this.files(values);
        break;
      case 'struct':
        this.fields(type.fields, values);
        break;
      case 'optional':
        this.column(type.inner, this.present(values, slot, undefined));
        break;
      case 'nullable':
        this.column(type.inner, this.present(values, slot, null));
        break;
      case 'list':
        this.column(type.inner, this.elements(values, slot));
        break;
    }
  }

  private take(slot: number, word: number, bytes: number): number {
    const address = this.kernels.reserve(bytes);
    this.kernels.heap.u32[slot + word] = address;
    return address;
  }

  private bools(values: readonly unknown[], slot: number): void {
    const at = this.take(slot, SLOT_VALUES, values.length);
    const { u8 } = this.kernels.heap;
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      if (typeof value !== 'boolean') throw new Ungatherable();
      u8[at + i] = value ? 1 : 0;
    }
  }

  private small(values: readonly unknown[], slot: number, least: number, most: number): void {
    const at = this.take(slot, SLOT_VALUES, 4 * values.length) >>> 2;
    const { i32 } = this.kernels.heap;
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number;
      // Written so that NaN, strings and fractions fail too.
      if (!(Number.isInteger(value) && value >= least && value <= most)) throw new Ungatherable();
      i32[at + i] = value;
    }
  }

  private wholes(values: readonly unknown[], slot: number): void {
    const at = this.take(slot, SLOT_VALUES, 8 * values.length) >>> 3;
    const { f64 } = this.kernels.heap;
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number;
      if (!Number.isSafeInteger(value)) throw new Ungatherable();
      // + 0 makes 0 of -0.
      f64[at + i] = value + 0;
    }
  }

  private dates(values: readonly unknown[], slot: number): void {
    const at = this.take(slot, SLOT_VALUES, 8 * values.length) >>> 3;
    const { f64 } = this.kernels.heap;
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      const ms = value instanceof Date ? value.getTime() : Number.NaN;
      if (Number.isNaN(ms)) throw new Ungatherable();
      f64[at + i] = ms;
    }
  }

  private bigs(values: readonly unknown[], slot: number): void {
    const at = this.take(slot, SLOT_VALUES, 8 * values.length) >>> 3;
    const { i64 } = this.kernels.heap;
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      if (typeof value !== 'bigint' || BigInt.asIntN(64, value) !== value) throw new Ungatherable();
      i64[at + i] = value;
    }
  }

  private floats(values: readonly unknown[], slot: number): void {
    const at = this.take(slot, SLOT_VALUES, 8 * values.length) >>> 3;
    const { f64 } = this.kernels.heap;
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      if (typeof value !== 'number') throw new Ungatherable();
      f64[at + i] = value;
    }
  }

  private symbols(values: readonly unknown[], slot: number): void {
    if (values.length === 0) return;
    const places = new Map<unknown, number>();
    const at = this.take(slot, SLOT_SECOND, 4 * values.length) >>> 2;
    const { u32 } = this.kernels.heap;
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      let place = places.get(value);
      if (place === undefined) {
        place = places.size;
        places.set(value, place);
      }
      u32[at + i] = place;
    }
    this.text([...places.keys()], slot);
    this.kernels.heap.u32[slot + SLOT_EXTRA] = places.size;
  }

  private json(values: readonly unknown[], slot: number): void {
    this.text(
      values.map((value) => {
        const text = jsonTextOf(value);
        if (text === null || !isShallow(text, LIMIT_JSON_DEPTH)) throw new Ungatherable();
        return text;
      }),
      slot,
    );
  }

  /** Lengths, and one run of UTF-8 made by one call. */
  private text(values: readonly unknown[], slot: number): void {
    const n = values.length;
    if (n === 0) return;
    const lengths = this.take(slot, SLOT_VALUES, 4 * n) >>> 2;
    const { u32 } = this.kernels.heap;
    let units = 0;
    for (let i = 0; i < n; i++) {
      const value = values[i];
      if (typeof value !== 'string' || value.length > LIMIT_STRING_UNITS) throw new Ungatherable();
      u32[lengths + i] = value.length;
      units += value.length;
    }
    const bytes = writeText(this.kernels, values as readonly string[], units, slot + SLOT_TEXT);
    this.kernels.heap.u32[slot + SLOT_TEXT_BYTES] = bytes;
    this.kernels.heap.u32[slot + SLOT_EXTRA] = units;
  }

  private enums(values: readonly unknown[], literals: readonly string[], slot: number): void {
    const at = this.take(slot, SLOT_VALUES, 4 * values.length) >>> 2;
    const { i32 } = this.kernels.heap;
    for (let i = 0; i < values.length; i++) {
      const place = literals.indexOf(values[i] as string);
      if (place < 0) throw new Ungatherable();
      i32[at + i] = place;
    }
  }

  private unixids(values: readonly unknown[], slot: number): void {
    const ticks = this.take(slot, SLOT_VALUES, 8 * values.length) >>> 3;
    const nodes = this.take(slot, SLOT_SECOND, 8 * values.length) >>> 3;
    const { i64 } = this.kernels.heap;
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      const id = typeof value === 'string' ? parseUnixid(value) : null;
      if (id === null) throw new Ungatherable();
      i64[ticks + i] = id.ticks;
      i64[nodes + i] = id.node;
    }
  }

  private bytes(values: readonly unknown[], slot: number): void {
    const at = this.take(slot, SLOT_VALUES, 4 * values.length) >>> 2;
    const { u32 } = this.kernels.heap;
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      if (!(value instanceof Uint8Array)) throw new Ungatherable();
      u32[at + i] = value.length;
      this.blobs.push(value);
    }
  }

  private files(values: readonly unknown[]): void {
    const { weight } = this;
    this.weight = 0;
    this.fields(fileFields, values);
    this.weight = weight;
  }

  private present(values: readonly unknown[], slot: number, absent: null | undefined): unknown[] {
    const at = this.take(slot, SLOT_VALUES, values.length);
    const { u8, u32 } = this.kernels.heap;
    const present: unknown[] = [];
    for (let i = 0; i < values.length; i++) {
      if (values[i] === absent) continue;
      u8[at + i] = 1;
      present.push(values[i]);
    }
    u32[slot + SLOT_EXTRA] = present.length;
    return present;
  }

  private elements(values: readonly unknown[], slot: number): unknown[] {
    const at = this.take(slot, SLOT_VALUES, 4 * values.length) >>> 2;
    const { u32 } = this.kernels.heap;
    const elements: unknown[] = [];
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      if (!Array.isArray(value)) throw new Ungatherable();
      u32[at + i] = value.length;
      for (let j = 0; j < value.length; j++) elements.push(value[j]);
    }
    u32[slot + SLOT_EXTRA] = elements.length;
    return elements;
  }
}

const fileFields: readonly Field[] = [
  { name: 'name', type: { kind: 'string' } },
  { name: 'type', type: { kind: 'symbol' } },
  { name: 'size', type: { kind: 'int' } },
  { name: 'upload', type: { kind: 'string' } },
  { name: 'content', type: { kind: 'bytes' } },
];

/**
 * Writes strings as one run of UTF-8 into the arena.
 *
 * @param word Where its address is noted.
 * @returns Its length in bytes.
 */
export function writeText(kernels: Kernels, strings: readonly string[], units: number, word: number): number {
  // A unit is at most three bytes of UTF-8.
  const address = kernels.reserve(3 * units);
  kernels.heap.u32[word] = address;
  const { written } = utf8.encodeInto(strings.join(''), kernels.heap.u8.subarray(address, address + 3 * units));
  // Encoding puts U+FFFD where half a pair stands; all ASCII has none.
  if (written !== units && !strings.every((text) => text.isWellFormed())) throw new Ungatherable();
  return written;
}
