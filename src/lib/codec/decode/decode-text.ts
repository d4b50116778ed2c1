import type { Kernels } from '../kernels.ts';

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

/** A frame's bytes as texts. */
export class FrameText {
  readonly frame: Uint8Array;
  /** Where in the piece that was given last its run begins. */
  place = 0;
  private readonly kernels: Kernels;
  private whole: string | undefined;

  /** @param kernels Which have decoded the frame. */
  constructor(frame: Uint8Array, kernels: Kernels) {
    this.frame = frame;
    this.kernels = kernels;
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
    if (bytes !== units) return this.letters(offset, bytes, units);
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

  /**
   * A run that is not ASCII.
   *
   * Engines take 2.5 ns for a byte of that, wherever in the run the first such letter stands. Most such texts hold the
   * letters of western Europe and no other: each one byte of Latin-1.
   */
  private letters(offset: number, bytes: number, units: number): string {
    const { frame, kernels } = this;
    const at = kernels.latin1(frame, offset, bytes, units);
    return at === 0 ? utf8.decode(frame.subarray(offset, offset + bytes)) : latin1(kernels.heap.u8, at, at + units);
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
