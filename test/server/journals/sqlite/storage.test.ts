import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type AcceptOutcome, nowhere } from '../../../../src/lib/server/journal.ts';
import type { SqliteDatabase, SqliteDriver } from '../../../../src/lib/server/journals/sqlite/driver.ts';
import { accept, ana, batchOf, claim, completionOf, frameOf, logOf, luis } from '../../../contracts/journal/support.ts';
import { application, newFile, openJournal, SqliteFault, watchedDriver } from './fixture.ts';

/** Fails the next statement that `matches`, once, or so many of them. */
function faultyDriver() {
  const seen: string[] = [];
  let fault: { matches: RegExp; error: SqliteFault; times: number } | undefined;
  const driver = watchedDriver((sql) => {
    seen.push(sql);
    if (!fault?.matches.test(sql)) return;
    const { error } = fault;
    fault.times--;
    if (fault.times === 0) fault = undefined;
    throw error;
  });
  return {
    driver,
    seen,
    failNext(matches: RegExp, code: string, rawCode: number, times = 1) {
      fault = { matches, error: new SqliteFault(code, rawCode), times };
    },
  };
}

/** A module: libsql whose commits take long, and are counted by the bytes of a file. */
function slowDriver(file: string): string {
  const source = `
    import { appendFileSync } from 'node:fs';
    import { createRequire } from 'node:module';
    const Database = createRequire(${JSON.stringify(import.meta.url)})('libsql');
    const never = new Int32Array(new SharedArrayBuffer(4));
    export default class extends Database {
      exec(sql) {
        if (sql === 'COMMIT') {
          appendFileSync(${JSON.stringify(file)}, '.');
          Atomics.wait(never, 0, 0, 30);
        }
        return super.exec(sql);
      }
    }`;
  return `data:text/javascript,${encodeURIComponent(source)}`;
}

describe('Group commit', () => {
  it('is on disk before anything is acknowledged', async () => {
    const { driver, seen } = faultyDriver();
    const path = newFile();
    const journal = await openJournal(path, { driver });
    const order: string[] = [];
    seen.length = 0;
    await accept(journal, ana, [1]).then(() => order.push(seen.includes('COMMIT') ? 'committed' : 'not yet'));
    expect(order).toEqual(['committed']);
    expect(application(path).prepare('SELECT count(*) AS n FROM crudp_batch').get()).toMatchObject({ n: 1 });
  });

  it('syncs each commit of the write-ahead log', async () => {
    const { driver, seen } = faultyDriver();
    const path = newFile();
    await openJournal(path, { driver });
    expect(seen.join(' ')).toContain('PRAGMA synchronous = FULL');
    expect(application(path).prepare('PRAGMA journal_mode').all()).toMatchObject([{ journal_mode: 'wal' }]);
  });

  it('shares one transaction among calls that come together', async () => {
    const { driver, seen } = faultyDriver();
    const journal = await openJournal(newFile(), { driver });
    seen.length = 0;
    const calls = Array.from({ length: 100 }, (_, index) =>
      journal.accept(batchOf({ ...ana, user: `user ${index}` }, nowhere, [1])),
    );
    await Promise.all(calls);
    expect(seen.filter((sql) => sql === 'COMMIT')).toHaveLength(1);
  });

  it('of the thread takes what came while it committed, and answers each call', async () => {
    const path = newFile();
    const journal = await openJournal(path, { thread: true, driver: slowDriver(`${path}.commits`) });
    const commits = () => readFileSync(`${path}.commits`, 'utf8').length;
    const before = commits();
    const answers: Promise<AcceptOutcome>[] = [];
    const seqs = Array.from({ length: 20 }, (_, index) => index + 1);
    for (const last of seqs) {
      answers.push(journal.accept(batchOf({ ...ana, user: `user ${last}` }, nowhere, [last])));
      await new Promise((resolve) => setImmediate(resolve));
    }
    const outcomes = await Promise.all(answers);
    expect(outcomes.map((outcome) => outcome.kind === 'accepted' && outcome.accepted)).toEqual(seqs);
    expect(commits() - before).toBeLessThan(10);
  });

  it('lets one that fails take back only what is its own', async () => {
    const { driver, failNext } = faultyDriver();
    const journal = await openJournal(newFile(), { driver });
    // When all are tried at once, and when each can take back its own.
    failNext(/INSERT INTO crudp_batch/, 'SQLITE_CONSTRAINT', 19, 2);
    const [first, second] = await Promise.allSettled([
      journal.accept(batchOf(ana, nowhere, [1])),
      journal.accept(batchOf(luis, nowhere, [1])),
    ]);
    expect(first).toMatchObject({ status: 'rejected', reason: { code: 'storage_error' } });
    expect(second).toMatchObject({ status: 'fulfilled', value: { appended: 1 } });
    expect(await journal.place(ana)).toEqual(nowhere);
    expect(await claim(journal)).toMatchObject({ user: 'luis' });
  });
});

