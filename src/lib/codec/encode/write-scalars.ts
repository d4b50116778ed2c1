import {
  LIMIT_JSON_DEPTH,
  OP_BOOL,
  OP_DATE,
  OP_ENUM,
  OP_F64,
  OP_I64,
  OP_JSON,
  OP_STRING,
  OP_SYMBOL,
  OP_UNIXID,
  SLOT_SECOND,
  SLOT_VALUES,
} from '../../../../assembly/protocol.ts';
import { isShallow, jsonTextOf } from '../json-text.ts';
import type { Kernels } from '../kernels.ts';
import type { Column } from '../plan.ts';
import { parsed, parseUnixid } from '../unixid-text.ts';
import { type Range, ranges } from './ranges.ts';
import { takeColumn } from './take-column.ts';
import { Ungatherable } from './ungatherable.ts';
import { writeStrings } from './write-strings.ts';
import { writeSymbols } from './write-symbols.ts';

/**
 * Judges the n > 0 values of a scalar column and writes them into the arena; blobs and files are gathered with the records
 * that hold them.
 *
 * @param slot Word index of the column's slot, whose count is set.
 * @throws {Ungatherable}
 */
export function writeScalars(
  kernels: Kernels,
  { op, literals }: Column,
  values: readonly unknown[],
  slot: number,
): void {
  switch (op) {
    case OP_BOOL:
      writeBools(kernels, values, slot);
      break;
    case OP_DATE:
      writeDates(kernels, values, slot);
      break;
    case OP_I64:
      writeBigints(kernels, values, slot);
      break;
    case OP_F64:
      writeFloats(kernels, values, slot);
      break;
    case OP_STRING:
      writeStrings(kernels, values, slot);
      break;
    case OP_SYMBOL:
      writeSymbols(kernels, values, slot);
      break;
    case OP_ENUM:
      writeEnums(kernels, values, slot, literals);
      break;
    case OP_UNIXID:
      writeUnixids(kernels, values, slot);
      break;
    case OP_JSON:
      writeJson(kernels, values, slot);
      break;
    default:
      writeWholes(kernels, op, values, slot);
  }
}

function writeEnums(kernels: Kernels, values: readonly unknown[], slot: number, literals: readonly string[]): void {
  const at = takeColumn(kernels, slot, SLOT_VALUES, 4 * values.length) >>> 2;
  const { i32 } = kernels.heap;
  for (let i = 0; i < values.length; i++) {
    const place = literals.indexOf(values[i] as string);
    if (place < 0) throw new Ungatherable();
    i32[at + i] = place;
  }
}

function writeBools(kernels: Kernels, values: readonly unknown[], slot: number): void {
  const at = takeColumn(kernels, slot, SLOT_VALUES, values.length);
  const { u8 } = kernels.heap;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (typeof value !== 'boolean') throw new Ungatherable();
    u8[at + i] = value ? 1 : 0;
  }
}

function writeWholes(kernels: Kernels, op: number, values: readonly unknown[], slot: number): void {
  const [least, most] = ranges[op] as Range;
  const isWide = most > 0xffffffff;
  const at = takeColumn(kernels, slot, SLOT_VALUES, (isWide ? 8 : 4) * values.length) >>> (isWide ? 3 : 2);
  const column = isWide ? kernels.heap.f64 : kernels.heap.i32;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    // Written so that NaN, strings and fractions fail too.
    if (!(Number.isInteger(value) && value >= least && value <= most)) throw new Ungatherable();
    // + 0 makes 0 of -0.
    column[at + i] = value + 0;
  }
}

function writeDates(kernels: Kernels, values: readonly unknown[], slot: number): void {
  const at = takeColumn(kernels, slot, SLOT_VALUES, 8 * values.length) >>> 3;
  const { f64 } = kernels.heap;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    const ms = value instanceof Date ? value.getTime() : Number.NaN;
    if (Number.isNaN(ms)) throw new Ungatherable();
    f64[at + i] = ms;
  }
}

function writeBigints(kernels: Kernels, values: readonly unknown[], slot: number): void {
  const at = takeColumn(kernels, slot, SLOT_VALUES, 8 * values.length) >>> 3;
  const { i64 } = kernels.heap;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (typeof value !== 'bigint' || BigInt.asIntN(64, value) !== value) throw new Ungatherable();
    i64[at + i] = value;
  }
}

function writeFloats(kernels: Kernels, values: readonly unknown[], slot: number): void {
  const at = takeColumn(kernels, slot, SLOT_VALUES, 8 * values.length) >>> 3;
  const { f64 } = kernels.heap;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (typeof value !== 'number') throw new Ungatherable();
    f64[at + i] = value;
  }
}

function writeJson(kernels: Kernels, values: readonly unknown[], slot: number): void {
  const texts = values.map((value) => {
    const text = jsonTextOf(value);
    if (text === null || !isShallow(text, LIMIT_JSON_DEPTH)) throw new Ungatherable();
    return text;
  });
  writeStrings(kernels, texts, slot);
}

function writeUnixids(kernels: Kernels, values: readonly unknown[], slot: number): void {
  // Word indices: an i64 is its low word, then its high one, in the memory of every engine.
  const ticks = takeColumn(kernels, slot, SLOT_VALUES, 8 * values.length) >>> 2;
  const nodes = takeColumn(kernels, slot, SLOT_SECOND, 8 * values.length) >>> 2;
  const { u32 } = kernels.heap;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (typeof value !== 'string' || !parseUnixid(value)) throw new Ungatherable();
    u32[ticks + 2 * i] = parsed[0] as number;
    u32[ticks + 2 * i + 1] = parsed[1] as number;
    u32[nodes + 2 * i] = parsed[2] as number;
    u32[nodes + 2 * i + 1] = parsed[3] as number;
  }
}
