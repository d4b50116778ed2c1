// Runs a TypeScript file on any Node: node scripts/run.mjs FILE.ts [ARGS]
import { spawn } from 'node:child_process';

/**
 * @param {string} file
 * @param {string[]} args
 */
export function runTs(file, args = []) {
  const hooks = new URL('./ts.mjs', import.meta.url).href;
  const options = [...process.execArgv, '--enable-source-maps', '--import', hooks];
  const child = spawn(process.execPath, [...options, file, ...args], { stdio: 'inherit' });
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 143);
  });
  return child;
}

const [script, file, ...args] = process.argv.slice(1);
if (script === new URL(import.meta.url).pathname) {
  if (file) runTs(file, args);
  else {
    console.error('usage: node scripts/run.mjs FILE.ts [ARGS]');
    process.exitCode = 2;
  }
}
