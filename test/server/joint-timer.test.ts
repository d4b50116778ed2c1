import { describe, expect, it } from 'vitest';
import { JointTimer } from '../../src/lib/server/joint-timer.ts';
import { ManualClock } from './manual-clock.ts';

function sleepers(delayMs: number) {
  const clock = new ManualClock();
  const woken: { readonly name: string; readonly at: number }[] = [];
  const begin = clock.now();
  const timer = new JointTimer<string>(clock, delayMs, (name) => woken.push({ name, at: clock.now() - begin }));
  return { clock, timer, woken };
}

describe('JointTimer', () => {
  it('wakes each once, none too late and none by more than a 64th too soon', () => {
    const { clock, timer, woken } = sleepers(6400);
    const begun = new Map<string, number>();
    for (let at = 0; at < 20_000; at += 30) {
      begun.set(`${at}`, at);
      timer.add(`${at}`);
      clock.advance(30);
    }
    clock.advance(6400);
    expect(woken.map(({ name }) => name)).toEqual([...begun.keys()]);
    for (const { name, at } of woken) {
      const slept = at - (begun.get(name) as number);
      expect(slept).toBeLessThanOrEqual(6400);
      expect(slept).toBeGreaterThanOrEqual(6300);
    }
  });

  it('lets those sleep on who were taken out, also by one that is woken before them', () => {
    const clock = new ManualClock();
    const woken: string[] = [];
    const timer = new JointTimer<string>(clock, 100, (name) => {
      woken.push(name);
      round.delete('c');
    });
    const round = timer.add('a');
    timer.add('b');
    timer.add('c');
    round.delete('b');
    clock.advance(1000);
    expect(woken).toEqual(['a']);
  });

  it('lets one sleep again from where it is woken', () => {
    const clock = new ManualClock();
    const woken: number[] = [];
    const timer: JointTimer<number> = new JointTimer(clock, 64, (turn) => {
      woken.push(turn);
      if (turn < 3) timer.add(turn + 1);
    });
    timer.add(1);
    clock.advance(64);
    expect(woken).toEqual([1]);
    clock.advance(128);
    expect(woken).toEqual([1, 2, 3]);
  });
});
