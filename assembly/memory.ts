import { CELL_BASE, CELL_TOP, MARGIN } from './protocol';

// The arena. Addresses are bytes from the begin of the module's memory; protocol.ts has the numbers.
//
//   0       16      1024             9216              base                top            memory's end
//   | never | cells | route records  | installed words | columns of a call | zeros        |
//
// Everything from `top` on is zero at any time: taking space costs an addition, and `clear` pays for what a call used.
// JavaScript fills the space of installed words and moves `base` (src/lib/codec/wasm.ts); nothing here changes it.

const PAGE_BITS: u64 = 16;

/** Frees and wipes what the last call took. */
export function clear(): void {
  const base = load<u32>(CELL_BASE);
  memory.fill(base, 0, load<u32>(CELL_TOP) - base);
  store<u32>(CELL_TOP, base);
}

/** For JavaScript, whose numbers may be any: made whole they saturate, far beyond what there is. */
export function reserve(bytes: f64): usize {
  return take(<u64>(<i64>bytes));
}

/** Space of zeros at a multiple of 8; 0 where memory has reached its maximum. @param bytes Below 2^63. */
export function take(bytes: u64): usize {
  const address = load<u32>(CELL_TOP);
  const end = <u64>address + bytes;
  if (end > room() && !grow(end)) return 0;
  takeTo(<usize>end);
  return address;
}

/** How far space can be taken without growing. */
export function room(): u64 {
  return ((<u64>memory.size()) << PAGE_BITS) - MARGIN;
}

/** Makes sure of memory up to the address `end`, without taking it. */
export function grow(end: u64): bool {
  const pages = memory.size();
  const wanted = (end + MARGIN) >> PAGE_BITS;
  // A quarter more than is asked for, and half a MiB: each growth detaches JavaScript's views. Never beyond the maximum
  // of asconfig.json, nor by a number of pages that 32 bits do not hold.
  return wanted >> 16 == 0 && memory.grow(<i32>wanted - pages + (pages >> 2) + 8) >= 0;
}

/** What stands up to `end` belongs to the call from now on. */
export function takeTo(end: usize): void {
  store<u32>(CELL_TOP, (end + 7) & ~7);
}
