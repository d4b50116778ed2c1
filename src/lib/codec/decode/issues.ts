import {
  OP_LIST,
  OP_NULLABLE,
  OP_OPTIONAL,
  SLOT_BAD,
  SLOT_COUNT,
  SLOT_VALUES,
  SLOT_WORDS,
} from '../../../../assembly/protocol.ts';
import type { Field } from '../../contract/field.ts';
import type { Issue } from '../../errors.ts';
import type { Heap } from '../kernels.ts';
import type { Column, Struct } from '../plan.ts';

/** Finds the path of a column's i-th value, record index first; asked only where something is wrong. */
type Where = (index: number) => readonly (string | number)[];

/** By record: values that their types do not allow. */
export type Issues = ReadonlyMap<number, readonly Issue[]>;

export const noIssues: Issues = new Map();

/** More of a record tell its writer nothing new, and a hostile frame could ask for a million. */
const MAX_ISSUES = 32;

/**
 * Finds what is wrong in a group's columns. Gone through again for that: mostly nothing is, and columns that are opened
 * carry no paths along.
 */
export class IssueFinder {
  readonly issues = new Map<number, Issue[]>();
  private readonly heap: Heap;
  private readonly badTexts: ReadonlyMap<number, readonly number[]>;
  /** Word index of the next column's slot. */
  private slot: number;

  /**
   * @param slots Word index of the group's first slot.
   * @param badTexts By a JSON column's slot: which of its texts are none.
   */
  constructor(heap: Heap, slots: number, badTexts: ReadonlyMap<number, readonly number[]>) {
    this.heap = heap;
    this.slot = slots;
    this.badTexts = badTexts;
  }

  /** @param read How many of the fields have columns. */
  fields({ fields, columns }: Struct, read = fields.length, where = recordOf): void {
    for (let i = 0; i < read; i++) {
      const { name } = fields[i] as Field;
      this.column(columns[i] as Column, (index) => [...where(index), name]);
    }
  }

  column({ op, inner, struct }: Column, where = recordOf): void {
    const { slot } = this;
    this.slot += SLOT_WORDS;
    const { u8, u32 } = this.heap;
    const n = u32[slot + SLOT_COUNT] as number;
    const values = u32[slot + SLOT_VALUES] as number;
    const bad = u32[slot + SLOT_BAD] as number;
    for (let i = 0; bad !== 0 && i < n; i++) if (u8[bad + i] === 1) this.note(where(i), 'out of range');
    for (const i of this.badTexts.get(slot) ?? []) this.note(where(i), 'not JSON text');
    if (struct !== null) this.fields(struct, struct.fields.length, where);
    if (inner === null) return;
    if (op === OP_OPTIONAL || op === OP_NULLABLE) this.column(inner, amongPresent(u8, values, n, where));
    else if (op === OP_LIST) this.column(inner, amongElements(u32, values >>> 2, n, where));
  }

  private note(path: readonly (string | number)[], message: string): void {
    const record = path[0] as number;
    const issues = this.issues.get(record);
    if (issues === undefined) this.issues.set(record, [{ path, message }]);
    else if (issues.length < MAX_ISSUES) issues.push({ path, message });
  }
}

/** Of a column of a group's records. */
const recordOf: Where = (index) => [index];

/** Of the values that are there. */
function amongPresent(flags: Uint8Array, first: number, n: number, where: Where): Where {
  let places: number[] | undefined;
  return (i) => {
    places ??= indicesOf(n, (index) => flags[first + index] as number);
    return where(places[i] as number);
  };
}

/** Of the elements of all lists. */
function amongElements(counts: Uint32Array, first: number, n: number, where: Where): Where {
  let owners: number[] | undefined;
  return (i) => {
    owners ??= indicesOf(n, (index) => counts[first + index] as number);
    const owner = owners[i] as number;
    return [...where(owner), i - firstOf(owners, owner)];
  };
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
