import type { Arena } from './arena.ts';

/** Letters are written four at a time. */
export const LETTERS_MARGIN = 4;
/** In each of four bytes the bit that no ASCII byte has. */
const NOT_ASCII = 0x80808080;
/** Below so many a view costs more than bytes one by one. */
const FEW_BYTES = 256;

/**
 * Turns a run of UTF-8 that is valid into Latin-1, a byte for each letter.
 *
 * @returns Whether all of it could be.
 */
export function writeLatin1(frame: Uint8Array, offset: number, bytes: number, arena: Arena, address: number): boolean {
  const { u8, view } = arena;
  const end = offset + bytes;
  let i = offset;
  let k = address;
  if (bytes >= FEW_BYTES) {
    const from = new DataView(frame.buffer, frame.byteOffset);
    while (i + 5 <= end) {
      const four = from.getUint32(i, true);
      view.setUint32(k, four, true);
      const high = four & NOT_ASCII;
      // So many of the four are ASCII; what was written of the others is written over.
      const ascii = high === 0 ? 4 : (31 - Math.clz32(high & -high)) >>> 3;
      i += ascii;
      k += ascii;
      if (high === 0) continue;
      const letter = letterAt(frame, i);
      if (letter < 0) return false;
      u8[k++] = letter;
      i += 2;
    }
  }
  while (i < end) {
    const byte = frame[i] as number;
    const letter = byte < 0x80 ? byte : letterAt(frame, i);
    if (letter < 0) return false;
    u8[k++] = letter;
    i += byte < 0x80 ? 1 : 2;
  }
  return true;
}

/** The letter of Latin-1 that two bytes of UTF-8 are; -1: none, or one that browsers take for another. */
function letterAt(frame: Uint8Array, i: number): number {
  const byte = frame[i] as number;
  const letter = ((byte & 3) << 6) | ((frame[i + 1] as number) & 63);
  return byte > 0xc3 || letter < 0xa0 ? -1 : letter;
}
