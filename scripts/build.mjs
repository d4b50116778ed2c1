// The whole build, or one step of it: node scripts/build.mjs [wasm | ts]
//   wasm  assembly/ -> dist/codec.wasm -> src/lib/codec/wasm-bytes.generated.ts
//   ts    src/ -> dist/src, with declarations and source maps
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** @param {string[]} args */
function run(...args) {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) throw new Error(`node ${args.join(' ')} failed`);
}

const wasmOpt = [
  '-Oz',
  // What a call costs more than the body it calls: brotli likes the bodies better too.
  '--always-inline-max-function-size=9',
  '--converge',
  '--low-memory-unused',
  '--enable-simd',
  '--enable-bulk-memory',
  '--enable-nontrapping-float-to-int',
  '--enable-sign-ext',
  '--enable-mutable-globals',
];

export function buildWasm() {
  if (!existsSync(join(root, 'assembly/index.ts'))) {
    console.log('assembly/index.ts does not exist yet: no module is built.');
    return;
  }
  run('node_modules/assemblyscript/bin/asc.js', '--config', 'asconfig.json', '--target', 'release');
  // What asc leaves of its own: offsets that could stand in the loads, blocks that could be one; 2 % of the bytes.
  run('node_modules/binaryen/bin/wasm-opt', ...wasmOpt, 'dist/codec.wasm', '-o', 'dist/codec.wasm');
  run('assembly/embed.mjs', 'dist/codec.wasm', 'src/lib/codec/wasm-bytes.generated.ts');
}

export function buildTs() {
  // Files deleted from src/ must not live on in the package.
  for (const name of ['src', 'assembly']) rmSync(join(root, 'dist', name), { recursive: true, force: true });
  run('node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json');
}

/**
 * @param {string} path A file, or a folder for the newest file in it; 0 if there is none.
 * @returns {number}
 */
function modifiedMs(path) {
  const full = join(root, path);
  if (!existsSync(full)) return 0;
  const stat = statSync(full);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(0, ...readdirSync(full).map((name) => modifiedMs(join(path, name))));
}

export function wasmIsStale() {
  const built = Math.min(modifiedMs('dist/codec.wasm'), modifiedMs('src/lib/codec/wasm-bytes.generated.ts'));
  return built < Math.max(modifiedMs('assembly'), modifiedMs('asconfig.json'));
}

export function tsIsStale() {
  return modifiedMs('dist/src') < Math.max(modifiedMs('src'), modifiedMs('assembly/protocol.ts'));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const step = process.argv[2];
  try {
    if (step !== 'ts') buildWasm();
    if (step !== 'wasm') buildTs();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
