import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const folder = fileURLToPath(new URL('.', import.meta.url));

/**
 * Bundles a script for processes to run: translating each source anew in ninety processes would take longer than timing.
 * It stands in bench/, where it finds the rivals.
 *
 * @returns Its path.
 */
export async function bundle(entry: string): Promise<string> {
  await build({
    entryPoints: [`${folder}${entry}.ts`],
    outdir: `${folder}dist`,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'es2022',
    logLevel: 'warning',
  });
  return `${folder}dist/${entry}.mjs`;
}
