import { BAD_COUNT, BAD_MODE, LIMIT, OUT_OF_MEMORY, OVERLONG_VARINT, TRUNCATED } from './protocol';
import { take } from './memory';

// A cursor over the frame in the arena that never leaves its window: the frame before `check`, or a group's columns.
// Every function that can refuse the frame returns false then, with code and offset in the status cell.

export const MAX_SAFE: u64 = 9007199254740991;

/** The status cell. */
export let code: i32 = 0;
export let offset: u32 = 0;

/** First byte of the frame; offsets count from here. */
export let input: usize = 0;
export let at: usize = 0;
/** End of the window. */
export let end: usize = 0;
/** What is left of the budget of values (A.8). */
export let budget: u64 = 0;
/** The longest string allowed, in UTF-16 units. */
export let maxUnits: u64 = 0;
/** Offset of the first column with a value that its type does not allow; 0 for none. */
export let badOffset: u32 = 0;

/** What was read last: a varint, a byte, the begin of a run. */
export let value: u64 = 0;
export let run: usize = 0;

// The ints column whose head was read last (A.5): value i is base + offset i, offsets are `width` bytes from `run` on.
export let width: u32 = 0;
export let base: i64 = 0;

export function open(address: usize, length: u32, checkBytes: u32): void {
  input = address;
  at = address + 2;
  end = address + length - checkBytes;
  code = 0;
  offset = 0;
  badOffset = 0;
}

export function setBudget(values: u64, units: u64): void {
  budget = values;
  maxUnits = units;
}

export function setWindow(windowEnd: usize): void {
  end = windowEnd;
}

export function moveTo(address: usize): void {
  at = address;
}

export function setBadOffset(first: u32): void {
  badOffset = first;
}

/** Refuses the frame for what begins at an address. */
export function refuse(why: i32, address: usize): bool {
  code = why;
  offset = <u32>(address - input);
  return false;
}

/** Takes space in the arena into `run`. */
export function allot(bytes: u64): bool {
  const address = take(bytes);
  if (address == 0) {
    code = OUT_OF_MEMORY;
    offset = 0;
    return false;
  }
  run = address;
  return true;
}

/** Takes so many values off the budget, before the column that begins here is read. */
export function charge(values: u64): bool {
  if (values > budget) return refuse(LIMIT, at);
  budget -= values;
  return true;
}

/** Takes a raw run of that many bytes into `run`. */
export function raw(bytes: u64): bool {
  if (bytes > <u64>(end - at)) return refuse(TRUNCATED, at);
  run = at;
  at += <usize>bytes;
  return true;
}

/** Reads a byte into `value`. */
export function byte(): bool {
  if (at >= end) return refuse(TRUNCATED, at);
  value = load<u8>(at);
  at++;
  return true;
}

/** Reads a varint into `value`. */
export function varint(): bool {
  if (at < end) {
    const first = <u64>load<u8>(at);
    if (first < 128) {
      value = first;
      at++;
      return true;
    }
  }
  return longVarint();
}

/** Reads a varint that counts something: refused from 2^53 on. */
export function count(): bool {
  const start = at;
  if (!varint()) return false;
  return value <= MAX_SAFE || refuse(BAD_COUNT, start);
}

/** Reads the head of an ints column of n > 0 values. The run is judged, so that n values may be made of it. */
export function intsHead(n: u32): bool {
  if (n == 1) {
    width = 0;
    if (!signed()) return false;
    run = at;
    return true;
  }
  if (!byte()) return false;
  if (value > 8) return refuse(BAD_MODE, at - 1);
  width = <u32>value;
  return signed() && raw(<u64>n * width);
}

function signed(): bool {
  if (!varint()) return false;
  base = <i64>(value >> 1) ^ -(<i64>(value & 1));
  return true;
}

function longVarint(): bool {
  const start = at;
  let bits: u64 = 0;
  for (let i: u32 = 0; start + i < end; i++) {
    const next = <u64>load<u8>(start + i);
    // The tenth byte holds bit 63 alone; a last byte of 0 says that the form is not the shortest.
    if ((i == 9 && next > 1) || (next == 0 && i > 0)) return refuse(OVERLONG_VARINT, start);
    bits |= (next & 127) << (7 * i);
    if (next < 128) {
      value = bits;
      at = start + i + 1;
      return true;
    }
  }
  return refuse(TRUNCATED, start);
}
