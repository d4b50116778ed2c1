import {
  BAD_COUNT,
  BAD_LENGTH,
  BAD_MODE,
  OP_BOOL,
  OP_BYTES,
  OP_DATE,
  OP_ENUM,
  OP_F64,
  OP_FILE,
  OP_I8,
  OP_I16,
  OP_I32,
  OP_I64,
  OP_INT,
  OP_JSON,
  OP_LIST,
  OP_NULLABLE,
  OP_OPTIONAL,
  OP_STRING,
  OP_STRUCT,
  OP_SYMBOL,
  OP_TIMESTAMP,
  OP_U8,
  OP_U16,
  OP_U32,
  OP_UNIXID,
  SLOT_COUNT,
  SLOT_EXTRA,
  SLOT_OFFSET,
  SLOT_SECOND,
  SLOT_TEXT,
  SLOT_VALUES,
  SLOT_WORDS,
} from '../../../../assembly/protocol.ts';
import { readBits } from './bits.ts';
import { readFloats } from './floats.ts';
import { unpack32, unpack64, unpackF64 } from './ints.ts';
import { mark32, markBad, markF64, readCounts } from './judge.ts';
import { MAX_SAFE, type Reader } from './reader.ts';
import { refuse } from './refusal.ts';
import { readStringColumn, readSymbolColumn } from './strings.ts';

const MAX_DATE_MS = 8.64e15;
/** The children of a `file`. */
const FILE_FIELDS = 5;

/**
 * Reads the column of n values of a type node, and those of the nodes below it, into their slots.
 *
 * @param node Index of the node in the shape, and of its slot.
 * @param weight What each value costs of the budget: 1, or 0 inside of a `file`, which has paid for its columns.
 * @returns The index of the node after it and all below it.
 */
export function readColumn(r: Reader, node: number, n: number, weight: number): number {
  const word = r.arena.u32[r.nodes + node] as number;
  const op = word & 255;
  // A recursion of at most 17 levels: shapes are no deeper (A.8).
  const slot = r.slots + node * SLOT_WORDS;
  r.arena.u32[slot + SLOT_COUNT] = n;
  r.arena.u32[slot + SLOT_OFFSET] = r.at;
  switch (op) {
    case OP_STRUCT:
      return readFields(r, node + 1, word >>> 8, n, weight);
    case OP_FILE:
      r.charge(12 * n * weight);
      return readFields(r, node + 1, FILE_FIELDS, n, 0);
    case OP_OPTIONAL:
    case OP_NULLABLE:
      r.charge(n * weight);
      return readColumn(r, node + 1, n === 0 ? 0 : readPresence(r, n, slot), weight);
    case OP_LIST:
      r.charge(n * weight);
      return readColumn(r, node + 1, n === 0 ? 0 : readListCounts(r, n, slot), weight);
    case OP_BYTES:
      r.charge(8 * n * weight);
      break;
    default:
      r.charge(n * weight);
  }
  if (n > 0) readScalars(r, op, word >>> 8, n, slot);
  return node + 1;
}

function readFields(r: Reader, first: number, count: number, n: number, weight: number): number {
  let node = first;
  for (let i = 0; i < count; i++) node = readColumn(r, node, n, weight);
  return node;
}

