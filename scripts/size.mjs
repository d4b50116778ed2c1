// What a page has to load, against the budgets: npm run size
//   npm run size -- --files    also what each file adds to a bundle, minified, before compression
//
// `wanted` is the budget. `held`, where that is not reached yet, is what was measured last and 1 or 2 % for a fix: nothing
// may grow above it, and whoever gets well below it writes the new figure here.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
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
 * What a page fetches to run an import, as its bundler makes it, minified and compressed as a server sends it; not what the
 * page fetches later, if ever (`import()`).
 *
 * @param {string} code
 * @param {RegExp} [leftOut] Files that are not bundled, and not counted.
 */
async function bundledGzip(code, leftOut) {
  const { outputFiles, metafile } = await build({
    stdin: { contents: code, resolveDir: root, sourcefile: 'page.js' },
    bundle: true,
    splitting: true,
    outdir: 'page',
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    legalComments: 'none',
    write: false,
    metafile: true,
    absWorkingDir: root,
    plugins: leftOut ? [leaveOut(leftOut)] : [],
  });
  let bytes = 0;
  const fetched = Object.keys(metafile.outputs).filter((path) => metafile.outputs[path]?.entryPoint === 'page.js');
  for (const path of fetched) {
    const { imports = [], inputs = {} } = metafile.outputs[path] ?? {};
    if (flags.files) {
      for (const [name, { bytesInOutput }] of Object.entries(inputs).sort(
        ([, a], [, b]) => b.bytesInOutput - a.bytesInOutput,
      )) {
        console.log(`${String(bytesInOutput).padStart(8)} ${name}`);
      }
    }
    const file = outputFiles.find((output) => output.path === join(root, path));
    bytes += gzipSync(file?.contents ?? new Uint8Array(), { level: 9 }).length;
    for (const { kind, path: next, external } of imports) {
      if (kind === 'import-statement' && !external && !fetched.includes(next)) fetched.push(next);
    }
  }
  return bytes;
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
  { name: 'codec.wasm, brotli', wanted: 3600, held: 4320, measure: () => brotliCompressSync(wasm()).length },
  {
    name: 'crudp/codec, gzip',
    wanted: 13 * KiB,
    held: 30_900,
    measure: () => bundledGzip("export * from './src/codec.ts'"),
  },
  {
    name: 'codec of crudp/client, gzip',
    wanted: 13 * KiB,
    held: 20_960,
    measure: () => bundledGzip("export { loadCodec } from './src/lib/codec/load.ts'"),
  },
  {
    name: 'crudp/client without codec, gzip',
    wanted: 9 * KiB,
    held: 26_130,
    measure: () => bundledGzip("export * from './src/client.ts'", codecFolder),
  },
  {
    name: 'crudp/client, gzip',
    wanted: 21 * KiB,
    held: 46_950,
    measure: () => bundledGzip("export * from './src/client.ts'"),
  },
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
