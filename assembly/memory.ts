// The arena. Addresses are bytes from the begin of the module's memory.
//
//   0            __heap_base        base              top            memory's end
//   | static data | installed words | columns of a call | zeros        |
//
// Everything from `top` on is zero at any time: taking space costs an addition, and `clear` pays for what a call used.
// Space for the words of shapes is bounded; when it is full it is emptied, and `generation` tells who holds addresses.

/** Loads and stores of eight bytes may reach past the last value: there is always room behind it. */
const MARGIN: u64 = 16;
/** Some 100 000 fields. */
const INSTALLED_BYTES: usize = 1 << 22;
const PAGE_BITS: u64 = 16;
const SPARE_PAGES: i32 = 64;

let base: usize = (__heap_base + 7) & ~7;
let top: usize = base;
let emptied: u32 = 0;

export function generation(): u32 {
  return emptied;
}

/** Takes space for words that stay; 0 where there is none. What the last call left is wiped. */
export function install(bytes: u32): usize {
  clear();
  const lowest = (__heap_base + 7) & ~7;
  if (base > lowest && base - lowest + bytes > INSTALLED_BYTES) {
    memory.fill(lowest, 0, base - lowest);
    base = lowest;
    top = lowest;
    emptied++;
  }
  const address = take(bytes);
  base = top;
  return address;
}

/** Frees and wipes what the last call took. */
export function clear(): void {
  memory.fill(base, 0, top - base);
  top = base;
}

/** Space of zeros at a multiple of 8; 0 where memory has reached its maximum. */
export function take(bytes: u64): usize {
  const address = top;
  if (!reach(<u64>address + bytes)) return 0;
  top = <usize>((<u64>address + bytes + 7) & ~7);
  return address;
}

/** As `take`, with a length that JavaScript has as a number. */
export function reserve(bytes: u32): usize {
  return take(bytes);
}

/** Makes sure of memory up to the address `end`, without taking it. */
export function reach(end: u64): bool {
  const size = (<u64>memory.size()) << PAGE_BITS;
  if (end + MARGIN <= size) return true;
  // Four MiB more each time than is asked for: each growth detaches JavaScript's views. Never beyond 512 MiB: asconfig.json.
  return memory.grow(<i32>((end + MARGIN - size) >> PAGE_BITS) + SPARE_PAGES) >= 0;
}

export function topOf(): usize {
  return top;
}

/** For what was written behind `top`: it belongs to the call from now on. */
export function takeTo(end: usize): void {
  top = (end + 7) & ~7;
}
