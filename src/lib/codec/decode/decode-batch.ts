import {
  GROUP_READ,
  GROUP_RECORDS_F64,
  GROUP_ROUTE,
  GROUP_STATE,
  GROUP_WORDS,
  OUT_OF_RANGE,
  TAPE_ATOMIC,
  TAPE_BAD_OFFSET,
  TAPE_COUNT,
  TAPE_DEP_COUNTS,
  TAPE_DEPS,
  TAPE_FIRST_F64,
  TAPE_GROUP_RECORDS,
  TAPE_GROUPS,
  TAPE_ITEMS,
  TAPE_MESSAGE_BYTES,
  TAPE_MESSAGE_INDEX,
  TAPE_MESSAGE_LENGTHS,
  TAPE_MESSAGE_TEXT,
  TAPE_MESSAGES,
  TAPE_OLDEST_F64,
  TAPE_OUTBOX_HIGH,
  TAPE_OUTBOX_LOW,
  TAPE_ROUTE,
  TAPE_SEQ,
  TAPE_STATUS,
  TAPE_TAIL,
} from '../../../../assembly/protocol.ts';
import type { ShapeTable } from '../../contract/field.ts';
import { defaultLimits } from '../../limits.ts';
import type { DecodeOptions } from '../codec.ts';
import type { Heap, Kernels } from '../kernels.ts';
import { outboxText } from '../outbox-text.ts';
import { installSchema } from '../program.ts';
import { FrameText } from './decode-text.ts';
import { GroupReader } from './materialise.ts';
import type { Materials } from './materials.ts';
import { PacketRecords, RecordGroup } from './packet-records.ts';
import { refusalOf } from './refusals.ts';

/** A frame whose tape stands in the arena, until the kernels' next call. */
export class OpenFrame implements Materials {
  readonly count: number;
  readonly heap: Heap;
  // Where the head's columns begin, as indices of its views: f64 for the numbers and counts of records, i32 for the others.
  readonly seqs: number;
  readonly routes: number;
  readonly counts: number;
  readonly statuses: number;
  /** Of the atomic groups; 0: there are none. */
  readonly groups: number;
  readonly text: FrameText;
  readonly tail: number;
  readonly copyBytes: boolean;
  private readonly tape: number;
  private readonly table: ShapeTable;
  private readonly options: DecodeOptions;
  private readonly jit: boolean;

  /** @throws {DecodeError} */
  constructor(
    kernels: Kernels,
    table: ShapeTable,
    frame: Uint8Array,
    kind: number,
    options: DecodeOptions,
    jit: boolean,
  ) {
    const limits = options.limits === undefined ? defaultLimits : { ...defaultLimits, ...options.limits };
    const routes = installSchema(kernels, table);
    kernels.begin();
    const tape = kernels.decode(frame, kind, routes, limits);
    if (tape === 0) throw refusalOf(kernels.errorCode, kernels.errorOffset);
    this.heap = kernels.heap;
    this.tape = tape >>> 2;
    this.count = this.word(TAPE_COUNT);
    this.seqs = this.word(TAPE_SEQ) >>> 3;
    this.routes = this.word(TAPE_ROUTE) >>> 2;
    this.counts = this.word(TAPE_ITEMS) >>> 3;
    this.statuses = this.word(TAPE_STATUS) >>> 2;
    this.groups = this.word(TAPE_ATOMIC) >>> 2;
    this.text = new FrameText(frame, kernels);
    this.tail = this.word(TAPE_TAIL);
    this.copyBytes = options.copyBytes ?? false;
    this.table = table;
    this.options = options;
    this.jit = jit;
  }

  get outbox(): string {
    return outboxText(this.word(TAPE_OUTBOX_HIGH), this.word(TAPE_OUTBOX_LOW));
  }

  get first(): number {
    return this.heap.f64[(this.tape + TAPE_FIRST_F64) >>> 1] as number;
  }

  get oldest(): number {
    return this.heap.f64[(this.tape + TAPE_OLDEST_F64) >>> 1] as number;
  }

  /** For who deals out records. */
  route(i: number): number {
    return this.heap.i32[this.routes + i] as number;
  }

  items(i: number): number {
    return this.heap.f64[this.counts + i] as number;
  }

  /** Each packet's dependencies, absolute and descending; undefined: none has any. */
  dependencies(): number[][] | undefined {
    const counts = this.word(TAPE_DEP_COUNTS) >>> 2;
    if (counts === 0) return undefined;
    let at = this.word(TAPE_DEPS) >>> 3;
    return Array.from({ length: this.count }, (_, i) => {
      const seq = this.heap.f64[this.seqs + i] as number;
      const n = this.heap.i32[counts + i] as number;
      return Array.from({ length: n }, () => seq - (this.heap.f64[at++] as number));
    });
  }

  /** Undefined: no result has any. */
  messages(): Messages | undefined {
    const k = this.word(TAPE_MESSAGES);
    if (k === 0) return undefined;
    const { i32, u32 } = this.heap;
    const texts = this.text.strings(
      this.word(TAPE_MESSAGE_TEXT),
      this.word(TAPE_MESSAGE_BYTES),
      u32,
      this.word(TAPE_MESSAGE_LENGTHS) >>> 2,
      k,
    );
    return new Messages(texts, i32, this.word(TAPE_MESSAGE_INDEX) >>> 2);
  }

  /**
   * Judges all values; the records are made by what is returned.
   *
   * @throws {DecodeError} `out_of_range`, where values are bad and are not to be marked.
   */
  records(): PacketRecords {
    const { u32, f64 } = this.heap;
    const bad = this.word(TAPE_BAD_OFFSET);
    const reading = {
      jit: this.jit,
      jsonDepth: this.options.limits?.json ?? defaultLimits.json,
      hasBad: bad !== 0,
    };
    const groups: RecordGroup[] = [];
    let badOffset = bad === 0 ? Number.POSITIVE_INFINITY : bad;
    const first = this.word(TAPE_GROUP_RECORDS) >>> 2;
    const end = first + this.word(TAPE_GROUPS) * GROUP_WORDS;
    for (let group = first; group < end; group += GROUP_WORDS) {
      const route = u32[group + GROUP_ROUTE] as number;
      const state = u32[group + GROUP_STATE] as number;
      const shape = this.table.get(route);
      const reader = state === GROUP_READ && shape ? new GroupReader(this, shape, group, reading) : null;
      if (reader) badOffset = Math.min(badOffset, reader.badJson);
      groups.push(new RecordGroup(route, state, reader, f64[(group + GROUP_RECORDS_F64) >>> 1] as number));
    }
    if (Number.isFinite(badOffset) && this.options.invalidValues !== 'mark') throw refusalOf(OUT_OF_RANGE, badOffset);
    return new PacketRecords(this, this.table, groups);
  }

  private word(index: number): number {
    return this.heap.u32[this.tape + index] as number;
  }
}

/** The messages of a frame's results, to be asked for in their order. */
class Messages {
  private readonly texts: readonly string[];
  private readonly indices: Int32Array;
  private readonly first: number;
  private taken = 0;

  /** @param first Place in `indices` of the first text's result. */
  constructor(texts: readonly string[], indices: Int32Array, first: number) {
    this.texts = texts;
    this.indices = indices;
    this.first = first;
  }

  /** That of result i; most have none. */
  of(i: number): string {
    const { taken, texts } = this;
    if (taken === texts.length || this.indices[this.first + taken] !== i) return '';
    this.taken++;
    return texts[taken] as string;
  }
}
