// npm start: builds what is stale, bundles the page, runs the demo's server on PORT (8080).
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { buildTs, buildWasm, root, tsIsStale, wasmIsStale } from './build.mjs';
import { runTs } from './run.mjs';

const server = join(root, 'demo/server.ts');
const pages = ['demo/page/main.ts'].map((page) => join(root, page)).filter((page) => existsSync(page));

if (!existsSync(server)) {
  console.error('demo/server.ts does not exist yet.');
  process.exit(1);
}
if (wasmIsStale()) buildWasm();
if (tsIsStale()) buildTs();

await build({
  entryPoints: pages,
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
process.env.PORT ??= '8080';
runTs(server, process.argv.slice(2));
