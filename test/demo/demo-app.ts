import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SqliteDatabase, type SqliteDriver, sqliteJournal } from 'crudp/sqlite';
import { testApp } from 'crudp/testing';
import Database from 'libsql';
import { app, type NewClient } from '../../demo/contract.ts';
import { openReader } from '../../demo/database.ts';
import { clients } from '../../demo/modules/clients.ts';
import { documents } from '../../demo/modules/documents.ts';
import { invoices } from '../../demo/modules/invoices.ts';

/** The demo's modules over a database of their own: their writes are the journal's effects. */
export async function demoApp() {
  const folder = mkdtempSync(join(tmpdir(), 'crudp-demo-'));
  const path = join(folder, 'app.db');
  const db = new Database(path);
  const reader = openReader(db as unknown as SqliteDatabase);
  const driver = Database as unknown as SqliteDriver;
  const journal = sqliteJournal(path, { driver, thread: false });
  const t = await testApp(app, {
    modules: [clients(reader), invoices(reader), documents(reader, folder)],
    user: { id: 'ana', roles: ['bookkeeper'] },
    server: { journal },
  });
  return {
    ...t,
    reader,
    assistant: t.as({ id: 'luis', roles: ['assistant'] }),
    async close() {
      await t.close();
      db.close();
      rmSync(folder, { recursive: true });
    },
  };
}

let lastId = 1000;

export function newClient(name: string, facts: Partial<NewClient> = {}): NewClient {
  return { id: String(++lastId), name, email: `${name.toLowerCase()}@example.org`, ...facts };
}

export function newId(): string {
  return String(++lastId);
}

/** The code that an operation was refused with, 'ok' where it was not. */
export async function codeOf(operation: { readonly result: Promise<unknown> }): Promise<string> {
  try {
    await operation.result;
    return 'ok';
  } catch (error) {
    return (error as { code: string }).code;
  }
}

/** Resolves when a client hears pushes. */
export function listening({ status }: Awaited<ReturnType<typeof demoApp>>['client']): Promise<void> {
  return new Promise((resolve) => {
    const look = () => status.getSnapshot().stream === 'open' && resolve();
    status.subscribe(look);
    look();
  });
}
