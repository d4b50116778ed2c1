import {
  LIMIT_FRAME_BYTES,
  LIMIT_VALUES,
  OP_BYTES,
  OP_FILE,
  OP_LIST,
  OP_NULLABLE,
  OP_OPTIONAL,
  OP_STRUCT,
  OP_SYMBOL,
  SLOT_COUNT,
  SLOT_EXTRA,
  SLOT_TEXT_BYTES,
  SLOT_VALUES,
  SLOT_WORDS,
} from '../../../../assembly/protocol.ts';
import type { RecordShape } from '../../contract/field.ts';
import { EncodeError } from '../../errors.ts';
import type { Kernels } from '../kernels.ts';
import { type Column, planOf, type Rest, type Struct } from '../plan.ts';
import { gatheringOf } from './gather-fields.ts';
import { pluck } from './pluck-fields.ts';
import { takeColumn } from './take-column.ts';
import { Ungatherable } from './ungatherable.ts';
import { writeScalars } from './write-scalars.ts';
import { writeListedSymbols } from './write-symbols.ts';
import { tooMuchText, writeRun } from './write-text.ts';

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
    const struct = planOf(shape.fields);
    if (shape.bare) this.column(struct.columns[0] as Column, records, slots >>> 2);
    else this.fields(struct, records, slots >>> 2);
  }

  private fields(struct: Struct, objects: readonly unknown[], slot: number): void {
    if (objects.length === 0) return;
    if (this.jit) this.fieldsAtOnce(struct, objects, slot);
    else this.fieldByField(struct, objects, slot);
  }

  private fieldsAtOnce(struct: Struct, objects: readonly unknown[], slot: number): void {
    const { write, bytes, cost, rest } = gatheringOf(struct);
    const { kernels } = this;
    this.charge(objects.length * cost);
    const at = kernels.reserve(objects.length * bytes);
    const left = new Array<string | unknown[]>(rest.length);
    if (!write(objects, kernels.heap, at, slot, left)) throw new Ungatherable();
    for (let i = 0; i < rest.length; i++) {
      const { column, slot: words } = rest[i] as Rest;
      if (column !== null) this.column(column, left[i] as unknown[], slot + words);
      else {
        writeRun(kernels, left[i] as string, slot + words);
        this.chargeText(slot + words);
      }
    }
  }

  private fieldByField({ fields, columns }: Struct, objects: readonly unknown[], slot: number): void {
    const values = pluck(fields, objects);
    if (values === null) throw new Ungatherable();
    let next = slot;
    for (const [i, column] of columns.entries()) {
      this.column(column, values[i] as unknown[], next);
      next += SLOT_WORDS * column.nodes;
    }
  }

  private column(column: Column, values: readonly unknown[], slot: number): void {
    const { op } = column;
    const n = values.length;
    // Slots are zeroed, and a column of nothing has no bytes, whatever its type.
    if (n === 0) return;
    this.kernels.heap.u32[slot + SLOT_COUNT] = n;
    this.charge(n * column.cost);
    const below = slot + SLOT_WORDS;
    switch (op) {
      case OP_OPTIONAL:
        this.column(column.inner as Column, this.present(values, slot, undefined), below);
        break;
      case OP_NULLABLE:
        this.column(column.inner as Column, this.present(values, slot, null), below);
        break;
      case OP_LIST:
        this.list(column.inner as Column, values, slot);
        break;
      case OP_STRUCT:
        this.fields(column.struct as Struct, values, below);
        break;
      case OP_FILE:
        // Has paid for its columns at once.
        this.weight = 0;
        this.fields(column.struct as Struct, values, below);
        this.weight = 1;
        break;
      case OP_BYTES:
        this.bytes(values, slot);
        break;
      default:
        writeScalars(this.kernels, column, values, slot);
        this.chargeText(slot);
    }
  }

  private charge(values: number): void {
    this.charged += this.weight * values;
    // Judged here and not at the end only: a batch that is far too large must not take the memory first.
    if (this.charged > LIMIT_VALUES) throw tooManyValues();
  }

  private chargeText(slot: number): void {
    this.textBytes += this.kernels.heap.u32[slot + SLOT_TEXT_BYTES] as number;
    if (this.textBytes > LIMIT_FRAME_BYTES) throw tooMuchText();
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

  private list(inner: Column, lists: readonly unknown[], slot: number): void {
    const counts = takeColumn(this.kernels, slot, SLOT_VALUES, 4 * lists.length) >>> 2;
    const { u32 } = this.kernels.heap;
    let sum = 0;
    for (let i = 0; i < lists.length; i++) {
      const list = lists[i];
      if (!Array.isArray(list)) throw new Ungatherable();
      // Read once: what a getter does to the list meanwhile must not make the counts those of another one.
      const { length } = list;
      u32[counts + i] = length;
      sum += length;
    }
    // Before space is taken for them: a list may be long and hold nothing.
    if (sum > LIMIT_VALUES) throw tooManyValues();
    u32[slot + SLOT_EXTRA] = sum;
    const below = slot + SLOT_WORDS;
    if (inner.op === OP_SYMBOL && sum > 0) {
      this.charge(sum * inner.cost);
      writeListedSymbols(this.kernels, lists, counts, sum, below);
      this.chargeText(below);
    } else this.column(inner, this.elements(lists, counts, sum), below);
  }

  private elements(lists: readonly unknown[], counts: number, sum: number): unknown[] {
    const { u32 } = this.kernels.heap;
    const elements = new Array<unknown>(sum);
    let next = 0;
    for (let i = 0; i < lists.length; i++) {
      const list = lists[i] as readonly unknown[];
      const count = u32[counts + i] as number;
      for (let j = 0; j < count; j++) elements[next++] = list[j];
    }
    return elements;
  }
}

function tooManyValues(): EncodeError {
  return new EncodeError('', `it has more than ${LIMIT_VALUES} values`);
}
