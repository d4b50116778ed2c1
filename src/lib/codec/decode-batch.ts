import {
  GROUP_MISMATCH,
  GROUP_READ,
  GROUP_ROUTE,
  GROUP_STATE,
  GROUP_UNSUPPORTED,
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
} from '../../../assembly/protocol.ts';
import type { RecordShape, ShapeTable } from '../contract/field.ts';
import type { Issue } from '../errors.ts';
import { defaultLimits } from '../limits.ts';
import type { Mark, Reading } from '../packet.ts';
import type { DecodeOptions } from './codec.ts';
import { decodeText } from './decode-text.ts';
import type { Heap, Kernels } from './kernels.ts';
import { Materialiser } from './materialise.ts';
import { installSchema } from './program.ts';
import { refusalOf } from './refusals.ts';

/** What all kinds of frames have: packets of a route. */
export type ReadPacket = { readonly route: number; readonly records: readonly unknown[] } & Reading;

/** A frame whose tape stands in the arena, until the kernels' next call. */
export class OpenFrame {
  readonly count: number;
  private readonly heap: Heap;
  private readonly tape: number;
  private readonly frame: Uint8Array;
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
    // Node's Buffer is a Uint8Array whose `slice` does not copy, and whose views are Buffers again.
    this.frame = new Uint8Array(frame.buffer, frame.byteOffset, frame.length);
    this.table = table;
    this.options = options;
    this.jit = jit;
  }

  get outbox(): string {
    return hex(this.word(TAPE_OUTBOX_HIGH)) + hex(this.word(TAPE_OUTBOX_LOW));
  }

  get first(): number {
    return this.heap.f64[(this.tape + TAPE_FIRST_F64) >>> 1] as number;
  }

  get oldest(): number {
    return this.heap.f64[(this.tape + TAPE_OLDEST_F64) >>> 1] as number;
  }

  seq(i: number): number {
    return this.heap.f64[(this.word(TAPE_SEQ) >>> 3) + i] as number;
  }

  route(i: number): number {
    return this.heap.i32[(this.word(TAPE_ROUTE) >>> 2) + i] as number;
  }

  items(i: number): number {
    return this.heap.f64[(this.word(TAPE_ITEMS) >>> 3) + i] as number;
  }

  status(i: number): number {
    return this.heap.i32[(this.word(TAPE_STATUS) >>> 2) + i] as number;
  }

  group(i: number): number {
    const address = this.word(TAPE_ATOMIC);
    return address === 0 ? 0 : (this.heap.i32[(address >>> 2) + i] as number);
  }

  /** Each packet's dependencies, absolute and descending. */
  dependencies(): number[][] {
    const counts = this.word(TAPE_DEP_COUNTS);
    let at = this.word(TAPE_DEPS) >>> 3;
    return Array.from({ length: this.count }, (_, i) => {
      if (counts === 0) return [];
      const seq = this.seq(i);
      const n = this.heap.i32[(counts >>> 2) + i] as number;
      return Array.from({ length: n }, () => seq - (this.heap.f64[at++] as number));
    });
  }

  messages(): string[] {
    const out = new Array<string>(this.count).fill('');
    const k = this.word(TAPE_MESSAGES);
    if (k === 0) return out;
    const { i32, u32 } = this.heap;
    const index = this.word(TAPE_MESSAGE_INDEX) >>> 2;
    const lengths = this.word(TAPE_MESSAGE_LENGTHS) >>> 2;
    const texts = decodeText(this.frame, this.word(TAPE_MESSAGE_TEXT), this.word(TAPE_MESSAGE_BYTES), u32, lengths, k);
    for (const [j, text] of texts.entries()) out[i32[index + j] as number] = text;
    return out;
  }

  /**
   * Makes all records.
   *
   * @throws {DecodeError} `out_of_range`, where values are bad and are not to be marked.
   */
  packets(): ReadPacket[] {
    const materialiser = new Materialiser({
      heap: this.heap,
      frame: this.frame,
      tail: this.word(TAPE_TAIL),
      copyBytes: this.options.copyBytes ?? false,
      jsonDepth: this.options.limits?.json ?? defaultLimits.json,
      jit: this.jit,
    });
    const groups = this.groups(materialiser);
    this.judgeValues(materialiser.badJson);
    return Array.from({ length: this.count }, (_, i) => {
      const route = this.route(i);
      const items = this.items(i);
      const group = groups.get(route);
      const mark = this.markOf(route, group);
      if (mark !== undefined) return { route, records: [], mark, items };
      if (group === undefined || items === 0) return { route, records: [] };
      const records = group.records.slice(group.next, group.next + items);
      const issues = issuesOf(group.issues, group.next, items);
      group.next += items;
      return issues.length === 0 ? { route, records } : { route, records: [], issues };
    });
  }

  private groups(materialiser: Materialiser): Map<number, ReadGroup> {
    const { u32 } = this.heap;
    const groups = new Map<number, ReadGroup>();
    const start = this.word(TAPE_GROUP_RECORDS) >>> 2;
    for (let g = 0; g < this.word(TAPE_GROUPS); g++) {
      const group = start + g * GROUP_WORDS;
      const route = u32[group + GROUP_ROUTE] as number;
      const state = u32[group + GROUP_STATE] as number;
      const records = state === GROUP_READ ? materialiser.records(this.table.get(route) as RecordShape, group) : [];
      groups.set(route, { state, records, issues: state === GROUP_READ ? materialiser.issues : noIssues, next: 0 });
    }
    return groups;
  }

  private judgeValues(badJson: number): void {
    if (this.options.invalidValues === 'mark') return;
    const offset = Math.min(badJson, this.word(TAPE_BAD_OFFSET) || Number.POSITIVE_INFINITY);
    if (Number.isFinite(offset)) throw refusalOf(OUT_OF_RANGE, offset);
  }

  private markOf(route: number, group: ReadGroup | undefined): Mark | undefined {
    if (group?.state === GROUP_MISMATCH) return 'contract_mismatch';
    if (group?.state === GROUP_UNSUPPORTED || !this.table.has(route)) return 'unsupported';
    return undefined;
  }

  private word(index: number): number {
    return this.heap.u32[this.tape + index] as number;
  }
}

interface ReadGroup {
  readonly state: number;
  readonly records: readonly unknown[];
  readonly issues: ReadonlyMap<number, readonly Issue[]>;
  /** Index of the first record that no packet has taken. */
  next: number;
}

const noIssues: ReadonlyMap<number, readonly Issue[]> = new Map();

/** The issues of records `start` … `start + items`, with paths that begin at the packet's first record. */
function issuesOf(issues: ReadonlyMap<number, readonly Issue[]>, start: number, items: number): Issue[] {
  const own: Issue[] = [];
  if (issues.size === 0) return own;
  for (let record = start; record < start + items; record++) {
    for (const { path, message } of issues.get(record) ?? []) {
      own.push({ path: [record - start, ...path.slice(1)], message });
    }
  }
  return own;
}

function hex(word: number): string {
  return word.toString(16).padStart(8, '0');
}