describe('What the thread keeps of its tables', () => {
  it('is forgotten where what was written is undone', async () => {
    const { driver, failNext } = faultyDriver();
    const path = newFile();
    const journal = await openJournal(path, { driver });
    await accept(journal, ana, [1, 2, 3]);
    const taken = await claim(journal);
    await journal.begin(taken, [1, 2, 3]);
    for (const seq of [1, 2, 3]) {
      // After the result and its place in the log were written.
      failNext(/UPDATE crudp_outbox/, 'SQLITE_CONSTRAINT', 19, 1);
      await expect(journal.complete(taken, completionOf([seq]))).rejects.toMatchObject({ code: 'storage_error' });
      expect(await journal.complete(taken, completionOf([seq]))).toEqual({ kind: 'committed' });
    }
    const { entries } = await journal.read('user:ana', { offset: 0, mark: '' }, 1 << 20);
    expect(entries.map(({ offset }) => offset)).toEqual([1, 2, 3]);
    expect((await journal.results(ana, [1, 2, 3])).map(({ seqs }) => seqs)).toEqual([[1], [2], [3]]);
    const stored = application(path).prepare('SELECT id FROM crudp_chunk ORDER BY id').all();
    expect(stored).toMatchObject([{ id: 1 }, { id: 2 }, { id: 3 }]);
    expect(application(path).prepare('SELECT count(*) AS n FROM crudp_batch').get()).toMatchObject({ n: 0 });
  });
});

describe('A full disk', () => {
  /** libsql whose databases hold no more pages than they have, until they are let grow. */
  function smallDriver() {
    const opened: SqliteDatabase[] = [];
    const driver: SqliteDriver = class extends watchedDriver(() => undefined) {
      constructor(path: string) {
        super(path);
        opened.push(this);
      }
    };
    const limit = (pages: number) => (opened[1] as SqliteDatabase).exec(`PRAGMA max_page_count = ${pages}`);
    return { driver, fill: () => limit(1), grow: () => limit(1_000_000) };
  }

  it('refuses what does not fit, whole, and takes it once there is room', async () => {
    const { driver, fill, grow } = smallDriver();
    const journal = await openJournal(newFile(), { driver });
    await accept(journal, ana, [1]);
    fill();
    const large = batchOf(luis, nowhere, [1, 2], { frame: new Uint8Array(100_000) });
    await expect(journal.accept(large)).rejects.toMatchObject({ code: 'storage_full', retryable: true });
    expect(await journal.place(luis)).toEqual(nowhere);
    expect(await claim(journal)).toMatchObject({ user: 'ana' });
    expect(await journal.claim()).toBeNull();
    grow();
    expect(await journal.accept(large)).toMatchObject({ appended: 2 });
  });

  it('fails only those that do not fit of a group', async () => {
    const { driver, fill } = smallDriver();
    const journal = await openJournal(newFile(), { driver });
    await accept(journal, ana, [1]);
    await accept(journal, luis, [1]);
    const taken = await claim(journal);
    fill();
    const outcomes = await Promise.allSettled([
      journal.begin(taken, [1]),
      journal.append([{ log: 'all', kind: 'push', frame: new Uint8Array(100_000) }]),
      journal.begin(await claim(journal), [1]),
    ]);
    expect(outcomes).toMatchObject([
      { value: [1] },
      { status: 'rejected', reason: { code: 'storage_full' } },
      { value: [1] },
    ]);
    expect(await logOf(journal, 'all')).toEqual([]);
  });
});

