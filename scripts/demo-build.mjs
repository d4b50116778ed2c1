import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { buildTs, buildWasm, root, tsIsStale, wasmIsStale } from './build.mjs';

/** Builds what is stale of the package, and the demo's page into demo/dist/. */
export async function buildDemo() {
  if (wasmIsStale()) buildWasm();
  if (tsIsStale()) buildTs();
  const outdir = join(root, 'demo/dist');
  rmSync(outdir, { recursive: true, force: true });
  await build({
    entryPoints: ['main.ts', 'style.css'].map((file) => join(root, 'demo/page', file)),
    outdir,
    bundle: true,
    format: 'esm',
    // What is imported when it is wanted, as the client's uploader is, becomes a file of its own.
    splitting: true,
    chunkNames: 'part-[hash]',
    // Below es2022 esbuild would write class fields and top-level await another way.
    target: 'es2022',
    sourcemap: true,
    logLevel: 'warning',
    // Without the `paths` of tsconfig.json: page and server both take `crudp` as users get it, from dist/.
    tsconfigRaw: {},
  });
}
