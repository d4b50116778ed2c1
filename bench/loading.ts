import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { median } from './measure.ts';

export const loadingWays = [
  'embedded, sync',
  'embedded, async',
  'asset, streaming',
  'twin without WebAssembly',
] as const;
export type LoadingWay = (typeof loadingWays)[number];

/**
 * Milliseconds from the start of loading to the end of the first frame's round trip, each time in a new process in
 * which nothing is compiled yet; the time to read and parse the script itself is not in it.
 */
export async function timeLoading(rounds: number): Promise<Record<LoadingWay, number>> {
  const folder = mkdtempSync(join(tmpdir(), 'crudp-bench-'));
  try {
    const script = join(folder, 'page.mjs');
    const entry = fileURLToPath(new URL('./loading-page.ts', import.meta.url));
    await build({
      entryPoints: [entry],
      outfile: script,
      bundle: true,
      minify: true,
      format: 'esm',
      platform: 'node',
      target: 'es2022',
    });
    const asset = fileURLToPath(new URL('../dist/codec.wasm', import.meta.url));
    const samples = new Map<LoadingWay, number[]>(loadingWays.map((way) => [way, []]));
    for (let round = 0; round < rounds; round++) {
      for (const way of loadingWays) {
        const child = fork(script, [way, asset], { execArgv: [] });
        const exit = once(child, 'exit');
        const [milliseconds] = await Promise.race([once(child, 'message'), exit.then(fail)]);
        await exit;
        samples.get(way)?.push(milliseconds as number);
      }
    }
    return Object.fromEntries([...samples].map(([way, values]) => [way, median(values)])) as Record<LoadingWay, number>;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function fail(): never {
  throw new Error('a page ended without its first frame');
}
