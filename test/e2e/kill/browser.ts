import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { chromiumArgs, chromiumPath } from '../../../scripts/chromium.mjs';

/** A browser profile whose browser may be killed and started again. Driven by the pages it shows, and by nothing else. */
export class Profile {
  private readonly folder = mkdtempSync(join(tmpdir(), 'crudp-kill-'));
  private child: ChildProcess | undefined;

  show(url: string): void {
    const profile = `--user-data-dir=${this.folder}`;
    const args = [...chromiumArgs, '--headless=new', '--no-first-run', '--disable-sync', profile, url];
    // A process group of its own: its helper processes die with it.
    this.child = spawn(chromiumPath, args, { detached: true, stdio: 'ignore' });
  }

  /** As when the battery is empty: every process of it at once, without a word. */
  async kill(): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (!child?.pid) return;
    const exited = once(child, 'exit');
    process.kill(-child.pid, 'SIGKILL');
    await exited;
  }

  /** Another one with the same files, as a backup program makes it; the browser is not running. */
  async copy(): Promise<Profile> {
    const copy = new Profile();
    // The lock names a process that is gone.
    const filter = (path: string): boolean => !basename(path).startsWith('Singleton');
    await cp(this.folder, copy.folder, { recursive: true, filter });
    return copy;
  }

  /** As when a disk has failed: bytes in the midst of what IndexedDB has written; the browser is not running. */
  async damage(): Promise<void> {
    const files = await readdir(this.folder, { recursive: true });
    // What LevelDB has not gone over to its tables yet, which is all of a young database.
    const logs = files.filter((file) => /IndexedDB.*\.log$/.test(file));
    if (logs.length === 0) throw new Error('no log of an IndexedDB is in the profile');
    for (const log of logs) {
      const path = join(this.folder, log);
      const bytes = await readFile(path);
      await writeFile(path, bytes.fill(0x5a, bytes.length >>> 2, bytes.length >>> 1));
    }
  }

  async delete(): Promise<void> {
    await this.kill();
    // Killed processes' files are let go a moment after the first of them.
    await rm(this.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}
