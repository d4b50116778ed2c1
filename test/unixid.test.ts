import { describe, expect, it } from 'vitest';
import { parseUnixid } from '../src/lib/codec/unixid-text.ts';
import { createUnixidSource, newUnixid } from '../src/lib/unixid.ts';

describe('createUnixidSource', () => {
  it('ascends within a millisecond and when the clock is set back', () => {
    const times = [1_700_000_000_000, 1_700_000_000_000, 1_600_000_000_000, 1_700_000_000_001];
    const next = createUnixidSource({ now: () => times.shift() as number, node: 5 });
    expect([next(), next(), next(), next()]).toEqual([
      '1700000000000000000.5',
      '1700000000000000001.5',
      '1700000000000000002.5',
      '1700000000001000000.5',
    ]);
  });

  it('leaves a node of 0 out', () => {
    expect(createUnixidSource({ now: () => 1, node: 0 })()).toBe('1000000');
  });
});

describe('newUnixid', () => {
  it('makes what the codec takes as a unixid, each once', () => {
    const ids = Array.from({ length: 10_000 }, newUnixid);
    expect(new Set(ids).size).toBe(10_000);
    expect(ids.every(parseUnixid)).toBe(true);
  });
});
