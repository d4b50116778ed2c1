import { readFileSync, writeFileSync } from 'node:fs';
import Libsql from 'libsql';
import { describe, expect, it } from 'vitest';
import { accept, ana, claim, complete, frameOf, luis, resultsOf } from '../../../contracts/journal/support.ts';
import { newFile, openJournal } from './fixture.ts';

/** Flips one bit of a text in a file. */
function flip(path: string, text: string): void {
  const bytes = readFileSync(path);
  const at = bytes.indexOf(text);
  expect(at).toBeGreaterThan(0);
  bytes[at + 3] = (bytes[at + 3] as number) ^ 0x10;
  writeFileSync(path, bytes);
}

/** A journal with a waiting batch, a result and a push, closed. */
async function written(): Promise<string> {
  const path = newFile();
  const journal = await openJournal(path);
  await accept(journal, ana, [1]);
  const taken = await claim(journal);
  await complete(journal, taken, [1], { failed: [{ ...failure, seq: 1 }] });
  await journal.append([{ log: 'all', kind: 'push', frame: frameOf('a push to all') }]);
  await accept(journal, ana, [2]);
  await journal.close();
  return path;
}

const failure = {
  status: 13,
  message: '',
  identity: { user: 'ana', roles: [] },
  contract: 3,
  frame: frameOf('a packet that failed'),
};

describe('A flipped bit', () => {
  it.each(['frame ana 2', 'results 1', 'a push to all', 'a packet that failed'])(
    'in %j is found at start',
    async (text) => {
      const path = await written();
      await (await openJournal(path)).close();
      flip(path, text);
      await expect(openJournal(path)).rejects.toMatchObject({ code: 'journal_corrupt' });
    },
  );

  it('is found when it is read, and the journal accepts nothing any more', async () => {
    const path = await written();
    flip(path, 'frame ana 2');
    const journal = await openJournal(path, { check: false });
    expect(await resultsOf(journal, ana, [1])).toEqual([['results 1', [1]]]);
    await expect(journal.claim()).rejects.toMatchObject({ code: 'journal_corrupt' });
    await expect(accept(journal, ana, [3])).rejects.toMatchObject({ code: 'journal_corrupt' });
  });

  it.each([
    ['results 1', 'results'],
    ['a push to all', 'read'],
    ['a packet that failed', 'failures'],
  ] as const)('in %j is never served by %s', async (text, call) => {
    const path = await written();
    flip(path, text);
    const journal = await openJournal(path, { check: false });
    const calls = {
      results: () => journal.results(ana, [1]),
      read: () => journal.read('all', { offset: 0, mark: '' }, 1000),
      failures: () => journal.failures({ limit: 1 }),
    };
    await expect(calls[call]()).rejects.toMatchObject({ code: 'journal_corrupt' });
  });
});

describe('What a chunk says', () => {
  /** Changes a journal's rows behind its back, as a bit that flips in a number does. */
  async function changed(sql: string, isFiled: boolean): Promise<string> {
    const path = await written();
    const journal = await openJournal(path);
    await accept(journal, luis, [1, 2]);
    await claim(journal);
    await complete(journal, await claim(journal), [1, 2]);
    if (isFiled) await journal.trim({ results: 0, logs: 0 });
    await journal.close();
    const db = new Libsql(path);
    db.exec(sql);
    db.close();
    return path;
  }

  it.each([
    ["UPDATE crudp_chunk SET results = '[[2,2,0]]'", false],
    ["UPDATE crudp_chunk SET results = '[[1,5,0]]'", false],
    ["UPDATE crudp_chunk SET results = '[[1,1,0]'", false],
    ["UPDATE crudp_chunk SET results = '[[1,1,1]]'", true],
    ['UPDATE crudp_result SET status = 1', true],
    ['UPDATE crudp_result SET status = 1 WHERE seq = 2', true],
    ['UPDATE crudp_result SET seq = 3 WHERE seq = 2', true],
    ['UPDATE crudp_result SET outbox = 9 WHERE outbox = 1', true],
    ['UPDATE crudp_result SET chunk = 9', true],
    ["UPDATE crudp_entry SET mark = 'xxxxxxxx' WHERE chunk IS NOT NULL", true],
    ['UPDATE crudp_entry SET "offset" = 7 WHERE chunk IS NOT NULL', true],
    ['UPDATE crudp_entry SET chunk = 9 WHERE chunk IS NOT NULL', true],
  ])('is compared at start with its other rows: %s', async (sql, isFiled) => {
    await (await openJournal(await changed('SELECT 1', isFiled))).close();
    const opening = openJournal(await changed(sql, isFiled));
    await expect(opening).rejects.toMatchObject({ code: 'journal_corrupt' });
  });
});
