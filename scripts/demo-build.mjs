import { join } from 'node:path';
import { build } from 'esbuild';
import { buildTs, buildWasm, root, tsIsStale, wasmIsStale } from './build.mjs';

/** Builds what is stale of the package, and the demo's page into demo/dist/. */
export async function buildDemo() {
  if (wasmIsStale()) buildWasm();
  if (tsIsStale()) buildTs();
  await build({
    entryPoints: ['main.ts', 'style.css'].map((file) => join(root, 'demo/page', file)),
    outdir: join(root, 'demo/dist'),
    bundle: true,
    format: 'esm',
    // Below es2022 esbuild would write class fields and top-level await another way.
    target: 'es2022',
    sourcemap: true,
    logLevel: 'warning',
    // Without the `paths` of tsconfig.json: page and server both take `crudp` as users get it, from dist/.
    tsconfigRaw: {},
  });
}
