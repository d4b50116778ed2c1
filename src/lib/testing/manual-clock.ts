import type { Clock, Timer } from '../clock.ts';

interface Alarm extends Timer {
  readonly at: number;
  readonly callback: () => void;
}

/** A clock that stands still until it is moved. */
export class ManualClock implements Clock {
  private time: number;
  private alarms: Alarm[] = [];

  /** @param time ms since 1970 UTC. Default: some day in 2023. */
  constructor(time = 1_700_000_000_000) {
    this.time = time;
  }

  now(): number {
    return this.time;
  }

  after(delayMs: number, callback: () => void): Timer {
    const alarm: Alarm = {
      at: this.time + Math.max(0, delayMs),
      callback,
      cancel: () => {
        this.alarms = this.alarms.filter((other) => other !== alarm);
      },
    };
    this.alarms.push(alarm);
    return alarm;
  }

  /** Fires what becomes due, in order, each at its own time; timers that those set, too. */
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
}
