import {
  LIMIT_FRAME_BYTES,
  LIMIT_VALUES,
  SLOT_COUNT,
  SLOT_EXTRA,
  SLOT_TEXT_BYTES,
  SLOT_VALUES,
  SLOT_WORDS,
} from '../../../assembly/protocol.ts';
import type { Field, RecordShape, TypeNode } from '../contract/field.ts';
import { EncodeError } from '../errors.ts';
import type { Kernels } from './kernels.ts';
import { pluckerOf } from './pluck-fields.ts';
import { takeColumn, tooMuchText, Ungatherable, writeEnums, writers } from './write-scalars.ts';

/** What a value of a type charges of a reader's budget, where it is not 1 (A.8). */
const costs: Readonly<Record<string, number>> = { struct: 0, bytes: 8, file: 12 };

const fileFields: readonly Field[] = [
  { name: 'name', type: { kind: 'string' } },
  { name: 'type', type: { kind: 'symbol' } },
  { name: 'size', type: { kind: 'int' } },
  { name: 'upload', type: { kind: 'string' } },
  { name: 'content', type: { kind: 'bytes' } },
];

/**
 * Turns records into columns in the arena, one group at a time: a column of a struct becomes one for each field, a list's
 * one of counts and one of all elements.
 *
 * Knows no paths: values are mostly right, and where one is not, judging them again costs less than carrying paths along.
 */
export class Gather {
  /** All blobs so far, in the order of the tail. */
  readonly blobs: Uint8Array[] = [];
  /** What all columns charge of a reader's budget (A.8). */
  charged = 0;
  private textBytes = 0;
  private readonly kernels: Kernels;
  private readonly jit: boolean;
  private slots = 0;
  private node = 0;
  private weight = 1;

  constructor(kernels: Kernels, jit: boolean) {
    this.kernels = kernels;
    this.jit = jit;
  }

  /**
   * @param slots Address of the group's slots, zeroed.
   * @throws {Ungatherable} At the first value that its type does not allow.
   */
  records(shape: RecordShape, records: readonly unknown[], slots: number): void {
    this.slots = slots >>> 2;
    this.node = 0;
    if (shape.bare) this.column((shape.fields[0] as Field).type, records);
    else this.fields(shape.fields, records);
  }

  private fields(fields: readonly Field[], objects: readonly unknown[]): void {
    const columns = pluckerOf(fields, this.jit)(objects);
    if (columns === null) throw new Ungatherable();
    for (let i = 0; i < columns.length; i++) this.column((fields[i] as Field).type, columns[i] as unknown[]);
  }

  private column(type: TypeNode, values: readonly unknown[]): void {
    const n = values.length;
    const slot = this.slots + this.node * SLOT_WORDS;
    this.node++;
    this.kernels.heap.u32[slot + SLOT_COUNT] = n;
    this.charged += this.weight * n * (costs[type.kind] ?? 1);
    // Judged here and not at the end only: a batch that is far too large must not take the memory first.
    if (this.charged > LIMIT_VALUES) throw new EncodeError('', `it has more than ${LIMIT_VALUES} values`);
    switch (type.kind) {
      case 'optional':
        this.column(type.inner, this.present(values, slot, undefined));
        break;
      case 'nullable':
        this.column(type.inner, this.present(values, slot, null));
        break;
      case 'list':
        this.column(type.inner, this.elements(values, slot));
        break;
      case 'struct':
        this.fields(type.fields, values);
        break;
      case 'file':
        // Has paid for its columns at once.
        this.weight = 0;
        this.fields(fileFields, values);
        this.weight = 1;
        break;
      case 'bytes':
        this.bytes(values, slot);
        break;
      case 'enum':
        writeEnums(this.kernels, values, slot, type.literals);
        break;
      default:
        // A column of nothing has no bytes, whatever its type.
        if (n > 0) writers[type.kind](this.kernels, values, slot);
        this.textBytes += this.kernels.heap.u32[slot + SLOT_TEXT_BYTES] as number;
        if (this.textBytes > LIMIT_FRAME_BYTES) throw tooMuchText();
    }
  }

  private bytes(values: readonly unknown[], slot: number): void {
    const at = takeColumn(this.kernels, slot, SLOT_VALUES, 4 * values.length) >>> 2;
    const { u32 } = this.kernels.heap;
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      if (!(value instanceof Uint8Array)) throw new Ungatherable();
      u32[at + i] = value.length;
      this.blobs.push(value);
    }
  }

  /** @returns The values that are there. */
  private present(values: readonly unknown[], slot: number, absent: null | undefined): unknown[] {
    const at = takeColumn(this.kernels, slot, SLOT_VALUES, values.length);
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

  /** @returns The elements of all lists. */
  private elements(values: readonly unknown[], slot: number): unknown[] {
    const at = takeColumn(this.kernels, slot, SLOT_VALUES, 4 * values.length) >>> 2;
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
