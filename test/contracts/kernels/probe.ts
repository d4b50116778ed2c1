import * as wire from '../../../assembly/protocol.ts';
import type { Kernels } from '../../../src/lib/codec/kernels.ts';
import { installSchema } from '../../../src/lib/codec/program.ts';
import type { ShapeTable } from '../../../src/lib/contract/field.ts';
import { defaultLimits } from '../../../src/lib/limits.ts';

/** Kernels with eyes: decodes, and looks at what stands on the tape. */
export class Probe {
  readonly kernels: Kernels;
  /** Word index of the last tape. */
  tape = 0;

  constructor(kernels: Kernels) {
    this.kernels = kernels;
  }

  /** @returns The tape's address, 0 when refused. */
  decode(frame: Uint8Array, table: ShapeTable, limits = {}, kind = (frame[1] as number) & 15): number {
    installSchema(this.kernels, table);
    this.kernels.begin();
    return this.read(frame, table, limits, kind);
  }

  /** As `decode`, in a call that has begun and with a table that is installed. */
  read(frame: Uint8Array, table: ShapeTable, limits = {}, kind = (frame[1] as number) & 15): number {
    const routes = installSchema(this.kernels, table);
    const address = this.kernels.decode(frame, kind, routes, { ...defaultLimits, ...limits });
    this.tape = address >>> 2;
    return address;
  }

  /** Code and offset of the last frame's refusal; kernels need not clear those of an earlier one. */
  get refusal(): [code: number, offset: number] {
    return this.tape === 0 ? [this.kernels.errorCode, this.kernels.errorOffset] : [wire.OK, 0];
  }

  word(index: number): number {
    return this.kernels.heap.u32[index] as number;
  }

  get badOffset(): number {
    return this.word(this.tape + wire.TAPE_BAD_OFFSET);
  }

  get charged(): number {
    return this.kernels.heap.f64[(this.tape + wire.TAPE_CHARGED_F64) >>> 1] as number;
  }

  /** A word of the i-th group's record. */
  group(i: number, index: number): number {
    return this.word((this.word(this.tape + wire.TAPE_GROUP_RECORDS) >>> 2) + i * wire.GROUP_WORDS + index);
  }

  /** States of all groups. */
  get states(): number[] {
    const count = this.word(this.tape + wire.TAPE_GROUPS);
    return Array.from({ length: count }, (_, i) => this.group(i, wire.GROUP_STATE));
  }

  /** A word of a slot of the first group. */
  slot(node: number, index: number): number {
    return this.word((this.group(0, wire.GROUP_SLOTS) >>> 2) + node * wire.SLOT_WORDS + index);
  }

  /** Which values of a column of the first group are marked; [] where none is. */
  bad(node: number): number[] {
    const address = this.slot(node, wire.SLOT_BAD);
    if (address === 0) return [];
    return [...this.kernels.heap.u8.subarray(address, address + this.slot(node, wire.SLOT_COUNT))];
  }

  /** A column of the first group. */
  column(node: number, view: 'u8' | 'i32' | 'u32' | 'f64' | 'i64', index = wire.SLOT_VALUES): (number | bigint)[] {
    const values = this.kernels.heap[view];
    const from = this.slot(node, index) / values.BYTES_PER_ELEMENT;
    return [...values.subarray(from, from + this.slot(node, wire.SLOT_COUNT))];
  }
}
