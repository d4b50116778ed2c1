import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Rounds } from '../../src/lib/server/rounds.ts';

function roundsOf(slow: ReadonlySet<number> = new Set()) {
  const served: number[] = [];
  const idle: number[] = [];
  const rounds = new Rounds<number>(
    (member) => served.push(member),
    (member) => slow.has(member),
    () => idle.push(served.length),
  );
  return { rounds, served, idle };
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

describe('Rounds', () => {
  it('serve each who asks once, the first in the same turn', async () => {
    const { rounds, served, idle } = roundsOf();
    for (const member of [1, 2, 1]) rounds.add(member);
    expect([served, rounds.isBusy]).toEqual([[], true]);
    await Promise.resolve();
    expect([served, rounds.isBusy, idle]).toEqual([[1, 2], false, [2]]);
    rounds.add(1);
    await Promise.resolve();
    expect([served, idle]).toEqual([
      [1, 2, 1],
      [2, 3],
    ]);
  });

  it('leave turns of the event loop between many, and serve all of them in their order', async () => {
    const { rounds, served, idle } = roundsOf();
    for (const member of upTo(1000)) rounds.add(member);
    await Promise.resolve();
    expect(served.length).toBeGreaterThan(0);
    expect(served.length).toBeLessThan(1000);
    // Served already: it asks again, behind those who still wait. Who waits is not served twice.
    rounds.add(0);
    rounds.add(999);
    while (rounds.isBusy) await setImmediate();
    expect(served).toEqual([...upTo(1000), 0]);
    expect(idle).toEqual([1001]);
  });

  it('serve who is slow after all who are not', async () => {
    const { rounds, served } = roundsOf(new Set([1, 2]));
    for (const member of [1, 3, 2, 4]) rounds.add(member);
    await Promise.resolve();
    expect(served).toEqual([3, 4, 1, 2]);
  });

  it('serve who is slow no longer with the others, once', async () => {
    const slow = new Set([1]);
    const { rounds, served } = roundsOf(slow);
    rounds.add(1);
    slow.clear();
    for (const member of [2, 1]) rounds.add(member);
    await Promise.resolve();
    expect(served).toEqual([2, 1]);
  });

  it('serve whom the last of the slow ones wakes', async () => {
    const slow = new Set([1]);
    const served: number[] = [];
    const rounds = new Rounds<number>(
      (member) => {
        served.push(member);
        if (member === 1) rounds.add(2);
      },
      (member) => slow.has(member),
      () => {},
    );
    rounds.add(1);
    await Promise.resolve();
    expect([served, rounds.isBusy]).toEqual([[1, 2], false]);
  });
});
