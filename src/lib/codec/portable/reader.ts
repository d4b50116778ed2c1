import { BAD_COUNT, BAD_MODE, LIMIT, OVERLONG_VARINT, TRUNCATED } from '../../../../assembly/protocol.ts';
import type { Arena } from './arena.ts';
import { refuse } from './refusal.ts';

const NOTHING = new Uint8Array(0);
const NO_VIEW = new DataView(NOTHING.buffer);
const TWO_32 = 4294967296;
export const MAX_SAFE = Number.MAX_SAFE_INTEGER;

/**
 * A cursor over one frame that never leaves its window: the frame before `check`, or a group's columns.
 *
 * One is made per kernels and used for every frame, so that a small frame allocates nothing. Whoever reads refuses the
 * frame by throwing (refusal.ts).
 */
export class Reader {
  readonly arena: Arena;
  frame: Uint8Array = NOTHING;
  /** Of the frame, for words at any offset. */
  view: DataView = NO_VIEW;
  at = 0;
  end = 0;
  /** What is left of the budget of values (A.8). */
  budget = 0;
  /** The longest string allowed, in UTF-16 units. */
  maxUnits = 0;
  /** First column with a value that its type does not allow; 0 for none. */
  badOffset = 0;

  /** Halves of the last varint of more than a byte, and of `signed`. */
  low = 0;
  high = 0;

  // The ints column whose head was read last (A.5): value i is base + offset i, offsets are `width` bytes from `run` on.
  width = 0;
  run = 0;
  /** base, rounded where it is no safe integer. */
  base = 0;
  baseLow = 0;
  baseHigh = 0;

  // What is known of the values that were unpacked last (ints.ts).
  /** Not above any of them, and not below base. */
  least = 0;
  /** The greatest of them, rounded where it is no safe integer. */
  greatest = 0;
  /** Their sum, where base is not negative. */
  sum = 0;

  /** Where the text of the strings column read last lies in the frame. */
  textStart = 0;
  textBytes = 0;

  // The group that is being read, as word indices into the arena: its shape's nodes and its slots.
  nodes = 0;
  slots = 0;
  /** What its blobs have not taken yet of its part of the tail, and where that begins, from the begin of the tail. */
  tailLeft = 0;
  tailAt = 0;

  constructor(arena: Arena) {
    this.arena = arena;
  }

  open(frame: Uint8Array, at: number, end: number): void {
    this.frame = frame;
    this.view = new DataView(frame.buffer, frame.byteOffset, frame.length);
    this.at = at;
    this.end = end;
    this.badOffset = 0;
  }

  /** Lets go of the frame: nothing of it is kept. */
  close(): void {
    this.frame = NOTHING;
    this.view = NO_VIEW;
  }

  /** Takes so many values off the budget, before the column that begins here is read. */
  charge(values: number): void {
    if (values > this.budget) refuse(LIMIT, this.at);
    this.budget -= values;
  }

  /** Takes a raw run of that many bytes. */
  take(bytes: number): number {
    const start = this.at;
    if (bytes > this.end - start) refuse(TRUNCATED, start);
    this.at = start + bytes;
    return start;
  }

  byte(): number {
    if (this.at >= this.end) refuse(TRUNCATED, this.at);
    return this.frame[this.at++] as number;
  }

  /** A varint below 2^53; anything above is rounded, and never below 2^53. */
  varint(): number {
    if (this.at < this.end) {
      const byte = this.frame[this.at] as number;
      if (byte < 128) {
        this.at++;
        return byte;
      }
    }
    this.longVarint();
    return (this.high >>> 0) * TWO_32 + (this.low >>> 0);
  }

  /** A varint that counts something: refused from 2^53 on. */
  count(): number {
    const start = this.at;
    const value = this.varint();
    if (value > MAX_SAFE) refuse(BAD_COUNT, start);
    return value;
  }

  /** The head of an ints column of n > 0 values. The run is judged, so that n values may be made of it. */
  intsHead(n: number): void {
    if (n === 1) {
      this.width = 0;
      this.signed();
      this.run = this.at;
      return;
    }
    const width = this.byte();
    if (width > 8) refuse(BAD_MODE, this.at - 1);
    this.signed();
    this.width = width;
    this.run = this.take(n * width);
  }

  private signed(): void {
    if (this.at < this.end) {
      const byte = this.frame[this.at] as number;
      if (byte < 128) {
        this.at++;
        const value = (byte >>> 1) ^ -(byte & 1);
        this.base = value;
        this.baseLow = value;
        this.baseHigh = value >> 31;
        return;
      }
    }
    this.longVarint();
    const sign = -(this.low & 1);
    this.baseLow = ((this.low >>> 1) | (this.high << 31)) ^ sign;
    this.baseHigh = (this.high >>> 1) ^ sign;
    this.base = this.baseHigh * TWO_32 + (this.baseLow >>> 0);
  }

  private longVarint(): void {
    const { frame, end } = this;
    const start = this.at;
    let low = 0;
    let high = 0;
    for (let i = 0; ; i++) {
      if (start + i >= end) refuse(TRUNCATED, start);
      const byte = frame[start + i] as number;
      const bits = byte & 127;
      if (i < 4) low |= bits << (7 * i);
      else if (i === 4) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= bits << (7 * i - 32);
      // The tenth byte holds bit 63 alone; a last byte of 0 says that the form is not the shortest.
      if ((i === 9 && byte > 1) || (byte === 0 && i > 0)) refuse(OVERLONG_VARINT, start);
      if (byte < 128) {
        this.low = low;
        this.high = high;
        this.at = start + i + 1;
        return;
      }
    }
  }
}
