/** A run of a frame's bytes, and what it says. */
export interface Span {
  /** In bytes, from the frame's first. */
  readonly offset: number;
  /** In bytes, at least 1. */
  readonly length: number;
  /** Which part of the frame it belongs to, outermost first: `['clients.create', 'name']`. */
  readonly place: readonly string[];
  readonly label: string;
  readonly value: string;
  /** How it is to be read, where that is not plain. */
  readonly note?: string;
}

/** The bytes from here on are not what the protocol says. */
export class Unreadable extends Error {}

/** Walks a frame from its first byte to `end`; whatever is passed becomes a span, so that none is left out. */
export class Cursor {
  readonly frame: Uint8Array;
  readonly spans: Span[] = [];
  at = 0;
  /** Where the part that is being read ends; moved in for a group, out again after it. */
  end: number;
  private place: readonly string[] = [];

  constructor(frame: Uint8Array, end: number) {
    this.frame = frame;
    this.end = end;
  }

  get left(): number {
    return this.end - this.at;
  }

  within<T>(name: string, read: () => T): T {
    const outer = this.place;
    this.place = [...outer, name];
    try {
      return read();
    } finally {
      this.place = outer;
    }
  }

  /** Passes `length` bytes. @returns Where they begin. */
  pass(length: number, label: string, value: string, note?: string): number {
    this.demand(length);
    const offset = this.at;
    this.at += length;
    if (length > 0) {
      this.spans.push({ offset, length, place: this.place, label, value, ...(note !== undefined && { note }) });
    }
    return offset;
  }

  u8(label: string, describe: (value: number) => string = String, note?: string): number {
    this.demand(1);
    const value = this.frame[this.at] as number;
    this.pass(1, label, describe(value), note);
    return value;
  }

  /** An unsigned LEB128 of less than 2^64. */
  varint(label: string, describe: (value: bigint) => string = String, note?: string): bigint {
    const { value, length } = this.peekVarint();
    this.pass(length, label, describe(value), note);
    return value;
  }

  svarint(label: string, describe: (value: bigint) => string = String, note?: string): bigint {
    const signed = (value: bigint) => (value >> 1n) ^ -(value & 1n);
    return signed(this.varint(label, (value) => describe(signed(value)), note));
  }

  /** A count or length: what follows depends on it. */
  count(label: string, note?: string): number {
    return countOf(this.varint(label, String, note));
  }

  bytes(offset: number, length: number): Uint8Array {
    return this.frame.subarray(offset, offset + length);
  }

  /** Little-endian, unsigned. */
  word(offset: number, width: number): bigint {
    let value = 0n;
    for (let i = width - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.frame[offset + i] as number);
    return value;
  }

  /** @throws {Unreadable} Fewer than `length` bytes are left. */
  demand(length: number): void {
    if (!(length >= 0 && length <= this.left)) throw new Unreadable(`${length} bytes are due, ${this.left} are left`);
  }

  private peekVarint(): { value: bigint; length: number } {
    let value = 0n;
    for (let length = 1; length <= 10; length++) {
      this.demand(length);
      const byte = this.frame[this.at + length - 1] as number;
      value |= BigInt(byte & 0x7f) << BigInt(7 * (length - 1));
      if (byte < 0x80) return { value, length };
    }
    throw new Unreadable('a number has more than 10 bytes');
  }
}

/** @throws {Unreadable} Nothing can be counted by it. */
export function countOf(value: bigint): number {
  if (value < 0n || value > BigInt(Number.MAX_SAFE_INTEGER)) throw new Unreadable(`${value} is no count`);
  return Number(value);
}
