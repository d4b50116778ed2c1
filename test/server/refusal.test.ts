import { describe, expect, it } from 'vitest';
import type { Contract } from '../../src/lib/contract/contract.ts';
import { issuesMessage, RetryLater, refuse } from '../../src/lib/server/refusal.ts';
import { app } from './app.ts';

const schema: Contract = app;

describe('refuse', () => {
  it("knows the contract's errors and the statuses that are a handler's to give", () => {
    expect(refuse(schema, 'id_taken')).toMatchObject({ code: 'id_taken', status: 300, resultMessage: '' });
    expect(['failed', 'invalid', 'denied', 'not_found', 'conflict'].map((code) => refuse(schema, code).status)).toEqual(
      [1, 2, 3, 4, 5],
    );
  });

  it.each(['ok', 'internal', 'poison', 'skipped', 'toString', '__proto__', 'nothing'])('refuses %s', (code) => {
    expect(() => refuse(schema, code)).toThrow('[bad_refusal]');
  });

  it('makes a message that a frame has room for', () => {
    expect(refuse(schema, 'failed', { message: 'half \ud83d' }).resultMessage).toBe('half \ufffd');
    const cut = refuse(schema, 'failed', { message: '😀'.repeat(20_000) }).resultMessage;
    expect(cut.length).toBeLessThanOrEqual(16_384);
    expect(cut.isWellFormed()).toBe(true);
    const issues = Array.from({ length: 1000 }, (_, i) => ({ path: [i], message: 'x'.repeat(500) }));
    const shown = JSON.parse(issuesMessage(issues)) as { issues: unknown[] };
    expect(shown.issues).toEqual(issues.slice(0, shown.issues.length));
    expect(shown.issues.length).toBeGreaterThan(10);
    expect(issuesMessage([{ path: [], message: 'x'.repeat(20_000) }])).toBe('{"issues":[]}');
  });
});

describe('RetryLater', () => {
  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY])('takes no %d', (delayMs) => {
    expect(() => new RetryLater(delayMs)).toThrow('[bad_delay]');
  });
});
