import type { Clock, Timer } from '../../src/lib/clock.ts';

interface Alarm extends Timer {
  readonly at: number;
  readonly callback: () => void;
}

/** A clock that stands still until it is moved. */
export class ManualClock implements Clock {
  private time: number;
  private alarms: Alarm[] = [];
  private readonly waiting: { readonly delayMs: number; readonly resolve: () => void }[] = [];

  constructor(time = 1_700_000_000_000) {
    this.time = time;
  }

  now(): number {
    return this.time;
  }

  after(delayMs: number, callback: () => void): Timer {
    const alarm: Alarm = {
      at: this.time + delayMs,
      callback,
      cancel: () => {
        this.alarms = this.alarms.filter((other) => other !== alarm);
      },
    };
    this.alarms.push(alarm);
    for (const [index, { delayMs: wanted, resolve }] of [...this.waiting.entries()].reverse()) {
      if (wanted !== delayMs) continue;
      this.waiting.splice(index, 1);
      resolve();
    }
    return alarm;
  }

  /** Fires what becomes due, in order, each at its own time. */
  advance(ms: number): void {
    const end = this.time + ms;
    for (;;) {
      const next = this.alarms.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      next.cancel();
      this.time = Math.max(this.time, next.at);
      next.callback();
    }
    this.time = end;
  }

  /** Resolves once a timer of so many milliseconds has been set, now or before. */
  async armed(delayMs: number): Promise<void> {
    if (this.alarms.some(({ at }) => at === this.time + delayMs)) return;
    await new Promise<void>((resolve) => this.waiting.push({ delayMs, resolve }));
  }
}
