import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { cp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { chromiumArgs, chromiumPath } from '../../../scripts/chromium.mjs';

/** Whether a process of a group is alive; those that are dead and not yet fetched by their parent are not. */
async function isRunning(group: number): Promise<boolean> {
  const names = await readdir('/proc').catch((): string[] => []);
  const stats = names
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readFile(`/proc/${name}/stat`, 'latin1').catch(() => ''));
  // After the program's name, in parentheses: state, parent, group.
  const fields = (await Promise.all(stats)).map((stat) => stat.slice(stat.lastIndexOf(')') + 2).split(' '));
  return fields.some(([state, , own]) => own === String(group) && state !== 'Z' && state !== 'X');
}

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
    // The first of them may be gone while another still writes: files that two browsers have at once are soon damaged.
    while (await isRunning(child.pid)) await setTimeout(5);
  }

  /** Another one with the same files, as a backup program makes it; the browser is not running. */
  async copy(): Promise<Profile> {
    const copy = new Profile();
    // The lock names a process that is gone.
    const filter = (path: string): boolean => !basename(path).startsWith('Singleton');
    await cp(this.folder, copy.folder, { recursive: true, filter });
    return copy;
  }

  async delete(): Promise<void> {
    await this.kill();
    // Killed processes' files are let go a moment after the first of them.
    await rm(this.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}
