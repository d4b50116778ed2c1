import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import Libsql from 'libsql';
import { afterAll, beforeAll } from 'vitest';
import { builtinDriver } from '../../../src/lib/server/journals/sqlite/driver.ts';
import type { SqliteJournalOptions } from '../../../src/lib/server/journals/sqlite/options.ts';
import { sqliteJournal } from '../../../src/lib/server/journals/sqlite.ts';
import { journalContract } from '../../contracts/journal.ts';

const folder = mkdtempSync(join(tmpdir(), 'crudp-journal-'));
// Compiled once: a thread that compiles its sources takes longer to start than its test to run.
const worker = pathToFileURL(join(folder, 'sqlite-worker.mjs'));

beforeAll(async () => {
  const entry = join(import.meta.dirname, '../../../src/sqlite-worker.ts');
  await build({
    entryPoints: { 'sqlite-worker': entry },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
  });
});
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function contractOf(name: string, own: SqliteJournalOptions): void {
  journalContract({
    name,
    make: async (options) => sqliteJournal(join(folder, `${++files}.db`), { ...options, ...own }),
  });
}

contractOf('sqlite, libsql in its thread', { driver: 'libsql', worker });
contractOf('sqlite, libsql in this thread', { driver: Libsql, thread: false });
if (builtinDriver()) contractOf("sqlite, Node's own in its thread", { worker });