function readScalars(r: Reader, op: number, argument: number, n: number, slot: number): void {
  switch (op) {
    case OP_BOOL: {
      const address = readBits(r, n);
      r.arena.u32[slot + SLOT_VALUES] = address;
      return;
    }
    case OP_U8:
      read32(r, n, slot, 0, 0xff);
      return;
    case OP_U16:
      read32(r, n, slot, 0, 0xffff);
      return;
    case OP_U32:
      read32(r, n, slot, 0, 0xffffffff);
      return;
    case OP_I8:
      read32(r, n, slot, -0x80, 0x7f);
      return;
    case OP_I16:
      read32(r, n, slot, -0x8000, 0x7fff);
      return;
    case OP_I32:
      read32(r, n, slot, -0x80000000, 0x7fffffff);
      return;
    case OP_ENUM:
      read32(r, n, slot, 0, argument - 1);
      return;
    case OP_INT:
    case OP_TIMESTAMP:
      readF64(r, n, slot, MAX_SAFE);
      return;
    case OP_DATE:
      readF64(r, n, slot, MAX_DATE_MS);
      return;
    case OP_F64:
      readFloats(r, n, slot);
      return;
    case OP_I64: {
      const address = read64(r, n);
      r.arena.u32[slot + SLOT_VALUES] = address;
      return;
    }
    case OP_UNIXID:
      readUnixids(r, n, slot);
      return;
    case OP_STRING:
    case OP_JSON:
      readStringColumn(r, n, slot);
      return;
    case OP_SYMBOL:
      readSymbolColumn(r, n, slot);
      return;
    case OP_BYTES:
      readBlobs(r, n, slot);
  }
}

function read32(r: Reader, n: number, slot: number, min: number, max: number): void {
  r.intsHead(n);
  const address = r.arena.take(4 * n);
  r.arena.u32[slot + SLOT_VALUES] = address;
  unpack32(r, n, address);
  mark32(r, n, slot, address, min, max);
}

function readF64(r: Reader, n: number, slot: number, max: number): void {
  r.intsHead(n);
  const address = r.arena.take(8 * n);
  r.arena.u32[slot + SLOT_VALUES] = address;
  unpackF64(r, n, address);
  markF64(r, n, slot, address, max);
}

function read64(r: Reader, n: number): number {
  r.intsHead(n);
  const address = r.arena.take(8 * n);
  unpack64(r, n, address);
  return address;
}

function readUnixids(r: Reader, n: number, slot: number): void {
  const ticks = read64(r, n);
  const nodes = read64(r, n);
  r.arena.u32[slot + SLOT_VALUES] = ticks;
  r.arena.u32[slot + SLOT_SECOND] = nodes;
  let { i32 } = r.arena;
  const tick = ticks >>> 2;
  const node = nodes >>> 2;
  for (let i = 0; i < 2 * n; i += 2) {
    const high = i32[tick + i + 1] as number;
    if ((high > 0 || (high === 0 && i32[tick + i] !== 0)) && (i32[node + i + 1] as number) >= 0) continue;
    markBad(r, slot, i >>> 1);
    i32 = r.arena.i32;
    i32[tick + i] = 0;
    i32[tick + i + 1] = 0;
    i32[node + i] = 0;
    i32[node + i + 1] = 0;
  }
}

/** @returns How many of the n values are present. */
function readPresence(r: Reader, n: number, slot: number): number {
  const start = r.at;
  const mode = r.byte();
  if (mode > 2) refuse(BAD_MODE, start);
  let present = mode === 1 ? n : 0;
  let address: number;
  if (mode === 2) {
    address = readBits(r, n);
    present = r.sum;
    if (present === 0 || present === n) refuse(BAD_MODE, start);
  } else {
    address = r.arena.take(n);
    if (mode === 1) r.arena.u8.fill(1, address, address + n);
  }
  r.arena.u32[slot + SLOT_VALUES] = address;
  r.arena.u32[slot + SLOT_EXTRA] = present;
  return present;
}

/** @returns How many elements the n lists have. */
function readListCounts(r: Reader, n: number, slot: number): number {
  const start = r.at;
  const address = readCounts(r, n);
  if (r.sum > MAX_SAFE) refuse(BAD_COUNT, start);
  r.arena.u32[slot + SLOT_VALUES] = address;
  r.arena.u32[slot + SLOT_EXTRA] = r.sum;
  return r.sum;
}

function readBlobs(r: Reader, n: number, slot: number): void {
  const start = r.at;
  const address = readCounts(r, n);
  if (r.sum > r.tailLeft) refuse(BAD_LENGTH, start);
  r.arena.u32[slot + SLOT_VALUES] = address;
  r.arena.u32[slot + SLOT_TEXT] = r.tailAt;
  r.tailLeft -= r.sum;
  r.tailAt += r.sum;
}
