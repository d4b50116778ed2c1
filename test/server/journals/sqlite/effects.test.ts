import { describe, expect, it } from 'vitest';
import type { Effect, Journal } from '../../../../src/lib/server/journal.ts';
import { builtinDriver, type SqliteDriver } from '../../../../src/lib/server/journals/sqlite/driver.ts';
import {
  accept,
  ana,
  claim,
  completionOf,
  frameOf,
  logOf,
  luis,
  resultsOf,
} from '../../../contracts/journal/support.ts';
import { application, drivers, newFile, openJournal } from './fixture.ts';

async function openStock(driver: SqliteDriver, thread: boolean) {
  const path = newFile();
  const db = application(path, driver);
  db.exec('CREATE TABLE stock (sku TEXT PRIMARY KEY, qty INTEGER CHECK (qty >= 0), note BLOB)');
  db.exec("INSERT INTO stock (sku, qty) VALUES ('a', 5), ('b', 5)");
  // A class can't be sent to a thread, which takes Node's own where it is given none.
  const named = driver === builtinDriver() ? undefined : 'libsql';
  const journal = await openJournal(path, { driver: thread ? named : driver, thread });
  const rows = () => db.prepare('SELECT sku, qty FROM stock ORDER BY sku').all() as { sku: string; qty: number }[];
  return { path, db, journal, qty: () => Object.fromEntries(rows().map(({ sku, qty }) => [sku, qty])) };
}

const sell = (sku: string, count = 1): Effect => ({
  sql: 'UPDATE stock SET qty = qty - ? WHERE sku = ?',
  params: [count, sku],
  expectChanges: 1,
});

async function completeOne(journal: Journal, effects: readonly Effect[]) {
  await accept(journal, ana, [1]);
  const taken = await claim(journal);
  const pushes = [{ log: 'all', kind: 'push' as const, frame: frameOf('sold') }];
  return { taken, outcome: await journal.complete(taken, completionOf([1], { effects, pushes, begins: [] })) };
}

