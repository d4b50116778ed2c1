import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../../..');

/** A line of the server's own log. */
export interface LogLine {
  readonly event: string;
  readonly method?: string;
  readonly path?: string;
  readonly status?: number;
  readonly packets?: number;
  readonly appended?: number;
  readonly reqId?: string;
  readonly [fact: string]: unknown;
}

/** The demo's server as a process of its own, over a folder that outlives it. */
export class DemoServer {
  readonly folder: string;
  url = '';
  private port = 0;
  private child: ChildProcess | undefined;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** On the port it had before, if it had one. */
  async start(): Promise<void> {
    const env = { ...process.env, PORT: String(this.port), DATA: this.folder };
    const args = ['--import', join(root, 'scripts/ts.mjs'), join(root, 'demo/server.ts')];
    const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child = child;
    let errors = '';
    child.stderr.on('data', (part: Buffer) => {
      errors += part;
    });
    await new Promise<void>((resolve, reject) => {
      let text = '';
      child.once('exit', (code) => reject(new Error(`the demo's server ended with ${code}: ${errors}`)));
      child.stdout.on('data', (part: Buffer) => {
        text += part;
        const line = text.split('\n').find((one) => one.includes('"event":"listening"'));
        if (!line || !text.endsWith('\n')) return;
        this.url = (JSON.parse(line) as { url: string }).url;
        this.port = Number(new URL(this.url).port);
        resolve();
      });
    });
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }

  /** What the server has logged so far, whole lines only. */
  log(): LogLine[] {
    const text = readFileSync(join(this.folder, 'server.log'), 'utf8');
    const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as LogLine);
  }
}
