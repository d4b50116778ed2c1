import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Libsql from 'libsql';
import { afterAll } from 'vitest';
import type { SqliteJournalOptions } from '../../../src/lib/server/journals/sqlite/options.ts';
import { sqliteJournal } from '../../../src/lib/server/journals/sqlite.ts';
import { journalContract } from '../../contracts/journal.ts';

const folder = mkdtempSync(join(tmpdir(), 'crudp-journal-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function contractOf(name: string, own: SqliteJournalOptions): void {
  journalContract({
    name,
    make: async (options) => sqliteJournal(join(folder, `${++files}.db`), { ...options, ...own }),
  });
}

contractOf('sqlite, libsql in its thread', { driver: 'libsql' });
contractOf('sqlite, libsql in this thread', { driver: Libsql, thread: false });
if (process.getBuiltinModule?.('node:sqlite')) contractOf("sqlite, Node's own in its thread", {});
