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
  private readonly text: FrameText;
  private readonly words: Uint32Array;
  private next: number;
  private readonly offset: number;
  private readonly bytes: number;
  private readonly units: number;
  /** Of a run that is not ASCII: nobody knows where in it a unit begins. */
  private whole: string | undefined;
  private unit = 0;

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

  /** The next n strings. One native call for all of them: a call each would cost more than the strings. */
  take(n: number): string[] {
    const { words, next } = this;
    const out = new Array<string>(n);
    if (n === 0) return out;
    this.next += n;
    let piece = this.bytes === this.units ? this.text.small : this.decoded();
    // Where in the piece the run's first unit stands.
    let begin = this.bytes === this.units ? this.offset : 0;
    if (piece === undefined) {
      const start = this.offset + this.unit;
      piece = latin1(this.text.frame, start, start + unitsOf(words, next, n));
      begin = -this.unit;
    }
    let at = begin + this.unit;
    for (let i = 0; i < n; i++) {
      const end = at + (words[next + i] as number);
      out[i] = piece.substring(at, end);
      at = end;
    }
    this.unit = at - begin;
    return out;
  }

  private decoded(): string {
    this.whole ??= decode(this.text.frame, this.offset, this.bytes, this.units);
    return this.whole;
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
  const end = offset + bytes;
  let k = 0;
  for (let i = offset; i < end; k++) {
    const byte = frame[i++] as number;
    if (byte < 0x80) {
      out[k] = byte;
    } else {
      const letter = ((byte & 3) << 6) | ((frame[i++] as number) & 63);
      if (byte > 0xc3 || letter < 0xa0) break;
      out[k] = letter;
    }
  }
  const text = k === units ? latin1(out, 0, units) : utf8.decode(frame.subarray(offset, end));
  out.fill(0, 0, k);
  return text;
}
