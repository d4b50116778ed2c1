import { copyFileSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import Libsql from 'libsql';
import { describe, expect, it } from 'vitest';
import { renewEpoch } from '../../../../src/lib/server/journals/renew-epoch.ts';
import { builtinDriver } from '../../../../src/lib/server/journals/sqlite/driver.ts';
import { applicationId, migrations } from '../../../../src/lib/server/journals/sqlite/schema.ts';
import { sqliteJournal } from '../../../../src/lib/server/journals/sqlite.ts';
import { accept, ana, batchOf, claim, completionOf, logOf, luis, tagOf } from '../../../contracts/journal/support.ts';
import { application, newFile, openJournal } from './fixture.ts';

/** Makes a file by statements, without a journal. */
function made(sql: string): string {
  const path = newFile();
  const db = new Libsql(path);
  db.exec(sql);
  db.close();
  return path;
}

describe('sqliteJournal', () => {
  it.each([true, false])('makes the file and its folder (thread: %s)', async (thread) => {
    const path = join(dirname(newFile()), 'data', 'deep', 'app.db');
    const journal = await openJournal(path, thread ? { thread, driver: 'libsql' } : {});
    await accept(journal, ana, [1]);
    expect(existsSync(path)).toBe(true);
  });

  it('moves into a database that the application has already', async () => {
    const path = made("CREATE TABLE t (a); INSERT INTO t VALUES ('kept'); PRAGMA user_version = 7");
    const journal = await openJournal(path);
    await accept(journal, ana, [1]);
    const db = application(path);
    expect(db.prepare('SELECT a FROM t').get()).toMatchObject({ a: 'kept' });
    // The application's migrations count by it.
    expect(db.prepare('PRAGMA user_version').get()).toMatchObject({ user_version: 7 });
    expect(db.prepare('PRAGMA application_id').get()).toMatchObject({ application_id: applicationId });
  });

  it.each([
    ['journal_foreign', 'another application', 'PRAGMA application_id = 7; CREATE TABLE t (a)'],
    [
      'journal_newer',
      `version ${migrations.length + 1}`,
      `PRAGMA application_id = ${applicationId}; CREATE TABLE crudp_meta (version); INSERT INTO crudp_meta VALUES (${migrations.length + 1})`,
    ],
    ['journal_corrupt', 'missing', `PRAGMA application_id = ${applicationId}; CREATE TABLE t (a)`],
    ['journal_corrupt', 'no version', `PRAGMA application_id = ${applicationId}; CREATE TABLE crudp_meta (version)`],
  ])('refuses with %s (%s) and changes nothing', async (code, message, sql) => {
    const path = made(sql);
    const before = readFileSync(path);
    for (const thread of [false, true]) {
      const opening = openJournal(path, thread ? { thread, driver: 'libsql' } : {});
      await expect(opening).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
    }
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('refuses a file that is no database', async () => {
    const path = newFile();
    writeFileSync(path, 'Dear diary, '.repeat(1000));
    await expect(openJournal(path)).rejects.toMatchObject({ code: 'journal_foreign' });
    await expect(openJournal(path, { check: false })).rejects.toMatchObject({ code: 'journal_foreign' });
  });

  it('refuses a damaged file', async () => {
    const path = newFile();
    const journal = await openJournal(path);
    for (let seq = 1; seq < 50; seq++) await accept(journal, ana, [seq]);
    await journal.close();
    const bytes = readFileSync(path);
    // The content of every page but the first, with which the schema would go.
    for (let at = 4096; at < bytes.length; at += 4096) bytes.fill(0x5a, at + 100, at + 3000);
    writeFileSync(path, bytes);
    await expect(openJournal(path)).rejects.toMatchObject({ code: 'journal_corrupt' });
  });

  it('can be opened again after it was refused', async () => {
    const path = newFile();
    writeFileSync(path, 'Dear diary, '.repeat(1000));
    const journal = sqliteJournal(path, { driver: 'libsql' });
    await expect(journal.open()).rejects.toMatchObject({ code: 'journal_foreign' });
    writeFileSync(path, '');
    await journal.open();
    await accept(journal, ana, [1]);
    await journal.close();
  });

  it('gives an own id to each file', async () => {
    const [one, other] = [await openJournal(newFile()), await openJournal(newFile())];
    expect(one.epoch).not.toBe(other.epoch);
  });

  it('is in use by one at a time, by whatever name', async () => {
    const path = newFile();
    const folder = dirname(path);
    const first = await openJournal(path);
    symlinkSync(path, join(folder, 'link.db'));
    mkdirSync(join(folder, 'sub'));
    for (const name of [path, join(folder, 'link.db'), join(folder, 'sub', '..', 'app.db')]) {
      for (const thread of [false, true]) {
        const opening = openJournal(name, thread ? { thread, driver: 'libsql' } : {});
        await expect(opening).rejects.toMatchObject({ code: 'journal_in_use' });
      }
    }
    await accept(first, ana, [1]);
    await first.close();
    expect((await (await openJournal(path)).place(ana)).seq).toBe(1);
  });

  it.skipIf(!builtinDriver())('reads by one driver what another has written', async () => {
    const path = newFile();
    const journal = await openJournal(path);
    await accept(journal, ana, [1, 2]);
    await accept(journal, luis, [[3, [1]]]);
    const taken = await claim(journal);
    await journal.complete(taken, completionOf([1]));
    await journal.close();
    const other = await openJournal(path, { driver: builtinDriver() as NonNullable<ReturnType<typeof builtinDriver>> });
    expect(await logOf(other, 'user:ana')).toEqual(['results 1']);
    expect(await claim(other)).toMatchObject({ user: 'ana', next: 2 });
    expect(await claim(other)).toMatchObject({ user: 'luis', next: 3 });
  });

  it('loads the driver by name, by URL, or as a class', async () => {
    const url = pathToFileURL(join(process.cwd(), 'node_modules/libsql/index.js'));
    for (const driver of ['libsql', url, url.href]) {
      for (const thread of [true, false]) await accept(await openJournal(newFile(), { driver, thread }), ana, [1]);
    }
  });

  it('says what is wrong with a driver', async () => {
    const missing = { code: 'driver_missing' };
    for (const thread of [true, false]) {
      await expect(openJournal(newFile(), { driver: 'no-such-sqlite', thread })).rejects.toMatchObject(missing);
      await expect(openJournal(newFile(), { driver: 'node:path', thread })).rejects.toMatchObject(missing);
    }
    expect(() => sqliteJournal('app.db', { driver: Libsql })).toThrow(TypeError);
  });

  it.skipIf(builtinDriver())('asks for a driver where Node has none', async () => {
    const journal = sqliteJournal(newFile());
    await expect(journal.open()).rejects.toMatchObject({ code: 'driver_missing' });
  });

  it.each(['', ':memory:', 'file:app.db?mode=ro'])('refuses what is no path: %j', (path) => {
    expect(() => sqliteJournal(path)).toThrow(TypeError);
  });

  it('fails all calls when its thread dies', async () => {
    const path = newFile();
    const broken = new URL(`data:text/javascript,${encodeURIComponent(dyingThread)}`);
    const journal = await openJournal(path, { thread: true, driver: 'libsql', worker: broken });
    const failed = { code: 'storage_failed', message: expect.stringContaining('thread') };
    await expect(Promise.all([journal.place(ana), journal.claim()])).rejects.toMatchObject(failed);
    await expect(journal.place(ana)).rejects.toMatchObject(failed);
    await journal.close();
  });

  it('leaves the whole journal in the one file when it closes', async () => {
    const path = newFile();
    const journal = await openJournal(path);
    await accept(journal, ana, [1]);
    await journal.close();
    copyFileSync(path, `${path}.copy`);
    expect((await (await openJournal(`${path}.copy`)).place(ana)).seq).toBe(1);
  });
});

describe('renewEpoch', () => {
  it('makes every client compare places again', async () => {
    const path = newFile();
    const journal = await openJournal(path);
    await accept(journal, ana, [1]);
    const before = await journal.place(ana);
    await journal.close();
    const epoch = await renewEpoch(path, { driver: 'libsql' });
    await journal.open();
    expect(epoch).toMatch(/^[0-9a-f]{16}$/);
    expect(epoch).not.toBe(before.epoch);
    expect(journal.epoch).toBe(epoch);
    const place = { ...before, epoch };
    expect(await journal.accept(batchOf(ana, before, [2]))).toEqual({ kind: 'moved', place });
    expect(await journal.accept(batchOf(ana, place, [2]))).toMatchObject({ accepted: 2 });
  });

  it('revives a backup made while the journal was open', async () => {
    const path = newFile();
    const journal = await openJournal(path);
    await accept(journal, ana, [1, 2]);
    application(path).exec(`VACUUM INTO '${path}.backup'`);
    await accept(journal, ana, [3]);
    const epoch = await renewEpoch(`${path}.backup`, { driver: Libsql });
    const restored = await openJournal(`${path}.backup`);
    expect(await restored.place(ana)).toEqual({ epoch, seq: 2, tag: tagOf(ana, 2) });
    expect((await claim(restored)).batches).toHaveLength(1);
    expect(journal.epoch).not.toBe(epoch);
  });

  it('leaves a journal alone that is in use, and makes none', async () => {
    const path = newFile();
    await expect(renewEpoch(path, { driver: Libsql })).rejects.toMatchObject({ code: 'journal_missing' });
    expect(existsSync(path)).toBe(false);
    const journal = await openJournal(path);
    const { epoch } = journal;
    await expect(renewEpoch(path, { driver: Libsql })).rejects.toMatchObject({ code: 'journal_in_use' });
    await journal.close();
    await journal.open();
    expect(journal.epoch).toBe(epoch);
  });
});

const dyingThread = `
  import { parentPort } from 'node:worker_threads';
  parentPort.postMessage([{ epoch: '0123456789abcdef' }]);
  parentPort.on('message', () => { throw new Error('out of luck'); });
`;
