import type { Clock } from '../clock.ts';

/** How much sooner than asked for one may be woken, as a part of the delay. */
const tolerance = 1 / 64;

/**
 * Wakes whoever has slept for a certain time, the same for all. A timer for each of ten thousand streams would take more
 * room than the rest of a stream's state.
 */
export class JointTimer<Sleeper> {
  private readonly clock: Clock;
  private readonly delayMs: number;
  private readonly wake: (sleeper: Sleeper) => void;
  /** Those who began to sleep a moment ago. */
  private round: Set<Sleeper> | undefined;

  /** @param wake Must not throw. */
  constructor(clock: Clock, delayMs: number, wake: (sleeper: Sleeper) => void) {
    this.clock = clock;
    this.delayMs = delayMs;
    this.wake = wake;
  }

  /**
   * Lets it sleep: it is woken once, at most a 64th of the delay too soon.
   *
   * @returns With whom it sleeps: taken out of it, it is not woken.
   */
  add(sleeper: Sleeper): Set<Sleeper> {
    this.round ??= this.begin();
    return this.round.add(sleeper);
  }

  private begin(): Set<Sleeper> {
    const round = new Set<Sleeper>();
    const close = (): void => {
      if (this.round === round) this.round = undefined;
    };
    this.clock.after(this.delayMs * tolerance, close);
    this.clock.after(this.delayMs, () => {
      close();
      // A set gone through while members leave leaves those out; nobody joins a round that is closed.
      for (const sleeper of round) this.wake(sleeper);
    });
    return round;
  }
}
