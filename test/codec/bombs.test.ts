import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import type { Report } from './bomb-child.ts';

const MIB = 2 ** 20;
const child = fileURLToPath(new URL('./bomb-child.ts', import.meta.url));
const hooks = new URL('../../scripts/ts.mjs', import.meta.url).href;

it('frames that claim much and hold little cost neither kernel memory, in a heap of 64 MB', async () => {
  const options = ['--max-old-space-size=64', '--expose-gc', '--import', hooks, child];
  const { stdout } = await promisify(execFile)(process.execPath, options);
  const reports = JSON.parse(stdout) as Report[];
  console.log(reports.map(({ others, ...figures }) => JSON.stringify(figures)).join('\n'));
  expect(reports.map(({ name }) => name)).toEqual(['wasm', 'portable']);
  for (const { bombs, others, arena, external } of reports) {
    expect(bombs).toBeGreaterThan(5000);
    expect(others).toEqual([]);
    expect(arena).toBeLessThanOrEqual(2 * MIB);
    expect(external).toBeLessThanOrEqual(2 * MIB);
  }
});
