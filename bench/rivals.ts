import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('.', import.meta.url));

/** Installs the rivals, once: they are in no one's way who does not run the benchmarks. */
export function installRivals(): void {
  if (existsSync(`${folder}node_modules/avsc`)) return;
  console.log('bench/node_modules is missing: installing the rivals (npm ci in bench/, some 3 MB) ...');
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: folder, stdio: 'inherit' });
  if (status !== 0) throw new Error('npm ci in bench/ failed; the benchmarks cannot run without it');
}
