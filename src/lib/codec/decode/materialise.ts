import { GROUP_FIELDS_READ, GROUP_SLOTS, SLOT_COUNT, SLOT_OFFSET, SLOT_WORDS } from '../../../../assembly/protocol.ts';
import type { RecordShape } from '../../contract/field.ts';
import { isShallow } from '../json-text.ts';
import { type Column, planOf, type Struct } from '../plan.ts';
import { builderOf } from './build-objects.ts';
import { IssueFinder, type Issues, noIssues } from './issues.ts';
import type { Materials } from './materials.ts';
import { stringsOf } from './read-column.ts';
import { ValueReader } from './read-values.ts';

/** How a group is read. */
export interface Reading {
  /** Whether functions may be generated. */
  readonly jit: boolean;
  readonly jsonDepth: number;
  /** Whether the frame has values that their types do not allow. */
  readonly hasBad: boolean;
}

/** A group's columns on the tape, on their way into records: all at once, or some at a time. */
export class GroupReader {
  /** By record: values that their types do not allow. Known before any record is made. */
  readonly issues: Issues = noIssues;
  /** Offset in the frame of the first JSON column with a text that is none; Infinity: all are. */
  badJson = Number.POSITIVE_INFINITY;
  private readonly m: Materials;
  private readonly struct: Struct;
  private readonly isBare: boolean;
  private readonly jit: boolean;
  /** How many fields have columns. */
  private readonly read: number;
  /** Word index of the first column's slot. */
  private readonly slots: number;
  /** By node: what is made once for a whole column. */
  private readonly ready: unknown[] = [];

  /** @param group Word index of the group's record. */
  constructor(materials: Materials, shape: RecordShape, group: number, { jit, jsonDepth, hasBad }: Reading) {
    this.m = materials;
    const { u32 } = materials.heap;
    const struct = planOf(shape.fields);
    this.struct = struct;
    this.isBare = shape.bare;
    this.read = u32[group + GROUP_FIELDS_READ] as number;
    this.slots = (u32[group + GROUP_SLOTS] as number) >>> 2;
    // A function is generated for all fields; a writer who knows fewer is rare.
    this.jit = jit && this.read === struct.columns.length;
    if (!hasBad && struct.jsonNodes.length === 0) return;
    const badTexts = new Map<number, number[]>();
    for (const node of struct.jsonNodes) this.parseJson(node, jsonDepth, badTexts);
    if (!hasBad && badTexts.size === 0) return;
    const finder = new IssueFinder(materials.heap, this.slots, badTexts);
    if (shape.bare) finder.column(struct.columns[0] as Column);
    else finder.fields(struct, this.read);
    this.issues = finder.issues;
  }

  /** The next n records, the caller's own; never more than are left. */
  take(n: number): unknown[] {
    const { m, struct, isBare, slots, ready } = this;
    if (this.jit) return builderOf(struct, isBare)(n, m, slots, ready);
    const reader = new ValueReader(m, slots, ready);
    const out = new Array<unknown>(n);
    const [column] = struct.columns;
    for (let i = 0; i < n; i++) {
      out[i] = isBare ? reader.value(column as Column, 0) : reader.object(struct, 0, this.read);
    }
    return out;
  }

  /** At once, also where records are made later: a text that is none must be known before. */
  private parseJson(node: number, maxDepth: number, badTexts: Map<number, number[]>): void {
    const slot = this.slots + node * SLOT_WORDS;
    const { u32 } = this.m.heap;
    const bad: number[] = [];
    this.ready[node] = stringsOf(this.m, slot, u32[slot + SLOT_COUNT] as number).map((text, i) => {
      try {
        if (isShallow(text, maxDepth)) return JSON.parse(text) as unknown;
      } catch {
        // Noted below, as a text that is nested too deeply is.
      }
      bad.push(i);
      return undefined;
    });
    if (bad.length === 0) return;
    this.badJson = Math.min(this.badJson, u32[slot + SLOT_OFFSET] as number);
    badTexts.set(slot, bad);
  }
}
