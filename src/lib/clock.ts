/** Time as an argument, so that a test can be years late in a millisecond. */
export interface Clock {
  /** Milliseconds since 1970 UTC; may jump either way, as users' clocks do. */
  now(): number;
  /** Calls back once, after `delayMs`. Never keeps a Node process alive. */
  after(delayMs: number, callback: () => void): Timer;
}

export interface Timer {
  /** Idempotent; does nothing once the timer has fired. */
  cancel(): void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, callback) {
    // setTimeout takes 31 bits of milliseconds; beyond that it would fire at once.
    const handle: unknown = setTimeout(callback, Math.min(delayMs, 0x7fffffff));
    if (typeof handle === 'object' && handle !== null && 'unref' in handle) (handle as { unref(): void }).unref();
    return { cancel: () => clearTimeout(handle as number) };
  },
};
