import {
  GROUP_FIELDS_READ,
  GROUP_SLOTS,
  OP_BYTES,
  OP_ENUM,
  OP_FILE,
  OP_JSON,
  OP_LIST,
  OP_NULLABLE,
  OP_OPTIONAL,
  OP_STRING,
  OP_STRUCT,
  OP_SYMBOL,
  OP_UNIXID,
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
import type { RecordShape } from '../contract/field.ts';
import { type Elements, elements } from './build-objects.ts';
import {
  BytesCursor,
  ElementCursor,
  ListCursor,
  listOf,
  ObjectCursor,
  PlaceCursor,
  PresenceCursor,
  ReadyCursor,
  UnixidCursor,
} from './column-cursors.ts';
import type { Cursor } from './cursor.ts';
import { type FrameText, Text, unitsOf } from './decode-text.ts';
import { IssueFinder, type Issues, noIssues } from './issues.ts';
import { isShallow } from './json-text.ts';
import type { Heap } from './kernels.ts';
import { type Column, planOf, type Struct } from './plan.ts';

export interface Materials {
  readonly heap: Heap;
  readonly text: FrameText;
  /** Offset of the blob tail in the frame. */
  readonly tail: number;
  readonly copyBytes: boolean;
  readonly jsonDepth: number;
  readonly jit: boolean;
}

/** A group's columns on the tape, on their way into records: all at once, or some at a time. */
export class GroupReader {
  /** By record: values that their types do not allow. Known before any record is made. */
  readonly issues: Issues;
  /** Offset in the frame of the first JSON column with a text that is none; Infinity: all are. */
  badJson = Number.POSITIVE_INFINITY;
  private readonly m: Materials;
  private isBad = false;
  /** By a JSON column's slot: which of its texts are none. */
  private badTexts: Map<number, number[]> | undefined;
  private readonly records: Cursor;
  /** Word index of the next column's slot. */
  private slot: number;

  /** @param group Word index of the group's record. */
  constructor(materials: Materials, shape: RecordShape, group: number) {
    this.m = materials;
    const { u32 } = materials.heap;
    this.slot = (u32[group + GROUP_SLOTS] as number) >>> 2;
    const { slot } = this;
    const struct = planOf(shape.fields);
    const read = u32[group + GROUP_FIELDS_READ] as number;
    this.records = shape.bare ? this.open(struct.columns[0] as Column) : this.openFields(struct, read);
    if (!this.isBad && this.badTexts === undefined) {
      this.issues = noIssues;
      return;
    }
    const finder = new IssueFinder(materials.heap, slot, this.badTexts ?? new Map());
    if (shape.bare) finder.column(struct.columns[0] as Column);
    else finder.fields(struct, read);
    this.issues = finder.issues;
  }

  /** The next n records, the caller's own. */
  take(n: number): unknown[] {
    return listOf(this.records.take(n));
  }

  private openFields(struct: Struct, read = struct.columns.length): ObjectCursor {
    const cursors = new Array<Cursor>(read);
    for (let i = 0; i < read; i++) cursors[i] = this.open(struct.columns[i] as Column);
    return new ObjectCursor(struct, cursors, this.m.heap, this.m.jit);
  }

  private open(column: Column): Cursor {
    const { op } = column;
    const { heap } = this.m;
    const { u8, u32 } = heap;
    const { slot } = this;
    this.slot += SLOT_WORDS;
    const n = u32[slot + SLOT_COUNT] as number;
    const values = u32[slot + SLOT_VALUES] as number;
    if (u32[slot + SLOT_BAD] !== 0) this.isBad = true;
    switch (op) {
      case OP_STRING:
        return this.text(slot, u32[slot + SLOT_EXTRA] as number);
      case OP_SYMBOL:
        return new PlaceCursor(this.dictionary(slot, n), u32, (u32[slot + SLOT_SECOND] as number) >>> 2);
      case OP_ENUM:
        return new PlaceCursor(column.literals, u32, values >>> 2);
      case OP_UNIXID:
        return new UnixidCursor(u32, values >>> 2, (u32[slot + SLOT_SECOND] as number) >>> 2);
      case OP_BYTES: {
        const { text, tail, copyBytes } = this.m;
        return new BytesCursor(text.frame, u32, values >>> 2, tail + (u32[slot + SLOT_TEXT] as number), copyBytes);
      }
      case OP_JSON:
        return new ReadyCursor(this.json(slot, n));
      case OP_FILE:
      case OP_STRUCT:
        return this.openFields(column.struct as Struct);
      case OP_OPTIONAL:
        return new PresenceCursor(u8, values, this.open(column.inner as Column), undefined);
      case OP_NULLABLE:
        return new PresenceCursor(u8, values, this.open(column.inner as Column), null);
      case OP_LIST:
        return new ListCursor(u32, values >>> 2, this.open(column.inner as Column));
      default:
        return new ElementCursor(heap, elements[op] as Elements, values);
    }
  }

  private text(slot: number, units: number): Text {
    const { u32 } = this.m.heap;
    const lengths = (u32[slot + SLOT_VALUES] as number) >>> 2;
    return new Text(
      this.m.text,
      u32[slot + SLOT_TEXT] as number,
      u32[slot + SLOT_TEXT_BYTES] as number,
      u32,
      lengths,
      units,
    );
  }

  /** The distinct strings of n symbols. One of one has no indices. */
  private dictionary(slot: number, n: number): string[] {
    if (n === 0) return [];
    const { u32 } = this.m.heap;
    const size = u32[slot + SLOT_EXTRA] as number;
    return this.text(slot, unitsOf(u32, (u32[slot + SLOT_VALUES] as number) >>> 2, size)).take(size);
  }

  /** Made at once, also where records are made later: a text that is none must be known before. */
  private json(slot: number, n: number): unknown[] {
    const texts = this.text(slot, this.m.heap.u32[slot + SLOT_EXTRA] as number).take(n);
    return texts.map((text, i) => {
      try {
        if (isShallow(text, this.m.jsonDepth)) return JSON.parse(text) as unknown;
      } catch {
        // Noted below, as a text that is nested too deeply is.
      }
      this.badJson = Math.min(this.badJson, this.m.heap.u32[slot + SLOT_OFFSET] as number);
      this.badTexts ??= new Map();
      const bad = this.badTexts.get(slot);
      if (bad === undefined) this.badTexts.set(slot, [i]);
      else bad.push(i);
      return undefined;
    });
  }
}
