import { CrudpError } from '../../errors.ts';
import type { Heap } from '../kernels.ts';

//   0           8                 base              top            capacity
//   | never used | installed words | columns of a call | zeros        |
//
// Addresses below 8 stand for nothing (0) and ROUTE_NO_SHAPE (1). Everything from `top` on is zero at any time, so
// taking space costs an addition; `clear` pays for what a call used, not for what the arena holds.
const LOWEST = 8;
const FIRST_CAPACITY = 1 << 17;

/** As much as the module's memory may have: a frame of 8 MiB within the budget of values needs less. */
export const ARENA_BYTES = 1 << 29;
/** Space for installed words; some 100 000 fields. */
export const INSTALLED_BYTES = 1 << 22;

/** The twin of the module's linear memory. It is its own `Heap`: the views are its fields, replaced when it grows. */
export class Arena implements Heap {
  u8!: Uint8Array;
  i32!: Int32Array;
  u32!: Uint32Array;
  f64!: Float64Array;
  i64!: BigInt64Array;
  /** For words at any offset. */
  view!: DataView;
  generation = 0;
  /** Where the next column begins; a multiple of 8, except while a frame is being written. */
  top = LOWEST;
  private base = LOWEST;
  private readonly maxBytes: number;
  private readonly maxInstalledBytes: number;

  constructor(maxBytes: number, maxInstalledBytes: number) {
    this.maxBytes = maxBytes;
    this.maxInstalledBytes = maxInstalledBytes;
    this.look(new ArrayBuffer(Math.min(FIRST_CAPACITY, maxBytes)));
  }

  install(words: Uint32Array): number {
    this.clear();
    if (this.base > LOWEST && this.base + words.byteLength > this.maxInstalledBytes) {
      this.u8.fill(0, LOWEST, this.base);
      this.base = LOWEST;
      this.top = LOWEST;
      this.generation++;
    }
    const address = this.take(words.byteLength);
    this.u32.set(words, address >>> 2);
    this.base = this.top;
    return address;
  }

  /** Frees and wipes what the last call took. */
  clear(): void {
    this.u8.fill(0, this.base, this.top);
    this.top = this.base;
  }

  /**
   * @returns The address of that many zero bytes, a multiple of 8.
   * @throws {CrudpError} `out_of_memory`.
   */
  take(bytes: number): number {
    const address = this.top;
    const end = address + bytes;
    if (end > this.u8.length) this.grow(end);
    // A sum of doubles: `bytes` may be beyond 2^32 before `grow` has refused it.
    this.top = (end + 7) & -8;
    return address;
  }

  /** Makes room up to the address `end`, without taking it. */
  grow(end: number): void {
    let capacity = this.u8.length;
    while (capacity < end + 8) capacity *= 2;
    if (capacity > this.maxBytes) capacity = this.maxBytes;
    if (!(end + 8 <= capacity)) {
      throw new CrudpError('out_of_memory', `the codec's memory of ${this.maxBytes} bytes cannot hold this batch`);
    }
    const old = this.u8;
    this.look(new ArrayBuffer(capacity));
    this.u8.set(old);
  }

  private look(buffer: ArrayBuffer): void {
    this.u8 = new Uint8Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.u32 = new Uint32Array(buffer);
    this.f64 = new Float64Array(buffer);
    this.i64 = new BigInt64Array(buffer);
    this.view = new DataView(buffer);
  }
}
