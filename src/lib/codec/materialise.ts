import {
  GROUP_FIELDS_READ,
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
import type { Issue } from '../errors.ts';
import { elements } from './build-objects.ts';
import {
  BytesCursor,
  type Cursor,
  ElementCursor,
  FileCursor,
  ListCursor,
  listOf,
  ObjectCursor,
  PlaceCursor,
  PresenceCursor,
  ReadyCursor,
  UnixidCursor,
} from './column-cursors.ts';
import { Text } from './decode-text.ts';
import { isShallow } from './json-text.ts';
import type { Heap } from './kernels.ts';

/** Finds the path of a column's i-th value, record index first; asked only where something is wrong. */
type Where = (index: number) => readonly (string | number)[];

/** More of a record tell its writer nothing new, and a hostile frame could ask for a million. */
const MAX_ISSUES = 32;

const fileColumns: readonly (readonly [string, TypeNode])[] = [
  ['name', { kind: 'string' }],
  ['type', { kind: 'symbol' }],
  ['size', { kind: 'int' }],
  ['upload', { kind: 'string' }],
  ['content', { kind: 'bytes' }],
];

export interface Materials {
  readonly heap: Heap;
  readonly frame: Uint8Array;
  /** Offset of the blob tail in the frame. */
  readonly tail: number;
  readonly copyBytes: boolean;
  readonly jsonDepth: number;
  readonly jit: boolean;
}

/** A group's columns on the tape, on their way into records: all at once, or some at a time. */
export class GroupReader {
  /** By record: values that their types do not allow. Known before any record is made. */
  readonly issues = new Map<number, Issue[]>();
  /** Offset in the frame of the first JSON column with a text that is none; Infinity: all are. */
  badJson = Number.POSITIVE_INFINITY;
  private readonly m: Materials;
  private readonly slots: number;
  private readonly records: Cursor;
  private node = 0;

  /** @param group Word index of the group's record. */
  constructor(materials: Materials, shape: RecordShape, group: number) {
    this.m = materials;
    const { u32 } = materials.heap;
    this.slots = (u32[group + GROUP_SLOTS] as number) >>> 2;
    this.records = shape.bare
      ? this.open((shape.fields[0] as Field).type, recordOf)
      : this.openFields(shape.fields, u32[group + GROUP_FIELDS_READ] as number, recordOf);
  }

  /** The next n records, the caller's own. */
  take(n: number): unknown[] {
    return listOf(this.records.take(n));
  }

  private openFields(fields: readonly Field[], read: number, where: Where): ObjectCursor {
    const cursors = new Array<Cursor>(read);
    for (let i = 0; i < read; i++) {
      const { type, name } = fields[i] as Field;
      cursors[i] = this.open(type, where, name);
    }
    return new ObjectCursor(fields, cursors, this.m.heap, this.m.jit);
  }

  /** @param name Of the property that the column's values are, under `where`; absent: they are what `where` finds. */
  private open(type: TypeNode, where: Where, name?: string): Cursor {
    const { heap, frame, tail, copyBytes } = this.m;
    const { u8, u32 } = heap;
    const slot = this.slots + this.node * SLOT_WORDS;
    this.node++;
    const n = u32[slot + SLOT_COUNT] as number;
    const values = u32[slot + SLOT_VALUES] as number;
    const bad = u32[slot + SLOT_BAD] as number;
    if (bad !== 0) this.report(bad, n, under(where, name));
    switch (type.kind) {
      case 'string':
        return this.text(slot, n);
      case 'symbol': {
        // A dictionary of one has no indices.
        const d = n === 0 ? 0 : (u32[slot + SLOT_EXTRA] as number);
        return new PlaceCursor(this.text(slot, d).take(d), u32, (u32[slot + SLOT_SECOND] as number) >>> 2);
      }
      case 'enum':
        return new PlaceCursor(type.literals, heap.i32, values >>> 2);
      case 'unixid':
        return new UnixidCursor(u32, values >>> 2, (u32[slot + SLOT_SECOND] as number) >>> 2);
      case 'bytes':
        return new BytesCursor(frame, u32, values >>> 2, tail + (u32[slot + SLOT_TEXT] as number), copyBytes);
      case 'json':
        return new ReadyCursor(this.json(slot, n, under(where, name)));
      case 'file': {
        const inner = under(where, name);
        return new FileCursor(fileColumns.map(([key, column]) => this.open(column, inner, key)));
      }
      case 'struct':
        return this.openFields(type.fields, type.fields.length, under(where, name));
      case 'optional':
      case 'nullable': {
        const inner = this.open(type.inner, amongPresent(u8, values, n, under(where, name)));
        return new PresenceCursor(u8, values, inner, type.kind === 'optional' ? undefined : null);
      }
      case 'list': {
        const inner = this.open(type.inner, amongElements(u32, values >>> 2, n, under(where, name)));
        return new ListCursor(u32, values >>> 2, inner);
      }
      default: {
        const kind = elements[type.kind];
        if (kind === undefined) throw new TypeError(`no column is known for ${type.kind}`);
        return new ElementCursor(heap, kind, values);
      }
    }
  }

  private text(slot: number, count: number): Text {
    const { heap, frame } = this.m;
    const { u32 } = heap;
    return new Text({
      frame,
      offset: u32[slot + SLOT_TEXT] as number,
      bytes: u32[slot + SLOT_TEXT_BYTES] as number,
      words: u32,
      lengths: (u32[slot + SLOT_VALUES] as number) >>> 2,
      count,
    });
  }

  /** Made at once, also where records are made later: a text that is none must be known before. */
  private json(slot: number, n: number, where: Where): unknown[] {
    return this.text(slot, n)
      .take(n)
      .map((text, i) => {
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
}

/** Of a column of a group's records. */
const recordOf: Where = (index) => [index];

function under(where: Where, name: string | undefined): Where {
  return name === undefined ? where : (index) => [...where(index), name];
}

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
