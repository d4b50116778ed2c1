import { OUT_OF_MEMORY } from './protocol';
import { reach, takeTo, topOf } from './memory';
import { refuse } from './reader';

// Appends to the arena behind everything that was taken there. The frame is the last thing in the arena, so it grows in
// place. Where memory has reached its maximum, the writing is refused as the reading is.

export let to: usize = 0;

export function openOutput(): void {
  to = topOf();
}

export function closeOutput(): void {
  takeTo(to);
}

export function moveOutput(address: usize): void {
  to = address;
}

/** Makes sure of so many bytes; whole words may be stored past them. */
export function ensure(bytes: u64): void {
  if (reach(<u64>to + bytes + 8)) return;
  // What was written belongs to the call, or it would not be wiped.
  closeOutput();
  refuse(OUT_OF_MEMORY, to);
}

/** Writes a byte; room was made sure of. */
export function putByte(content: u32): void {
  store<u8>(to, <u8>content);
  to++;
}

/** Writes a varint of at most ten bytes; room was made sure of. */
export function putVarint(content: u64): void {
  let left = content;
  while (left > 127) {
    store<u8>(to, <u8>(left | 128));
    to++;
    left >>= 7;
  }
  putByte(<u32>left);
}

/** Copies bytes from elsewhere in the arena. */
export function putCopy(from: usize, bytes: u32): void {
  ensure(bytes);
  memory.copy(to, from, bytes);
  to += bytes;
}