describe('A failing disk', () => {
  it.each([
    ['COMMIT', 'SQLITE_IOERR_FSYNC', 1034],
    ['BEGIN IMMEDIATE', 'SQLITE_IOERR_WRITE', 778],
    ['INSERT INTO crudp_batch', 'SQLITE_IOERR_WRITE', 778],
    ['INSERT INTO crudp_batch', 'SQLITE_CORRUPT', 11],
    ['COMMIT', 'SQLITE_READONLY', 8],
  ])('ends all accepting: %s %s', async (statement, code, rawCode) => {
    const { driver, failNext, seen } = faultyDriver();
    const journal = await openJournal(newFile(), { driver });
    const failed = { code: 'storage_failed', retryable: false };
    failNext(new RegExp(statement), code, rawCode);
    const outcomes = await Promise.allSettled([
      journal.accept(batchOf(ana, nowhere, [1])),
      journal.accept(batchOf(luis, nowhere, [1])),
    ]);
    for (const outcome of outcomes) expect(outcome).toMatchObject({ status: 'rejected', reason: failed });
    seen.length = 0;
    await expect(journal.accept(batchOf(ana, nowhere, [1]))).rejects.toMatchObject(failed);
    await expect(journal.claim()).rejects.toMatchObject(failed);
    await expect(journal.append([{ log: 'all', kind: 'push', frame: frameOf('a') }])).rejects.toMatchObject(failed);
    expect(seen.filter((sql) => !/ROLLBACK/.test(sql))).toEqual([]);
  });

  it('is no fault of the effects that come after', async () => {
    const { driver, failNext } = faultyDriver();
    const path = newFile();
    application(path).exec('CREATE TABLE t (a)');
    const journal = await openJournal(path, { driver });
    await accept(journal, ana, [1]);
    const taken = await claim(journal);
    const completion = completionOf([1], { effects: [{ sql: 'INSERT INTO t VALUES (1)', params: [] }] });
    for (let times = 0; times < 2; times++) {
      failNext(/COMMIT/, 'SQLITE_IOERR_FSYNC', 1034);
      await expect(journal.complete(taken, completion)).rejects.toMatchObject({ code: 'storage_failed' });
    }
  });

  it("is not what an effect's own failure looks like", async () => {
    const { driver, failNext } = faultyDriver();
    const path = newFile();
    application(path).exec('CREATE TABLE t (a)');
    const journal = await openJournal(path, { driver });
    await accept(journal, ana, [1]);
    const taken = await claim(journal);
    const completion = completionOf([1], { effects: [{ sql: 'INSERT INTO t VALUES (1)', params: [] }] });
    // A full-text index of the application that is damaged.
    failNext(/INSERT INTO t/, 'SQLITE_CORRUPT_VTAB', 267);
    expect(await journal.complete(taken, completion)).toMatchObject({ kind: 'effect_failed' });
    expect(await journal.complete(taken, completion)).toEqual({ kind: 'committed' });
  });

  it('is told by a read too', async () => {
    const { driver, failNext } = faultyDriver();
    const journal = await openJournal(newFile(), { driver });
    failNext(/FROM crudp_log/, 'SQLITE_IOERR_READ', 266);
    await expect(journal.end('all')).rejects.toMatchObject({ code: 'storage_failed' });
    await expect(journal.accept(batchOf(ana, nowhere, [1]))).rejects.toMatchObject({ code: 'storage_failed' });
  });

  it('serves again what had been committed, once it is opened anew', async () => {
    const { driver, failNext } = faultyDriver();
    const journal = await openJournal(newFile(), { driver });
    await accept(journal, ana, [1]);
    failNext(/COMMIT/, 'SQLITE_IOERR_FSYNC', 1034);
    await expect(journal.accept(batchOf(luis, nowhere, [1]))).rejects.toMatchObject({ code: 'storage_failed' });
    await journal.close();
    await journal.open();
    expect((await journal.place(ana)).seq).toBe(1);
    expect(await accept(journal, luis, [1])).toMatchObject({ appended: 1 });
  });
});

describe("The application's own connection", () => {
  it('holds the journal up for busyTimeoutMs at most', async () => {
    const path = newFile();
    const journal = await openJournal(path, { busyTimeoutMs: 0 });
    const db = application(path);
    db.exec('CREATE TABLE t (a)');
    db.exec('BEGIN IMMEDIATE');
    const outcomes = await Promise.allSettled([
      journal.accept(batchOf(ana, nowhere, [1])),
      journal.accept(batchOf(luis, nowhere, [1])),
    ]);
    const busy = { status: 'rejected', reason: { code: 'storage_busy', retryable: true } };
    expect(outcomes).toMatchObject([busy, busy]);
    db.exec('COMMIT');
    expect(await accept(journal, ana, [1])).toMatchObject({ appended: 1 });
  });

  it('reads while the journal writes, and is not in its way', async () => {
    const path = newFile();
    const journal = await openJournal(path);
    const db = application(path);
    db.exec('CREATE TABLE t (a)');
    db.exec('BEGIN');
    expect(db.prepare('SELECT count(*) AS n FROM t').get()).toMatchObject({ n: 0 });
    await accept(journal, ana, [1]);
    const taken = await claim(journal);
    const effects = [{ sql: 'INSERT INTO t VALUES (?)', params: [1] }];
    expect(await journal.complete(taken, completionOf([1], { effects }))).toEqual({ kind: 'committed' });
    expect(db.prepare('SELECT count(*) AS n FROM t').get()).toMatchObject({ n: 0 });
    db.exec('COMMIT');
    expect(db.prepare('SELECT count(*) AS n FROM t').get()).toMatchObject({ n: 1 });
  });
});
