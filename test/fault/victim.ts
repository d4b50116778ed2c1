import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { build } from 'esbuild';
import { onTestFinished } from 'vitest';

const root = join(import.meta.dirname, '../..');

interface Line {
  readonly event: string;
  readonly port?: number;
  readonly reqId?: string;
  readonly at?: string;
  readonly code?: string;
  readonly seq?: number;
}

/** Bundles kill-server.ts as an application bundles its server. @returns Where it is, and how to remove it. */
export async function bundleServer(): Promise<{ readonly file: string; remove(): void }> {
  const folder = mkdtempSync(join(tmpdir(), 'crudp-server-'));
  await build({
    entryPoints: {
      'kill-server': join(root, 'test/fault/kill-server.ts'),
      'failing-driver': join(root, 'test/fault/failing-driver.ts'),
      'sqlite-worker': join(root, 'src/sqlite-worker.ts'),
    },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
  });
  return { file: join(folder, 'kill-server.mjs'), remove: () => rmSync(folder, { recursive: true }) };
}

/** A server process and its log. */
export class Victim {
  url = '';
  /** Resolves with how it ended, once all it said has been heard. */
  readonly ended: Promise<string>;
  private readonly child: ChildProcess;
  private readonly lines: Line[] = [];
  private wake: () => void = () => {};

  /** @param args Where its journal is, and more. It ends with the test. */
  constructor(file: string, ...args: readonly string[]) {
    // From the repository, so that libsql, which cannot be bundled, is found.
    this.child = spawn(process.execPath, [file, ...args], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
    this.ended = once(this.child, 'close').then(([code, signal]) => String(signal ?? code));
    onTestFinished(() => this.kill());
    createInterface({ input: this.child.stdout as Readable }).on('line', (line) => {
      this.lines.push(JSON.parse(line) as Line);
      this.wake();
    });
  }

  /** Resolves once so many lines fit. */
  async said(fits: (line: Line) => boolean, count = 1): Promise<Line> {
    for (;;) {
      const found = this.lines.filter(fits)[count - 1];
      if (found) return found;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  async start(): Promise<this> {
    this.url = `http://127.0.0.1:${(await this.said(({ event }) => event === 'listening')).port}/api`;
    return this;
  }

  signal(name: 'SIGSTOP' | 'SIGCONT' | 'SIGTERM'): void {
    this.child.kill(name);
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGKILL');
    await this.ended;
  }
}
