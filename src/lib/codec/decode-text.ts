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
/** Where there is one accent there are more: for so many bytes nobody looks for four of ASCII again. */
const NEAR = 16;
const FEW_BYTES = 256;

/** A frame's bytes as texts. */
export class FrameText {
  readonly frame: Uint8Array;
  private whole: string | undefined;

  constructor(frame: Uint8Array) {
    this.frame = frame;
  }

  /**
   * The frame a unit for each byte, where it is small: a native call for all of its columns, each of which would cost as
   * much. Only what is ASCII is right in it.
   */
  get small(): string | undefined {
    const { frame } = this;
    if (frame.length > SMALL_BYTES) return undefined;
    this.whole ??= latin1(frame, 0, frame.length);
    return this.whole;
  }
}

/** Cuts a run of UTF-8 into its strings, some at a time. */
export class Text {
  /** What the next strings are cut from: one native call for all of them; a call each would cost more than the strings. */
  piece = '';
  /** Where in the piece the next string begins. */
  place = 0;
  /** Index of the next string's length. */
  next: number;
  private readonly text: FrameText;
  private readonly words: Uint32Array;
  private readonly offset: number;
  private readonly bytes: number;
  private readonly units: number;
  /** Those of the strings that were taken. */
  private unit = 0;
  /** Of a run that is not ASCII: nobody knows where in it a unit begins. */
  private whole: string | undefined;

  /**
   * @param words The strings' lengths in UTF-16 units stand here, `lengths` being the index of the first.
   * @param units Their sum; it is `bytes` exactly where all is ASCII.
   */
  constructor(text: FrameText, offset: number, bytes: number, words: Uint32Array, lengths: number, units: number) {
    this.text = text;
    this.offset = offset;
    this.bytes = bytes;
    this.words = words;
    this.next = lengths;
    this.units = units;
  }

  /** The next n strings. */
  take(n: number): string[] {
    const { words, next } = this.open(n);
    const { piece } = this;
    const out = new Array<string>(n);
    let { place } = this;
    for (let i = 0; i < n; i++) {
      const end = place + (words[next + i] as number);
      out[i] = piece.substring(place, end);
      place = end;
    }
    this.close(n, place);
    return out;
  }

  /** Makes the piece for the next n strings, which are cut by whoever calls, from `place` on. */
  open(n: number): this {
    const { bytes, units, offset, unit } = this;
    if (bytes !== units) {
      this.whole ??= decode(this.text.frame, offset, bytes, units);
      this.piece = this.whole;
      this.place = unit;
      return this;
    }
    const { small, frame } = this.text;
    const start = offset + unit;
    this.piece = small ?? latin1(frame, start, start + unitsOf(this.words, this.next, n));
    this.place = small === undefined ? 0 : start;
    return this;
  }

  /** @param place Where in the piece the last of the n strings ended. */
  close(n: number, place: number): void {
    this.next += n;
    this.unit += place - this.place;
  }
}

export function unitsOf(words: Uint32Array, from: number, n: number): number {
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
  let stop = end;
  // Two views cost as much as two hundred bytes one by one.
  const from = bytes < FEW_BYTES ? undefined : new DataView(frame.buffer, frame.byteOffset);
  const to = from && new DataView(out.buffer);
  while (i < end) {
    if (from !== undefined && to !== undefined) {
      stop = end;
      while (i + 4 <= end) {
        const four = from.getUint32(i, true);
        if ((four & NOT_ASCII) !== 0) {
          stop = Math.min(i + NEAR, end);
          break;
        }
        to.setUint32(k, four, true);
        i += 4;
        k += 4;
      }
    }
    while (i < stop) {
      const byte = frame[i++] as number;
      if (byte < 0x80) {
        out[k++] = byte;
        continue;
      }
      const letter = ((byte & 3) << 6) | ((frame[i++] as number) & 63);
      if (byte > 0xc3 || letter < 0xa0) return k;
      out[k++] = letter;
    }
  }
  return k;
}
