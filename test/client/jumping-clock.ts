import { ManualClock } from '../../src/lib/testing/manual-clock.ts';

/** Somebody sets the device's clock; timers go on as they were. */
export class JumpingClock extends ManualClock {
  private offset = 0;

  jump(ms: number): void {
    this.offset += ms;
  }

  override now(): number {
    return super.now() + this.offset;
  }
}
