import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { onTestFinished } from 'vitest';

/** @returns A folder with a database, which may lie on another disk, for kill-server.ts. Gone after the test. */
export function newKillFolder(disk?: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'crudp-kill-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  if (disk) symlinkSync(join(disk, 'app.db'), join(folder, 'app.db'));
  const database = new Database(join(folder, 'app.db'));
  database.exec('CREATE TABLE ran (req_id TEXT NOT NULL)');
  database.close();
  return folder;
}

/** The attempts that each packet's handler saw, by number. */
export function runsIn(folder: string): Map<number, number[]> {
  const runs = new Map<number, number[]>();
  const file = join(folder, 'runs');
  for (const line of existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []) {
    const [, seq, attempt] = /\.(\d+) (\d+)$/.exec(line) ?? [];
    runs.set(Number(seq), [...(runs.get(Number(seq)) ?? []), Number(attempt)]);
  }
  return runs;
}

/** Numbers of the packets whose effect is there, as often as it is there. */
export function rowsIn(folder: string): number[] {
  const database = new Database(join(folder, 'app.db'));
  const rows = database.prepare('SELECT req_id FROM ran').all() as { req_id: string }[];
  database.close();
  return rows.map(({ req_id }) => Number(req_id.split('.')[1])).sort((a, b) => a - b);
}

export const numbersTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);
