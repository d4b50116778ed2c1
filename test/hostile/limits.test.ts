import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { counts } from './limits/counts.ts';
import { days } from './limits/days.ts';
import { times } from './limits/times.ts';

const probes = { ...counts, ...times, ...days };

describe('A limit', () => {
  it('is tried at its edge, each that docs/server.md lists', () => {
    const text = readFileSync(join(import.meta.dirname, '../../docs/server.md'), 'utf8');
    const rows = [...text.slice(text.indexOf('## Limits')).matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
    expect(Object.keys(probes).sort()).toEqual(rows.sort());
  });

  const tries = Object.entries(probes).flatMap(([name, probe]) =>
    [-1, 0, 1].map((more) => [name, more, probe] as const),
  );

  it.each(tries)('%s at %d', async (_name, more, probe) => {
    expect(await probe.try(probe.limit, more)).toBe(more < 0 || (more === 0 && probe.isWithin));
  });
});
