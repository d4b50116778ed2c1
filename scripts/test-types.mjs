// npm run test:types: packs the package, unpacks it where a user would have it, and compiles test/types/*.ts and the
// README's files against it.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildTs, buildWasm, root, tsIsStale, wasmIsStale } from './build.mjs';
import { sixtyHandlers } from './sixty-handlers.mjs';

const source = join(root, 'test/types');
const typescript = join(root, 'node_modules/typescript/bin/tsc');
const timed = 'sixty-handlers.ts';

/** What a user of the package has installed beside it. */
const installed = ['eventsource-parser', 'idb', '@types/node'];

/** @type {Record<string, string | Record<string, string>>} */
const exported = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).exports;

const compilerOptions = {
  target: 'es2023',
  lib: ['es2023', 'dom', 'dom.iterable', 'dom.asynciterable'],
  module: 'nodenext',
  types: ['node'],
  strict: true,
  // Off, so that the package's own declarations are judged too.
  skipLibCheck: false,
  noEmit: true,
  allowImportingTsExtensions: true,
};

if (!existsSync(source)) {
  console.error('test/types has no files.');
  process.exit(1);
}
if (wasmIsStale()) buildWasm();
if (tsIsStale()) buildTs();

const folder = mkdtempSync(join(tmpdir(), 'crudp-types-'));
try {
  const crudp = join(folder, 'node_modules/crudp');
  mkdirSync(crudp, { recursive: true });
  mkdirSync(join(folder, 'node_modules/@types'));
  for (const name of installed) symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name));

  // --ignore-scripts: `prepare` would build again.
  const pack = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
  const [tarball] = JSON.parse(
    execFileSync('npm', pack, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
  );
  execFileSync('tar', ['-xzf', join(folder, tarball.filename), '--strip-components=1', '-C', crudp]);
  console.log(
    `${tarball.filename}: ${tarball.entryCount} files, ${tarball.size} bytes packed, ${tarball.unpackedSize} unpacked`,
  );

  let failed = false;
  for (const [name, targets] of Object.entries(exported)) {
    for (const target of typeof targets === 'string' ? [targets] : Object.values(targets)) {
      if (existsSync(join(crudp, target))) continue;
      console.error(`package.json exports ${name}, but ${target} is not in the package`);
      failed = true;
    }
  }

  cpSync(source, folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module', private: true }));
  const files = readdirSync(source).filter((name) => name.endsWith('.ts'));
  failed = !compile(files, []) || failed;
  failed = !compile(readmeFiles(), []) || failed;
  writeFileSync(join(folder, timed), sixtyHandlers);
  failed = !compile([timed], ['--extendedDiagnostics', '--skipLibCheck']) || failed;
  if (failed) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/**
 * Writes the README's code blocks that begin with a file name.
 *
 * @returns {string[]} Their paths.
 */
function readmeFiles() {
  mkdirSync(join(folder, 'readme'));
  const text = readFileSync(join(root, 'README.md'), 'utf8');
  return [...text.matchAll(/```ts\n\/\/ (\S+\.ts)\n(.*?)```/gs)].map(([, name, code]) => {
    const path = join('readme', String(name));
    writeFileSync(join(folder, path), String(code));
    return path;
  });
}

/**
 * @param {string[]} files
 * @param {string[]} flags
 * @returns {boolean} Whether they compile.
 */
function compile(files, flags) {
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
  const { status, stdout } = spawnSync(process.execPath, [typescript, '--pretty', 'false', ...flags], {
    cwd: folder,
    encoding: 'utf8',
  });
  const lines = stdout.split('\n');
  for (const line of lines) if (/error TS|^ {2}/.test(line)) console.error(`test/types/${line}`);
  const time = lines.find((line) => line.startsWith('Check time'))?.match(/[\d.]+s/)?.[0];
  console.log(
    `${files.length === 1 ? files[0] : `${files.length} files`}: ${status === 0 ? 'ok' : 'failed'}${time ? `, checked in ${time}` : ''}`,
  );
  return status === 0;
}
