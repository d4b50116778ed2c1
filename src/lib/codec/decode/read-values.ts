import {
  OP_BYTES,
  OP_ENUM,
  OP_JSON,
  OP_LIST,
  OP_NULLABLE,
  OP_STRING,
  OP_SYMBOL,
  OP_UNIXID,
  SLOT_SECOND,
  SLOT_TEXT,
  SLOT_VALUES,
  SLOT_WORDS,
} from '../../../../assembly/protocol.ts';
import type { Field } from '../../contract/field.ts';
import type { Column, Struct } from '../plan.ts';
import { unixidOf } from '../unixid-text.ts';
import { elements } from './elements.ts';
import type { Materials } from './materials.ts';
import { blobsOf, dictionaryOf, textOf } from './read-column.ts';

/**
 * Makes a group's records value by value: what `build-objects.ts` generates code for, where none may be generated, or a
 * writer knew fewer fields than this reader. Properties come in the same order.
 */
export class ValueReader {
  private readonly m: Materials;
  private readonly u32: Uint32Array;
  private readonly slots: number;
  private readonly ready: unknown[];
  private readonly blob: (start: number, end: number) => Uint8Array;

  /** @param slots As of a `Builder`. */
  constructor(materials: Materials, slots: number, ready: unknown[]) {
    this.m = materials;
    this.u32 = materials.heap.u32;
    this.slots = slots;
    this.ready = ready;
    this.blob = blobsOf(materials);
  }

  /**
   * @param node The first field's.
   * @param read How many of the fields have columns; the others take their defaults.
   */
  object({ fields, columns }: Struct, node: number, read = columns.length): Record<string, unknown> {
    const object: Record<string, unknown> = {};
    const omissible: [name: string, value: unknown][] = [];
    let k = node;
    for (const [i, column] of columns.entries()) {
      const { name, type, fallback } = fields[i] as Field;
      // An object is not shared between records.
      const value = i < read ? this.value(column, k) : structuredClone(fallback?.value);
      if (type.kind === 'optional') omissible.push([name, value]);
      else object[name] = value;
      k += column.nodes;
    }
    for (const [name, value] of omissible) if (value !== undefined) object[name] = value;
    return object;
  }

  value({ op, inner, struct, literals }: Column, k: number): unknown {
    if (struct !== null) return this.object(struct, k + 1);
    const { m, u32 } = this;
    const element = elements[op];
    if (element) {
      const { view, shift, read } = element;
      const found = m.heap[view][this.advance(k, SLOT_VALUES, 1 << shift) >>> shift] as number | bigint;
      return read === undefined ? found : read(found);
    }
    switch (op) {
      case OP_STRING: {
        const text = this.once(k, textOf);
        const units = this.word(k);
        const start = this.advance(k, SLOT_SECOND, units);
        return text.substring(start, start + units);
      }
      case OP_SYMBOL: {
        const list = this.once(k, dictionaryOf);
        // One of one has no indices.
        if (u32[this.slot(k) + SLOT_SECOND] === 0) return list[0];
        return list[u32[this.advance(k, SLOT_SECOND, 4) >>> 2] as number];
      }
      case OP_ENUM:
        return literals[this.word(k)];
      case OP_UNIXID:
        return unixidOf(u32, this.advance(k, SLOT_VALUES, 8) >>> 2, this.advance(k, SLOT_SECOND, 8) >>> 2);
      case OP_BYTES: {
        const bytes = this.word(k);
        const start = this.advance(k, SLOT_TEXT, bytes);
        return this.blob(start, start + bytes);
      }
      case OP_JSON:
        return (this.ready[k] as unknown[])[this.advance(k, SLOT_SECOND, 1)];
      case OP_LIST: {
        const list = new Array<unknown>(this.word(k));
        for (let i = 0; i < list.length; i++) list[i] = this.value(inner as Column, k + 1);
        return list;
      }
      default: {
        const isPresent = m.heap.u8[this.advance(k, SLOT_VALUES, 1)] === 1;
        return isPresent ? this.value(inner as Column, k + 1) : op === OP_NULLABLE ? null : undefined;
      }
    }
  }

  private slot(k: number): number {
    return this.slots + k * SLOT_WORDS;
  }

  /** The next of a node's words. */
  private word(k: number): number {
    return this.u32[this.advance(k, SLOT_VALUES, 4) >>> 2] as number;
  }

  /** What a word of a slot says; it says so much more from now on. */
  private advance(k: number, word: number, by: number): number {
    const at = this.slot(k) + word;
    const before = this.u32[at] as number;
    this.u32[at] = before + by;
    return before;
  }

  private once<T>(k: number, make: (materials: Materials, slot: number) => T): T {
    this.ready[k] ??= make(this.m, this.slot(k));
    return this.ready[k] as T;
  }
}
