import type { Clock, Timer } from '../../../src/lib/clock.ts';

interface Alarm extends Timer {
  readonly at: number;
  readonly callback: () => void;
}

/** A clock that a run moves; it can also leap, as the clock of a device that was asleep does. */
export class SimClock implements Clock {
  private time = 1_700_000_000_000;
  private readonly alarms = new Set<Alarm>();

  now(): number {
    return this.time;
  }

  after(delayMs: number, callback: () => void): Timer {
    const cancel = (): void => void this.alarms.delete(alarm);
    const alarm: Alarm = { at: this.time + Math.max(0, delayMs), callback, cancel };
    this.alarms.add(alarm);
    return alarm;
  }

  /** Fires what becomes due, in order, each at its own time; timers that those set, too. */
  advance(ms: number): void {
    const end = this.time + ms;
    for (let next = this.next(end); next; next = this.next(end)) {
      this.alarms.delete(next);
      this.time = Math.max(this.time, next.at);
      next.callback();
    }
    this.time = end;
  }

  /** All that was due meanwhile fires now, once. */
  leap(ms: number): void {
    this.time += ms;
    const due = [...this.alarms].filter(({ at }) => at <= this.time).sort((a, b) => a.at - b.at);
    for (const alarm of due) if (this.alarms.delete(alarm)) alarm.callback();
  }

  /** The first of those that are due; of equal ones, the one set first. */
  private next(end: number): Alarm | undefined {
    let first: Alarm | undefined;
    for (const alarm of this.alarms) if (alarm.at <= end && (!first || alarm.at < first.at)) first = alarm;
    return first;
  }
}
