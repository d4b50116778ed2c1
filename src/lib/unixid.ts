/** Where ids take their time and randomness from, so that a test can repeat them. */
export interface UnixidOptions {
  /** Milliseconds since 1970 UTC. Default Date.now. */
  readonly now?: () => number;
  /** A random whole number below 2^31, drawn once: the number of this device or tab. Default from crypto. */
  readonly node?: number;
}

/**
 * Makes a source of unixids: `<ticks>.<node>`, nanoseconds since 1970 and a random number of its own.
 *
 * Ticks ascend strictly, also within a millisecond and when the clock is set back; two sources differ by their nodes, so
 * that ids made on two devices, or in two tabs, are alike once in 2^30 pairs of sources that make one at the same tick.
 */
export function createUnixidSource({ now = Date.now, node = randomNode() }: UnixidOptions = {}): () => string {
  let last = 0n;
  return () => {
    const tick = BigInt(Math.floor(now())) * 1_000_000n;
    last = tick > last ? tick : last + 1n;
    // A node of 0 is not written (PROTOCOL.md B.1).
    return node === 0 ? String(last) : `${last}.${node}`;
  };
}

let shared: (() => string) | undefined;

/** A new id from this process's or page's own source, for records that are made here. */
export function newUnixid(): string {
  shared ??= createUnixidSource();
  return shared();
}

function randomNode(): number {
  // Never 0, which would not be written.
  return ((crypto.getRandomValues(new Uint32Array(1))[0] as number) >>> 1) | 1;
}
