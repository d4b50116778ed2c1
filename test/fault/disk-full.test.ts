import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { note } from '../server/app.ts';
import { creates, Sender, type SyncAnswer } from '../server/harness.ts';
import { newKillFolder, numbersTo, rowsIn, runsIn } from './kill-folder.ts';
import { LastingClient } from './lasting-client.ts';
import { bundleServer, Victim } from './victim.ts';

const outbox = '00000000000000a1';

/** A disk of its own, as small as that. Gone with the test. @throws where this user may mount nothing. */
function mountDisk(megabytes: number): string {
  const disk = mkdtempSync(join(tmpdir(), 'crudp-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', disk], { stdio: 'ignore' });
  onTestFinished(() => {
    execFileSync('umount', ['--lazy', disk]);
    rmSync(disk, { recursive: true });
  });
  return disk;
}

/** Takes all the space that is left. @returns What gives it back. */
function fill(disk: string): () => void {
  const file = join(disk, 'filler');
  const handle = openSync(file, 'w');
  for (const size of [65_536, 512]) {
    try {
      for (;;) writeSync(handle, new Uint8Array(size));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }
  closeSync(handle);
  return () => unlinkSync(file);
}

function canMount(): boolean {
  const disk = mkdtempSync(join(tmpdir(), 'crudp-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk], { stdio: 'ignore' });
    execFileSync('umount', [disk]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(disk, { recursive: true });
  }
}

const mountable = canMount();

describe('A server whose disk is full', () => {
  let bundle: Awaited<ReturnType<typeof bundleServer>>;
  beforeAll(async () => {
    bundle = await bundleServer();
  });
  afterAll(() => bundle.remove());

  const name = 'says 507, stays alive, and accepts again when there is room';
  it.skipIf(!mountable)(
    mountable ? name : `${name} (skipped: mount is not allowed here)`,
    { timeout: 60_000 },
    async () => {
      const disk = mountDisk(8);
      const folder = newKillFolder(disk);
      const victim = await new Victim(bundle.file, folder).start();
      const sender = new Sender(victim.url, 'ana', outbox);
      const filler = 'x'.repeat(20_000);
      const send = (): Promise<SyncAnswer> => {
        const { seq } = sender.place;
        return sender.post([1, 2, 3].map((step) => creates(seq + step, note(`n${seq + step}`, filler))));
      };
      expect((await send()).status).toBe(202);

      const makeRoom = fill(disk);
      let refused: SyncAnswer | undefined;
      while (!refused) {
        const answer = await send();
        if (answer.status !== 202) refused = answer;
      }
      expect([refused.status, refused.json.code]).toEqual([507, 'storage_full']);
      expect((await fetch(`${victim.url}/events`)).headers.get('crudp')).toBe('1');
      expect((await send()).status).toBe(507);

      makeRoom();
      await expect.poll(async () => (await send()).status, { timeout: 5000 }).toBe(202);
      const all = numbersTo(sender.place.seq);
      const log = await LastingClient.readAll(victim.url, outbox, all.length);
      expect([...log].sort(([a], [b]) => a - b)).toEqual(all.map((seq) => [seq, ['0']]));
      await victim.kill();
      expect(rowsIn(folder)).toEqual(all);
      // Results that found no room have waited: no handler ran again for it.
      expect([...runsIn(folder).values()].every((attempts) => attempts.join() === '1')).toBe(true);
    },
  );
});
