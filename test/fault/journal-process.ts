import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '../..');

/** journal-child.ts, bundled as an application bundles its server: the journal's thread as a second entry point. */
export class JournalProcess {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async build(): Promise<JournalProcess> {
    // Inside the repository, so that libsql, which can't be bundled, is found from there.
    const folder = mkdtempSync(join(tmpdir(), 'crudp-child-'));
    await build({
      entryPoints: {
        'journal-child': join(root, 'test/fault/journal-child.ts'),
        'sqlite-worker': join(root, 'src/sqlite-worker.ts'),
      },
      outdir: folder,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
    });
    return new JournalProcess(folder);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true });
  }

  start(mode: 'hold' | 'accept' | 'run', file: string, seed = 1): Run {
    const args = [join(this.#folder, 'journal-child.mjs'), mode, file, String(seed)];
    return new Run(spawn(process.execPath, args, { cwd: root, stdio: ['pipe', 'pipe', 'inherit'] }));
  }
}

/** A child at work, and what it has acknowledged. */
export class Run {
  readonly lines: string[] = [];
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #until: { count: number; resolve(): void } | undefined;

  constructor(child: ChildProcess) {
    this.#child = child;
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    lines.on('line', (line) => {
      this.lines.push(line);
      if (this.lines.length >= (this.#until?.count ?? Number.POSITIVE_INFINITY)) this.#until?.resolve();
    });
    // All it wrote before it died has been read by then.
    this.#ended = new Promise((resolve) => lines.on('close', resolve));
  }

  /** Resolves after so many lines, or when the child has ended. */
  async wrote(count: number): Promise<void> {
    if (this.lines.length >= count) return;
    const reached = new Promise<void>((resolve) => {
      this.#until = { count, resolve };
    });
    await Promise.race([reached, this.#ended]);
  }

  /** SIGKILL: nothing of it runs any more, nothing is flushed. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}
