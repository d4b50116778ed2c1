import { describe, expect, it } from 'vitest';
import type { Call, DatedCompletion } from '../../../../src/lib/server/journals/sqlite/calls.ts';
import { packCalls, unpackCalls } from '../../../../src/lib/server/journals/sqlite/packed-calls.ts';

const lease = { user: 'ana', outbox: '00000000000000a1', token: 7 };
const key = { user: 'ana', outbox: '00000000000000a1' };

const bare: DatedCompletion = {
  results: [{ seq: 1, status: 0 }],
  frame: Uint8Array.of(1, 2, 3),
  logged: true,
  pushes: [],
  begins: [],
  effects: [],
  failed: [],
  at: 1_790_000_000_000,
  marks: ['0a1b2c3d'],
};

function completes(facts: Partial<DatedCompletion> = {}): Call {
  return { name: 'complete', args: [lease, { ...bare, ...facts }] };
}

/** As the other thread gets them. */
function sent(calls: readonly Call[]): Call[] {
  const { packed, transfer } = packCalls(calls);
  return unpackCalls(structuredClone(packed, { transfer }));
}

describe('Calls on their way to the thread', () => {
  it('arrive as they are, in order', () => {
    const calls = (): Call[] => [
      { name: 'claim', args: [] },
      completes(),
      { name: 'begin', args: [lease, [2, 3]] },
      completes({ results: [], begins: [4, 5, 6], logged: false, frame: new Uint8Array() }),
      { name: 'append', args: [[{ log: 'all', kind: 'push', frame: Uint8Array.of(9) }], ['00000001'], 5] },
      completes({
        results: [
          { seq: 4, status: 0 },
          { seq: 9, status: 5 },
        ],
        pushes: [
          { log: 'user:ana', kind: 'push', frame: Uint8Array.of(4, 5) },
          { log: 'all', kind: 'push', frame: Uint8Array.of(6) },
        ],
        marks: ['00000001', '00000002', '00000003'],
        effects: [
          { sql: 'DELETE FROM t', params: [] },
          { sql: 'INSERT', params: [null, 'complete', 1.5, -0, 3n, Uint8Array.of(7)], expectChanges: 0 },
          { sql: 'UPDATE', params: [1], expectChanges: 1 },
        ],
        failed: [{ seq: 9, status: 5, message: 'no', identity: '{}', contract: 1, frame: Uint8Array.of(8) }],
      }),
      { name: 'place', args: [key] },
    ];
    expect(sent(calls())).toEqual(calls());
    expect(sent([])).toEqual([]);
  });

  it('are as many packets as a group may have', () => {
    const begins = Array.from({ length: 300_000 }, (_, index) => index + 2);
    expect(sent([completes({ begins })])).toEqual([completes({ begins })]);
  });

  it('keep short frames apart, and hand long ones over', () => {
    const [short, long] = [new Uint8Array(4096).fill(1), new Uint8Array(4097).fill(2)];
    const push = { log: 'all', kind: 'push' as const, frame: Uint8Array.of(3) };
    const calls = [
      completes({ frame: short }),
      completes({ frame: long, pushes: [push], marks: ['00000001', '00000002'] }),
    ];
    expect(packCalls(calls).transfer).toEqual([long.buffer]);
    const frames = sent(calls).map(({ args }) => (args[1] as DatedCompletion).frame);
    expect(frames.map(({ length, 0: first }) => [length, first])).toEqual([
      [4096, 1],
      [4097, 2],
    ]);
    expect([short.length, long.length]).toEqual([4096, 0]);
  });
});
