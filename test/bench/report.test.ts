import { describe, expect, it } from 'vitest';
import { chart } from '../../bench/chart.ts';
import type { Figures } from '../../bench/compare.ts';
import { figure } from '../../bench/markdown.ts';
import { median } from '../../bench/measure.ts';
import { bestRival, bytesTable, ownTable, type Rows, ratiosTable, shortTable, timesTable } from '../../bench/tables.ts';

function figures(bytes: number, encode: number, decode: number, more: Record<string, number> = {}): Figures {
  return { bytes, microseconds: { encode, decode, ...more } };
}

const rows: Rows = {
  W1: { crudp: figures(100, 4, 8), JSON: figures(200, 2, 80), avsc: figures(80, 6, 400) },
  W4: {
    crudp: figures(700, 10, 20, { open: 2, floor: 5, 'encode floor': 6 }),
    'crudp portable': figures(700, 15, 10, { open: 6, floor: 5, 'encode floor': 4 }),
    avsc: figures(1000, 1234, 30),
  },
};

describe('Benchmark report', () => {
  it('takes medians', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });

  it('writes three figures', () => {
    expect([0.1234, 12.345, 123.45, 1_234_567].map(figure)).toEqual(['0.12', '12.3', '123', '1 234 567']);
  });

  it('never takes our own codecs for a rival', () => {
    const quickest = { crudp: figures(1, 1, 1), 'crudp portable': figures(1, 2, 2), bebop: figures(1, 3, 3) };
    expect(bestRival(quickest, 'encode')).toEqual({ codec: 'bebop', value: 3 });
    expect(bestRival({ crudp: figures(1, 1, 1) }, 'encode')).toBeUndefined();
  });

  it('compares with the best rival of each row, losing rows too', () => {
    expect(ratiosTable(rows).split('\n').slice(2)).toEqual([
      '| W1 | 0.50 (wanted 1.1) |  | JSON | 10.00 (wanted 1) |  | JSON | 1.25 (wanted 1.45) |',
      '| W4 | 123.40 (wanted 2) | 82.27 | avsc | 1.50 (wanted 2.5) | 3.00 | avsc | 0.70 (wanted 0.7) |',
    ]);
    expect(shortTable(rows)).toContain('| W1: one user | 4.00 | 2.00 JSON | **0.50** | 8.00 | 80.0 JSON | **10.00** |');
  });

  it('compares the module with its twin and with the floors', () => {
    expect(ownTable(rows).split('\n').at(-1)).toBe('| W4 | 1.50 | 0.50 | 3.00 |  | 4.00 | 6.00 | 2.50 | 308.50 |');
  });

  it('marks the quickest, and leaves out who did not run', () => {
    expect(timesTable(rows, 'encode')).toBe(
      [
        '| encode, µs | crudp | crudp portable | JSON | avsc |',
        '| --- | ---: | ---: | ---: | ---: |',
        '| W1 | 4.00 |  | **2.00** | 6.00 |',
        '| W4 | **10.0** | 15.0 |  | 1 234 |',
      ].join('\n'),
    );
    expect(bytesTable(rows).split('\n').at(-1)).toBe('| W4 | 700 |  | 1 000 |');
  });

  it('counts the fewest bytes that Avro can do with', () => {
    const two: Rows = { W4u: { crudp: figures(50, 1, 1), avsc: figures(200, 1, 1), 'avsc ticks': figures(100, 1, 1) } };
    expect(ratiosTable(two)).toMatch(/0\.50 \|$/);
  });

  it('takes encoding in parts where there are blobs', () => {
    const blobs: Rows = { W6: { crudp: figures(9, 50, 1, { 'encode in parts': 5 }), bebop: figures(9, 100, 1) } };
    expect(ratiosTable(blobs)).toContain('| W6 | 20.00 (wanted 20) |');
    expect(shortTable(blobs)).toContain('| W6: 20 blobs of 64 KB | 5.00 | 100 bebop | **20.00** |');
  });

  it('draws a dot for each rival and a ring for the twin, the far ones at the edge', () => {
    const drawn = chart(rows, 'a machine');
    expect(drawn.match(/<circle class="(best|rival)"/g)).toHaveLength(6);
    expect(drawn.match(/<circle class="twin"/g)).toHaveLength(2);
    const places = [...drawn.matchAll(/cx="([\d.]+)"/g)].map(([, x]) => Number(x));
    // avsc takes 123 times our time in W4's encode: drawn at the first panel's right edge, 60 + 360.
    expect(places).toContain(420);
    expect(Math.max(...places)).toBeLessThanOrEqual(830);
    expect(drawn).toContain('prefers-color-scheme: dark');
  });
});
