// Bytes of a frame are valid UTF-8 by the time they are decoded. A byte order mark is a character like others.
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
const windows1252 = new TextDecoder('latin1');

/** What Node's Buffer offers beyond Uint8Array; absent in browsers. */
interface Latin1Slicing {
  latin1Slice(start: number, end: number): string;
}
const latin1Slice = (globalThis as { Buffer?: { prototype: Latin1Slicing } }).Buffer?.prototype.latin1Slice;

/** A frame of up to so many bytes becomes one text, whose pieces keep it in memory. */
const SMALL_BYTES = 2048;
/** Stays between calls, wiped; a column with more of other letters gets room of its own. */
const ROOM_BYTES = 1 << 14;
const room = new Uint8Array(ROOM_BYTES);
/** In each of four bytes the bit that no ASCII byte has. */
const NOT_ASCII = 0x80808080;
const FEW_BYTES = 256;

/** A frame's bytes as texts. */
export class FrameText {
  readonly frame: Uint8Array;
  /** Where in the piece that was given last its run begins. */
  place = 0;
  private whole: string | undefined;

  constructor(frame: Uint8Array) {
    this.frame = frame;
  }

  /**
   * A text that holds a run of UTF-8, from `place` on: its strings are cut from that. One native call for all of them; a call
   * each would cost more than the strings.
   *
   * @param units Of UTF-16 in the run; as many as `bytes` exactly where all is ASCII.
   */
  piece(offset: number, bytes: number, units: number): string {
    const { frame } = this;
    this.place = 0;
    if (bytes !== units) return decode(frame, offset, bytes, units);
    if (frame.length > SMALL_BYTES) return latin1(frame, offset, offset + bytes);
    // The frame a unit for each byte: one call for all of its columns, each of which would cost as much. What is ASCII is right in it.
    this.whole ??= latin1(frame, 0, frame.length);
    this.place = offset;
    return this.whole;
  }

  /**
   * The n strings of a run.
   *
   * @param words Their lengths in UTF-16 units stand here, the first at `lengths`.
   */
  strings(offset: number, bytes: number, words: Uint32Array, lengths: number, n: number): string[] {
    const piece = this.piece(offset, bytes, unitsOf(words, lengths, n));
    let { place } = this;
    const out = new Array<string>(n);
    for (let i = 0; i < n; i++) {
      const end = place + (words[lengths + i] as number);
      out[i] = piece.substring(place, end);
      place = end;
    }
    return out;
  }
}

function unitsOf(words: Uint32Array, from: number, n: number): number {
  let units = 0;
  for (let i = from; i < from + n; i++) units += words[i] as number;
  return units;
}

/** Of bytes below 0x80, and of those from 0xa0 on: in browsers those between are other letters, by an old custom. */
function latin1(bytes: Uint8Array, start: number, end: number): string {
  return latin1Slice ? latin1Slice.call(bytes, start, end) : windows1252.decode(bytes.subarray(start, end));
}

/**
 * Decodes a run that is not ASCII.
 *
 * Engines take 2.5 ns for a byte of that, wherever in the run the first such letter stands. Most such texts hold the
 * letters of western Europe and no other: each one byte of Latin-1, which costs half to find out.
 */
function decode(frame: Uint8Array, offset: number, bytes: number, units: number): string {
  const out = units > ROOM_BYTES ? new Uint8Array(units) : room;
  const k = toLatin1(frame, offset, bytes, out);
  const text = k === units ? latin1(out, 0, units) : utf8.decode(frame.subarray(offset, offset + bytes));
  out.fill(0, 0, k);
  return text;
}

/** @returns How many letters there were before the end, or before the first that is not in Latin-1. */
function toLatin1(frame: Uint8Array, offset: number, bytes: number, out: Uint8Array): number {
  const end = offset + bytes;
  let i = offset;
  let k = 0;
  // Two views cost as much as two hundred bytes one by one.
  if (bytes >= FEW_BYTES) {
    const from = new DataView(frame.buffer, frame.byteOffset);
    const to = new DataView(out.buffer);
    while (i + 5 <= end) {
      const four = from.getUint32(i, true);
      to.setUint32(k, four, true);
      const high = four & NOT_ASCII;
      if (high === 0) {
        i += 4;
        k += 4;
        continue;
      }
      // So many of the four are ASCII; what was written of the others is written over.
      const ascii = (31 - Math.clz32(high & -high)) >>> 3;
      i += ascii;
      k += ascii;
      const letter = letterAt(frame, i);
      if (letter < 0) return k;
      out[k++] = letter;
      i += 2;
    }
  }
  while (i < end) {
    const byte = frame[i] as number;
    const letter = byte < 0x80 ? byte : letterAt(frame, i);
    if (letter < 0) return k;
    out[k++] = letter;
    i += byte < 0x80 ? 1 : 2;
  }
  return k;
}

/** The letter of Latin-1 that two bytes of UTF-8 are; -1: none, or one that browsers take for another. */
function letterAt(frame: Uint8Array, i: number): number {
  const byte = frame[i] as number;
  const letter = ((byte & 3) << 6) | ((frame[i + 1] as number) & 63);
  return byte > 0xc3 || letter < 0xa0 ? -1 : letter;
}
