import { CELL_TOP, OUT_OF_MEMORY } from './protocol';
import { grow, room, takeTo } from './memory';
import { refuse } from './reader';

// Appends to the arena behind everything that was taken there. The frame is the last thing in the arena, so it grows in
// place; behind it is room to work out the next column. Where memory has reached its maximum, the writing is refused as
// the reading is.

export let to: usize = 0;
/** The furthest that was written or made room for; it all belongs to the call, or it would not be wiped. */
let reached: usize = 0;

export function openOutput(): void {
  to = load<u32>(CELL_TOP);
  reached = to;
}

export function closeOutput(): void {
  takeTo(reached);
}

export function moveOutput(address: usize): void {
  to = address;
}

/** Makes sure of so many bytes; whole words may be stored past them. */
export function ensure(bytes: u64): void {
  const end = <u64>to + bytes + 8;
  if (end > room() && !grow(end)) {
    closeOutput();
    refuse(OUT_OF_MEMORY, to);
  }
  if (<usize>end > reached) reached = <usize>end;
}

/** Writes a byte; room was made sure of. */
export function putByte(content: u32): void {
  store<u8>(to, <u8>content);
  to++;
}

/** Writes a varint of at most ten bytes; room was made sure of. */
export function putVarint(content: u64): void {
  let at = to;
  for (; content > 127; content >>= 7) store<u8>(at++, <u8>content | 128);
  store<u8>(at, <u8>content);
  to = at + 1;
}

/** Copies bytes from elsewhere in the arena. */
export function putCopy(from: usize, bytes: u32): void {
  ensure(bytes);
  memory.copy(to, from, bytes);
  to += bytes;
}
