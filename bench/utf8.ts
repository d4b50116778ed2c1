import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { bundle } from './bundle.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Microseconds to judge 64 KB of text, by text and judge. */
export type Utf8Figures = Record<'ascii' | 'spanish', Record<'wasm' | 'portable' | 'TextDecoder', number>>;

export async function timeUtf8(): Promise<Utf8Figures> {
  const child = fork(await bundle('utf8-process'), [root], { execArgv: [] });
  const exit = once(child, 'exit').then(([code]) => {
    throw new Error(`the process that judges UTF-8 ended with ${code}`);
  });
  const [figures] = await Promise.race([once(child, 'message'), exit]);
  exit.catch(() => undefined);
  child.kill();
  return figures as Utf8Figures;
}