describe.each(drivers)('Effects, by %s', (_, driver) => {
  const open = (options = { thread: false }) => openStock(driver, options.thread);

  it.each([true, false])('commit with the result (thread: %s)', async (thread) => {
    const { journal, qty } = await open({ thread });
    const { outcome } = await completeOne(journal, [sell('a'), sell('b', 2)]);
    expect(outcome).toEqual({ kind: 'committed' });
    expect(qty()).toEqual({ a: 4, b: 3 });
  });

  it('undo everything where the rows changed are not those expected', async () => {
    const { journal, qty } = await open();
    const { taken, outcome } = await completeOne(journal, [sell('a'), sell('gone')]);
    const message = '0 rows changed where 1 were expected';
    expect(outcome).toEqual({ kind: 'effect_failed', index: 1, changes: 0, message });
    expect(qty()).toEqual({ a: 5, b: 5 });
    expect(await resultsOf(journal, ana, [1])).toEqual([]);
    expect(await logOf(journal, 'all')).toEqual([]);
    // The packet has not run: it can be completed otherwise.
    expect(await journal.complete(taken, completionOf([1], { status: 5 }))).toEqual({ kind: 'committed' });
  });

  it('undo everything where a statement fails', async () => {
    const { journal, qty } = await open();
    const { outcome } = await completeOne(journal, [sell('a'), sell('b', 6)]);
    expect(outcome).toMatchObject({ kind: 'effect_failed', index: 1, message: expect.stringContaining('CHECK') });
    expect(qty()).toEqual({ a: 5, b: 5 });
    expect(await resultsOf(journal, ana, [1])).toEqual([]);
  });

  it.each([
    ['a savepoint is enough', sell('b', 6)],
    [
      'SQLite undoes the whole commit',
      { ...sell('b', 6), sql: 'UPDATE OR ROLLBACK stock SET qty = qty - ? WHERE sku = ?' },
    ],
  ])('never touch those committed with them, where %s', async (__, failing) => {
    const { journal, qty } = await open();
    await accept(journal, ana, [1]);
    await accept(journal, luis, [1]);
    const claims = [await claim(journal), await claim(journal)] as const;
    const outcomes = await Promise.all([
      accept(journal, { ...ana, user: 'eva' }, [1]),
      journal.complete(claims[0], completionOf([1], { effects: [sell('a')] })),
      journal.complete(claims[1], completionOf([1], { effects: [sell('a'), failing] })),
      journal.append([{ log: 'all', kind: 'push', frame: frameOf('p') }]),
    ]);
    expect(outcomes.slice(0, 3)).toMatchObject([
      { appended: 1 },
      { kind: 'committed' },
      { kind: 'effect_failed', index: 1 },
    ]);
    expect(qty()).toEqual({ a: 4, b: 5 });
    expect(await resultsOf(journal, ana, [1])).toEqual([['results 1', [1]]]);
    expect(await resultsOf(journal, luis, [1])).toEqual([]);
    expect(await logOf(journal, 'all')).toEqual(['p']);
    expect(await claim(journal)).toMatchObject({ user: 'eva' });
  });

  it('fail where a deferred foreign key does at the end', async () => {
    const { db, journal } = await open();
    db.exec('CREATE TABLE sale (sku TEXT REFERENCES stock DEFERRABLE INITIALLY DEFERRED)');
    const { outcome } = await completeOne(journal, [{ sql: 'INSERT INTO sale VALUES (?)', params: ['gone'] }]);
    expect(outcome).toMatchObject({ kind: 'effect_failed', index: 0, message: expect.stringContaining('FOREIGN KEY') });
    expect(await resultsOf(journal, ana, [1])).toEqual([]);
  });

  it.each([
    ['DELETE FROM crudp_result', []],
    ['DELETE FROM "CRUDP_RESULT"', []],
    ["INSERT INTO 'crudp_meta' VALUES (1)", []],
    ['WITH x AS (SELECT 1) UPDATE stock SET qty = (SELECT max(id) FROM [crudp_batch])', []],
    ['COMMIT', []],
    ['ROLLBACK', []],
    ['  /* INSERT */ -- UPDATE\n SAVEPOINT x', []],
    ['PRAGMA synchronous = OFF', []],
    ["ATTACH 'x' AS y", []],
    ['DROP TABLE stock', []],
    ['SELECT 1', []],
    ['WITH x AS (DELETE FROM stock) SELECT replace(1, 2, 3) FROM x', []],
    ['WITH x AS (VALUES (1)) VALUES (2)', []],
    ["INSERT INTO stock (sku, qty) VALUES ('c', 1) RETURNING sku", []],
    ['', []],
    ['DELETE FROM stock; COMMIT', []],
    ["DELETE FROM stock WHERE sku = ';''' ; DELETE FROM stock", []],
    ['DELETE FROM stock WHERE sku = ?', []],
    ['DELETE FROM stock WHERE sku = ?', ['a', 'b']],
    ['DELETE FROM stock WHERE sku = ?1', ['a']],
    ['DELETE FROM stock WHERE sku = :sku', ['a']],
    ['DELETE FROM stock WHERE sku = $sku', ['a']],
    ["DELETE FROM stock WHERE sku = '\0'", []],
    ['DELETE FROM stock WHERE sku = ?', [undefined]],
    ['DELETE FROM stock WHERE sku = ?', [{}]],
    ['DELETE FROM stock WHERE sku = ?', [new Date(0)]],
    ['DELETE FROM stock WHERE sku = ?', [() => 1]],
    ['DELETE FROM stock WHERE qty = ?', [2n ** 63n]],
    ['DELETE FROM nothing', []],
  ])('are refused: %s %s', async (sql, params) => {
    const { journal, qty } = await open();
    const { outcome } = await completeOne(journal, [{ sql, params }]);
    expect(outcome).toMatchObject({ kind: 'effect_failed', index: 0 });
    expect(qty()).toEqual({ a: 5, b: 5 });
    expect(await resultsOf(journal, ana, [1])).toEqual([]);
  });

  it.each([
    ["insert into stock (sku, qty) values ('it''s; -- ?', ?) -- ; ?", [1]],
    ['REPLACE INTO "stock" (sku, qty) VALUES (?, ?) ;', ['c', 1]],
    ['WITH x(v) AS (VALUES (?)) INSERT INTO stock (sku, qty) SELECT v, 1 FROM x', ['c']],
    ["-- a 'comment\nINSERT INTO stock (sku, qty) VALUES (?, 1)", ['?; crudp']],
    ['INSERT INTO stock (sku, qty) VALUES (?, ?)', ['c', true]],
    ["UPDATE stock SET note = ? WHERE sku = 'a'", [null]],
    ["UPDATE stock SET note = ? WHERE sku = 'a'", [new Uint8Array([1, 2])]],
    ["UPDATE stock SET note = ? WHERE sku = 'a'", [2n ** 62n]],
    ["UPDATE stock SET note = ? WHERE sku = 'a'", [1.5]],
  ])('are taken: %s %s', async (sql, params) => {
    const { journal } = await open();
    const { outcome } = await completeOne(journal, [{ sql, params, expectChanges: 1 }]);
    expect(outcome).toEqual({ kind: 'committed' });
  });

  it.each([true, false])('leave the parameters to the caller (thread: %s)', async (thread) => {
    const { journal, db } = await open({ thread });
    const bytes = new Uint8Array([1, 2, 3]);
    const { outcome } = await completeOne(journal, [
      { sql: "UPDATE stock SET note = ? WHERE sku = 'a'", params: [bytes.subarray(1)] },
    ]);
    expect(outcome).toEqual({ kind: 'committed' });
    expect(bytes).toEqual(new Uint8Array([1, 2, 3]));
    expect(db.prepare("SELECT hex(note) AS note FROM stock WHERE sku = 'a'").get()).toMatchObject({ note: '0203' });
  });
});
