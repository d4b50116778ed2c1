import { BAD_COUNT, CELL_CODE, CELL_OFFSET, LIMIT, OUT_OF_MEMORY, OVERLONG_VARINT, TRUNCATED } from './protocol';
import { take } from './memory';

// A cursor over the frame in the arena that never leaves its window: the frame before `check`, or a group's columns.
//
// A refusal writes code and offset into their cells and traps: JavaScript catches that and reads them. Returning a code
// through every call instead cost a fifth of the module. Nothing outlives a refusal: `open` sets up all there is.
//
// Not every engine copies a function into its callers. Where each column comes by they are copied here (`inline.always`): a
// frame of one record is judged in 476 ns instead of 565 (Node 20).

/** A number is safe in JavaScript when it has no bits above these. */
export const SAFE_BITS: u64 = 53;
export const MAX_SAFE: i64 = 9007199254740991;

/** First byte of the frame; offsets count from here. */
export let input: usize = 0;
export let at: usize = 0;
/** End of the window. */
export let end: usize = 0;
/** What is left of the budget of values (A.8). */
export let budget: u64 = 0;
/** The longest string allowed, in UTF-16 units. */
export let maxUnits: i64 = 0;
/** Offset of the first column with a value that its type does not allow; 0 for none. */
export let badOffset: u32 = 0;

/** Where the number or the column of ints that was read last begins: most faults are reported there. */
export let mark: usize = 0;

export function open(address: usize, length: usize): void {
  input = address;
  at = address + 2;
  end = address + length;
  badOffset = 0;
}

export function setBudget(values: u64, units: i64): void {
  budget = values;
  maxUnits = units;
}

export function setWindow(windowEnd: usize): void {
  end = windowEnd;
}

export function moveTo(address: usize): void {
  at = address;
}

export function setMark(address: usize): void {
  mark = address;
}

export function setBadOffset(first: u32): void {
  badOffset = first;
}

/** Refuses the frame for what begins at an address. Does not return. */
export function refuse(why: i32, address: usize): void {
  store<i32>(CELL_CODE, why);
  store<u32>(CELL_OFFSET, <u32>(address - input));
  unreachable();
}

/** Refuses the frame for what was read last. Does not return. */
export function fault(why: i32): void {
  refuse(why, mark);
}

/** Takes space in the arena. */
export function allot(bytes: u64): usize {
  const address = take(bytes);
  if (address == 0) refuse(OUT_OF_MEMORY, input);
  return address;
}

/** Takes so many values off the budget, before the column that begins here is read. */
export function charge(values: u64): void {
  if (values > budget) refuse(LIMIT, at);
  budget -= values;
}

/** Takes a raw run of that many bytes. */
export function raw(bytes: u64): usize {
  const start = at;
  if (bytes > <u64>(end - start)) refuse(TRUNCATED, start);
  at += <usize>bytes;
  return start;
}

export function byte(): u32 {
  return load<u8>(raw(1));
}

export function varint(): u64 {
  let place = at;
  mark = place;
  let bits: u64 = 0;
  let shift: u64 = 0;
  let next: u64;
  do {
    if (place >= end) fault(TRUNCATED);
    next = load<u8>(place++);
    bits |= (next & 127) << shift;
    shift += 7;
  } while (next > 127 && shift < 70);
  // The tenth byte holds bit 63 alone; a last byte of 0 says that the form is not the shortest.
  if (next == 0 ? shift > 7 : shift == 70 && next > 1) fault(OVERLONG_VARINT);
  at = place;
  return bits;
}

/** A varint that counts something: refused from 2^53 on. */
export function count(): u64 {
  const counted = varint();
  if (counted >> SAFE_BITS != 0) fault(BAD_COUNT);
  return counted;
}
