import { reach, takeTo, topOf } from './memory';

// Appends to the arena behind everything that was taken there. The frame is the last thing in the arena, so it grows in
// place. Functions that need room return false where memory has reached its maximum.

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
export function ensure(bytes: u64): bool {
  return reach(<u64>to + bytes + 8);
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

export function putSvarint(content: i64): void {
  putVarint((content << 1) ^ (content >> 63));
}

/** Copies bytes from elsewhere in the arena. */
export function putCopy(from: usize, bytes: u32): bool {
  if (!ensure(bytes)) return false;
  memory.copy(to, from, bytes);
  to += bytes;
  return true;
}
