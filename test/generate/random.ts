/** Seeded chance: the same seed gives the same choices on every machine. */
export class Random {
  private state: number;

  constructor(seed: number) {
    // Neighbouring seeds would begin with similar numbers; murmur3's finalizer scatters them.
    let h = Math.imul(seed ^ (seed >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    this.state = (h ^ (h >>> 16)) >>> 0;
  }

  /** A word of 32 bits (mulberry32, Tommy Ettinger). */
  word(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  }

  /** A whole number, 0 <= x < n, n up to 2^32. */
  below(n: number): number {
    return Math.floor((this.word() / 2 ** 32) * n);
  }

  /** True once in n times. */
  once(n: number): boolean {
    return this.below(n) === 0;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  /** A whole number, 0 <= x < 2^bits, of 64 bits at most. */
  bits(bits: number): bigint {
    const word = (BigInt(this.word()) << 32n) | BigInt(this.word());
    return BigInt.asUintN(bits, word);
  }

  /** Mostly few, rarely some, hardly ever many: how many there are of something. */
  count(least: number, few: number): number {
    if (this.once(200)) return least + this.below(400);
    if (this.once(20)) return least + this.below(40);
    return least + this.below(few);
  }

  bytes(n: number): Uint8Array<ArrayBuffer> {
    return Uint8Array.from({ length: n }, () => this.below(256));
  }

  shuffle<T>(list: readonly T[]): T[] {
    const out = [...list];
    for (let i = out.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [out[i], out[j]] = [out[j] as T, out[i] as T];
    }
    return out;
  }
}
