// What a page has to load, against the budgets: npm run size
//   npm run size -- --files    also what each file adds to a bundle, minified, before compression
//
// `wanted` is the budget. `held`, where that is not reached yet, is what was measured last and 1 or 2 % for a fix: nothing
// may grow above it, and whoever gets well below it writes the new figure here.
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { buildWasm, root, wasmIsStale } from './build.mjs';

const { values: flags } = parseArgs({ options: { files: { type: 'boolean', default: false } } });

/**
 * @typedef {object} Budget
 * @property {string} name
 * @property {number} wanted bytes
 * @property {number} [held] bytes; absent where `wanted` is reached
 * @property {() => number | Promise<number>} measure
 */

/** Whatever is in the codec's folder: the kernels, the module, the twin. */
const codecFolder = /[\\/]lib[\\/]codec[\\/]/;

/**
 * An entry as a page's bundler makes it, minified and compressed as a server sends it: what a page loads to begin with,
 * without the parts that are imported when they are wanted.
 *
 * @param {string} entry
 * @param {RegExp} [leftOut] Files that are not bundled, and not counted.
 */
async function bundledGzip(entry, leftOut) {
  const { outputFiles, metafile } = await build({
    entryPoints: [join(root, entry)],
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    legalComments: 'none',
    write: false,
    splitting: true,
    outdir: join(root, 'out'),
    metafile: true,
    absWorkingDir: root,
    plugins: leftOut ? [leaveOut(leftOut)] : [],
  });
  const loaded = staticallyLoaded(metafile, entry);
  if (flags.files) {
    const inputs = loaded.flatMap((path) => Object.entries(metafile.outputs[path]?.inputs ?? {}));
    for (const [path, { bytesInOutput }] of inputs.sort(([, a], [, b]) => b.bytesInOutput - a.bytesInOutput)) {
      console.log(`${String(bytesInOutput).padStart(8)} ${path}`);
    }
  }
  const sizes = outputFiles.map(({ path, contents }) =>
    loaded.includes(relative(root, path)) ? gzipSync(contents, { level: 9 }).length : 0,
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

/**
 * @param {import('esbuild').Metafile} metafile
 * @param {string} entry
 */
function staticallyLoaded({ outputs }, entry) {
  const loaded = Object.keys(outputs).filter((path) => outputs[path]?.entryPoint === entry);
  for (const path of loaded) {
    for (const { path: other, kind } of outputs[path]?.imports ?? []) {
      if (kind === 'import-statement' && other in outputs && !loaded.includes(other)) loaded.push(other);
    }
  }
  return loaded;
}

/**
 * @param {RegExp} pattern
 * @returns {import('esbuild').Plugin}
 */
function leaveOut(pattern) {
  return {
    name: 'leave-out',
    setup({ onResolve }) {
      onResolve({ filter: /^\./ }, ({ path, resolveDir }) =>
        pattern.test(join(resolveDir, path)) ? { path, external: true } : undefined,
      );
    },
  };
}

const wasm = () => readFileSync(join(root, 'dist/codec.wasm'));
const KiB = 1024;

/** @type {Budget[]} */
const budgets = [
  { name: 'codec.wasm', wanted: 9000, measure: () => wasm().length },
  { name: 'codec.wasm, brotli', wanted: 3600, held: 4200, measure: () => brotliCompressSync(wasm()).length },
  { name: 'crudp/codec, gzip', wanted: 13 * KiB, held: 29_400, measure: () => bundledGzip('src/codec.ts') },
  {
    name: 'crudp/client without codec, gzip',
    wanted: 9 * KiB,
    held: 27_700,
    measure: () => bundledGzip('src/client.ts', codecFolder),
  },
  { name: 'crudp/client, gzip', wanted: 21 * KiB, held: 55_300, measure: () => bundledGzip('src/client.ts') },
];

if (wasmIsStale()) buildWasm();
for (const { name, wanted, held = wanted, measure } of budgets) {
  const bytes = await measure();
  const over = bytes - wanted;
  const verdict = over > 0 ? `${over} over, held at ${held}` : 'ok';
  console.log(`${name.padEnd(34)} ${String(bytes).padStart(6)} B  wanted ${String(wanted).padStart(6)}  ${verdict}`);
  if (bytes > held) {
    console.error(`${name}: ${bytes} bytes are ${bytes - held} more than are allowed`);
    process.exitCode = 1;
  }
}
