import type { Arena } from './arena.ts';

const TWO_32 = 4294967296;

/**
 * Appends to the arena behind everything that was taken there. The frame is the last thing in the arena, so it grows in
 * place, and the next `begin` wipes it with the rest.
 */
export class Writer {
  readonly arena: Arena;
  /** Address of the next byte. */
  at = 0;
  private room = new Float64Array(64);
  private used = 0;

  constructor(arena: Arena) {
    this.arena = arena;
  }

  open(): void {
    this.at = this.arena.top;
  }

  /** Wipes what was worked out on the way. */
  close(): void {
    this.arena.top = (this.at + 7) & -8;
    this.room.fill(0, 0, this.used);
    this.used = 0;
  }

  /** Room for n doubles, to work out the ints of a column; good until the next call. */
  scratch(n: number): Float64Array {
    if (n > this.room.length) this.room = new Float64Array(Math.max(n, 2 * this.room.length));
    if (n > this.used) this.used = n;
    return this.room;
  }

  /** Makes sure of that many bytes at `at`. The views of the arena may be replaced. */
  ensure(bytes: number): void {
    if (this.at + bytes + 8 > this.arena.u8.length) this.arena.grow(this.at + bytes);
  }

  byte(value: number): void {
    this.ensure(1);
    this.arena.u8[this.at++] = value;
  }

  u32(value: number): void {
    this.ensure(4);
    this.arena.view.setInt32(this.at, value, true);
    this.at += 4;
  }

  /** Copies `bytes` from elsewhere in the arena. */
  copy(address: number, bytes: number): void {
    this.ensure(bytes);
    const { u8 } = this.arena;
    // A native call costs as much as copying some 30 bytes one by one.
    if (bytes > 32) u8.copyWithin(this.at, address, address + bytes);
    else for (let i = 0; i < bytes; i++) u8[this.at + i] = u8[address + i] as number;
    this.at += bytes;
  }

  /** @param value Below 2^53, not negative. */
  varint(value: number): void {
    if (value < 128) this.byte(value);
    else this.halves(value >>> 0, Math.floor(value / TWO_32));
  }

  /** @param value A safe integer. */
  svarint(value: number): void {
    if (value >= -64 && value < 64) this.byte((value << 1) ^ (value >> 31));
    else this.signedHalves(value >>> 0, Math.floor(value / TWO_32));
  }

  /** zigzag of a signed number of 64 bits. */
  signedHalves(low: number, high: number): void {
    const sign = high >> 31;
    this.halves((low << 1) ^ sign, ((high << 1) | (low >>> 31)) ^ sign);
  }

  private halves(low: number, high: number): void {
    this.ensure(10);
    const { u8 } = this.arena;
    let at = this.at;
    while (high !== 0 || low >>> 0 > 127) {
      u8[at++] = (low & 127) | 128;
      low = (low >>> 7) | (high << 25);
      high >>>= 7;
    }
    u8[at++] = low;
    this.at = at;
  }
}
