// How long does a person wait for the client? From a call to `saved`, until a long queue is answered, and until a network
// that is back has brought a result. A real Chromium with IndexedDB on disk, a real server with SQLite on disk in a process
// of its own, on the loopback of one machine; each figure several times, in turns, as median.
// npm run bench:client -- [ROUNDS]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { chromium, type Page } from 'playwright-core';
import { chromiumArgs, chromiumPath } from '../../scripts/chromium.mjs';
import type { PageBench } from './page.ts';

const root = join(import.meta.dirname, '../..');
const rounds = Number(process.argv[2] ?? 5);
const packets = 10_000;
const calls = 200;

const folder = mkdtempSync(join(tmpdir(), 'crudp-bench-'));
await build({
  entryPoints: [join(root, 'bench/client/page.ts')],
  outfile: join(folder, 'page.js'),
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
});
const server = spawn(process.execPath, [...process.execArgv, join(root, 'bench/client/server.ts'), folder], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
const [line] = (await once(server.stdout, 'data')) as [Buffer];
const context = await chromium.launchPersistentContext(join(folder, 'profile'), {
  executablePath: chromiumPath,
  args: chromiumArgs,
});
const page = await context.newPage();
await page.goto(`http://127.0.0.1:${String(line).trim()}/`);

type Measured = { readonly bench: PageBench };
const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1] as number;

const figures: Record<string, { limitMs?: number; values: number[] }> = {
  'floor: one strict put into IndexedDB (p50)': { values: [] },
  'enqueue to saved, offline (p50)': { limitMs: 3, values: [] },
  'enqueue to saved, while sending (p50)': { values: [] },
  [`${packets} packets drained and answered`]: { limitMs: 2000, values: [] },
  'network back to first result': { limitMs: 300, values: [] },
};

async function networkBack(on: Page): Promise<number> {
  await on.evaluate(() => (globalThis as unknown as Measured).bench.prepareReturn());
  await context.setOffline(true);
  await context.setOffline(false);
  return on.evaluate(() => (globalThis as unknown as Measured).bench.whenReturned());
}

for (let round = 0; round < rounds; round++) {
  const values = [
    median(await page.evaluate((count) => (globalThis as unknown as Measured).bench.put(count), calls)),
    median(await page.evaluate((count) => (globalThis as unknown as Measured).bench.save(count, false), calls)),
    median(await page.evaluate((count) => (globalThis as unknown as Measured).bench.save(count, true), calls)),
    await page.evaluate((count) => (globalThis as unknown as Measured).bench.drain(count), packets),
    await networkBack(page),
  ];
  for (const [index, figure] of Object.values(figures).entries()) figure.values.push(values[index] as number);
}

console.log(
  `${cpus().length} x ${cpus()[0]?.model}, Node ${process.version}, Chromium ${context.browser()?.version() ?? ''}`,
);
console.log(`median of ${rounds} rounds (least to most)`);
for (const [name, { limitMs, values }] of Object.entries(figures)) {
  const middle = median(values);
  const range = `${(values[0] as number).toFixed(1)} to ${(values.at(-1) as number).toFixed(1)}`;
  const goal = limitMs === undefined ? '' : `  goal ${limitMs} ms${middle > limitMs ? ': MISSED' : ''}`;
  console.log(`${name.padEnd(42)} ${middle.toFixed(1).padStart(8)} ms (${range})${goal}`);
}

await context.close();
server.kill();
await once(server, 'exit');
// Chromium's helper processes write for a moment after it has gone.
await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
