import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { latencyChart } from '../../bench/server/latency-chart.ts';
import type { Figure } from '../../bench/server/publish.ts';

const root = new URL('../..', import.meta.url);

describe('bench:server', () => {
  // Tiny numbers: whether every section measures something, not how much.
  it('measures every section against real servers', { timeout: 240_000 }, async () => {
    const args = ['scripts/run.mjs', 'bench/server/index.ts', '--quick', '--seconds', '0.2'];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root });
    const figures = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Figure[];
    for (const section of [
      'acceptance',
      'one JSON POST',
      'event loop',
      'open loop',
      '`ahead`',
      '`coalesce`',
      'neither',
    ]) {
      expect(figures.filter(({ name }) => name.includes(section)).length, section).toBeGreaterThan(0);
    }
    for (const section of ['idle streams', 'broadcasts', 'one by one', 'healthy', 'paused one']) {
      expect(figures.filter(({ name }) => name.includes(section)).length, section).toBeGreaterThan(0);
    }
    // A figure that is not a number has become null on its way.
    for (const { name, value } of figures) expect(Number.isFinite(value), name).toBe(true);
    const rates = figures.filter(({ name }) => /packets\/s|operations\/s|events\/s/.test(name));
    for (const { name, value } of rates) expect(value, name).toBeGreaterThan(0);
  });

  it('draws more load further to the right, and more time further up', () => {
    const points = [
      { offered: 100, p50: 1, p99: 2 },
      { offered: 400, p50: 10, p99: 100 },
    ];
    const svg = latencyChart(points, 'a machine');
    const at = (name: string) =>
      [...svg.matchAll(new RegExp(`<circle class="${name}" cx="([\\d.]+)" cy="([\\d.]+)"`, 'g'))].map(
        ([, x, y]) => [Number(x), Number(y)] as const,
      );
    const [[leftX, leftY] = [0, 0], [rightX, rightY] = [0, 0]] = at('p99');
    expect(rightX).toBeGreaterThan(leftX);
    expect(rightY).toBeLessThan(leftY);
  });
});
