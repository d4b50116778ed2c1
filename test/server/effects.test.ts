import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { describe, expect, it, onTestFinished } from 'vitest';
import { implement } from '../../src/lib/server/implement.ts';
import { sqliteJournal } from '../../src/lib/server/journals/sqlite.ts';
import { app, note } from './app.ts';
import { creates, serve } from './harness.ts';

const wait = { headers: { Prefer: 'wait=20' } };

/** Inserts each note, and gives a star to the one that its text names. */
const module = implement(app, {
  notes: {
    access: { create: 'public' },
    create(ctx, records) {
      for (const { id, text } of records) {
        ctx.effect('INSERT INTO notes (id, stars) VALUES (?, 0)', [id]);
        if (text === 'no table') ctx.effect('INSERT INTO nothing VALUES (?)', [id]);
        else if (text !== '')
          ctx.effect('UPDATE notes SET stars = stars + 1 WHERE id = ?', [text], { expectChanges: 1 });
      }
      return records;
    },
  },
});

async function serveSqlite() {
  const folder = mkdtempSync(join(tmpdir(), 'crudp-effects-'));
  const path = join(folder, 'app.db');
  const database = new Database(path);
  database.exec('CREATE TABLE notes (id TEXT PRIMARY KEY, stars INTEGER NOT NULL)');
  const server = await serve({ journal: sqliteJournal(path, { driver: 'libsql' }), modules: [module] });
  onTestFinished(async () => {
    await server.server.close();
    database.close();
    rmSync(folder, { recursive: true });
  });
  const rows = () => database.prepare('SELECT id, stars FROM notes ORDER BY id').raw().all();
  return { ...server, rows };
}

describe('Effects in SQLite', () => {
  it('happen with the result or not at all', async () => {
    const { sender, rows, logged } = await serveSqlite();
    const { results } = await sender().post(
      [
        creates(1, note('a'), note('b', 'a')),
        creates(2, note('c'), note('d', 'nobody')),
        creates(3, note('e'), note('a')),
        creates(4, note('f', 'b')),
        creates(5, note('g', 'no table')),
      ],
      wait,
    );
    expect(results.map(({ status }) => status)).toEqual([0, 5, 5, 0, 13]);
    expect(rows()).toEqual([
      ['a', 1],
      ['b', 1],
      ['f', 0],
    ]);
    expect(await logged('failed')).toMatchObject({ where: 'effect of 00000000000000a1.5' });
  });

  it('of an atomic group are one transaction', async () => {
    const { sender, rows } = await serveSqlite();
    const group = (seq: number, number: number, id: string, star = '') => ({
      ...creates(seq, note(id, star)),
      group: number,
    });
    const { results } = await sender().post(
      [group(1, 1, 'a'), group(2, 1, 'b', 'a'), group(3, 2, 'c'), group(4, 2, 'd', 'nobody'), group(5, 2, 'e')],
      wait,
    );
    expect(results.map(({ status }) => status)).toEqual([0, 0, 7, 5, 7]);
    expect(rows()).toEqual([
      ['a', 1],
      ['b', 0],
    ]);
  });
});
