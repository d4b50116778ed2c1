import Libsql from 'libsql';
import { describe, expect, it } from 'vitest';
import type { Journal } from '../../../../src/lib/server/journal.ts';
import { beginning, type LogEntry } from '../../../../src/lib/server/journal-log.ts';
import { applicationId, migrations } from '../../../../src/lib/server/journals/sqlite/schema.ts';
import { accept, ana, claim, completionOf, frameOf, logOf, luis, textOf } from '../../../contracts/journal/support.ts';
import { application, newFile, openJournal } from './fixture.ts';

/** The journal as a process finds it that begins where this one was killed. */
async function afterCrash(path: string): Promise<Journal> {
  const copy = `${path}.${Math.random()}`;
  // All that is committed, also what is in the write-ahead log alone.
  application(path).exec(`VACUUM INTO '${copy}'`);
  return openJournal(copy);
}

function filedResults(path: string): number {
  const row = application(path).prepare('SELECT count(*) AS n FROM crudp_result').get() as { n: number };
  return row.n;
}

function numbers(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

async function entriesOf(journal: Journal, log: string, maxBytes: number): Promise<LogEntry[]> {
  const entries: LogEntry[] = [];
  for (let position = beginning; ; ) {
    const reading = await journal.read(log, position, maxBytes);
    expect(reading.recovered).toBe(true);
    entries.push(...reading.entries);
    position = reading.entries.at(-1) ?? position;
    if (!reading.more) return entries;
  }
}

describe('Chunks that are not filed', () => {
  it('are found, and found again after a crash', async () => {
    const path = newFile();
    const journal = await openJournal(path);
    await accept(journal, ana, [1, 2, 3, [4, [2]]]);
    const taken = await claim(journal);
    await journal.complete(taken, completionOf([1], { frame: frameOf('one') }));
    await journal.complete(taken, { ...completionOf([2, 3], { frame: frameOf('two, three') }), logged: false });
    expect(filedResults(path)).toBe(0);
    for (const each of [journal, await afterCrash(path)]) {
      const chunks = await each.results(ana, [3, 1, 2, 4]);
      expect(chunks.map(({ frame, seqs }) => [textOf(frame), seqs])).toEqual([
        ['two, three', [3, 2]],
        ['one', [1]],
      ]);
      expect(await logOf(each, 'user:ana')).toEqual(['one']);
    }
    const restarted = await afterCrash(path);
    expect((await claim(restarted)).statuses).toEqual(new Map([[2, 0]]));
    expect(await restarted.end('user:ana')).toEqual(await journal.end('user:ana'));
  });

  it('stand in their log between pushes, wherever reading begins', async () => {
    const path = newFile();
    const journal = await openJournal(path);
    await accept(journal, ana, numbers(1, 5));
    const taken = await claim(journal);
    const push = (text: string) => ({ log: 'user:ana', kind: 'push', frame: frameOf(text) }) as const;
    for (const seq of [1, 2, 3]) {
      await journal.complete(taken, completionOf([seq], { frame: frameOf(`result ${seq}`) }));
      await journal.append([push(`push ${seq}`)]);
    }
    await journal.complete(taken, completionOf([4], { frame: frameOf('result 4'), pushes: [push('push 4')] }));
    const texts = ['result 1', 'push 1', 'result 2', 'push 2', 'result 3', 'push 3', 'result 4', 'push 4'];
    const look = async (each: Journal) => {
      for (const maxBytes of [1, 20, 1000]) {
        const entries = await entriesOf(each, 'user:ana', maxBytes);
        expect(entries.map(({ frame }) => textOf(frame))).toEqual(texts);
        expect(entries.map(({ offset }) => offset)).toEqual(numbers(1, 8));
      }
      for (const { offset, mark } of await entriesOf(each, 'user:ana', 1000)) {
        const { entries, recovered, more } = await each.read('user:ana', { offset, mark }, 1000);
        expect([recovered, more]).toEqual([true, false]);
        expect(entries.map(({ frame }) => textOf(frame))).toEqual(texts.slice(offset));
        expect(await each.read('user:ana', { offset, mark: 'another' }, 1000)).toMatchObject({ recovered: false });
      }
    };
    await look(journal);
    await look(await afterCrash(path));
    expect(filedResults(path)).toBe(0);
    await journal.trim({ results: 0, logs: 0 });
    expect(filedResults(path)).toBe(4);
    await look(journal);
    await look(await afterCrash(path));
    await journal.complete(taken, completionOf([5], { frame: frameOf('result 5') }));
    texts.push('result 5');
    expect(await logOf(journal, 'user:ana')).toEqual(texts);
    expect(await journal.end('user:ana')).toMatchObject({ offset: 9 });
  });

  it('are filed by the hundred, and read as before', async () => {
    const path = newFile();
    const journal = await openJournal(path);
    await accept(journal, ana, numbers(1, 1500));
    await accept(journal, luis, numbers(1, 100));
    const [anas, luiss] = [await claim(journal), await claim(journal)];
    for (let first = 1; first <= 1500; first += 15) {
      await journal.complete(anas, completionOf(numbers(first, first + 14), { frame: frameOf(`from ${first}`) }));
      const seq = (first + 14) / 15;
      await journal.complete(luiss, completionOf([seq], { frame: frameOf(`luis ${seq}`) }));
    }
    expect(filedResults(path)).toBe(1536);
    for (const each of [journal, await afterCrash(path)]) {
      const chunks = await each.results(ana, numbers(1, 1500));
      expect(chunks.map(({ frame }) => textOf(frame))).toEqual(numbers(0, 99).map((n) => `from ${15 * n + 1}`));
      expect(chunks.flatMap(({ seqs }) => seqs)).toEqual(numbers(1, 1500));
      expect((await each.results(luis, numbers(1, 100))).flatMap(({ seqs }) => seqs)).toEqual(numbers(1, 100));
      expect((await entriesOf(each, 'user:ana', 100)).map(({ offset }) => offset)).toEqual(numbers(1, 100));
      expect(await logOf(each, 'user:luis')).toEqual(numbers(1, 100).map((seq) => `luis ${seq}`));
    }
  });

  it('have ids that no deleted one had', async () => {
    const path = newFile();
    const journal = await openJournal(path);
    await accept(journal, ana, [1]);
    const first = await claim(journal);
    await journal.complete(first, { ...completionOf([1]), logged: false });
    await journal.release(first);
    await accept(journal, ana, [2], { oldest: 2 });
    expect(await journal.results(ana, [1])).toEqual([]);
    const second = await claim(journal);
    await journal.complete(second, completionOf([2], { frame: frameOf('two') }));
    for (const each of [journal, await afterCrash(path)]) {
      expect((await each.results(ana, [2])).map(({ frame }) => textOf(frame))).toEqual(['two']);
    }
  });

  it('keep each result its status, also where some failed', async () => {
    const path = newFile();
    const journal = await openJournal(path);
    await accept(journal, ana, [1, 2, 3, 4, [5, [1, 2, 3, 4]]]);
    const taken = await claim(journal);
    const results = [0, 0, 1, 0].map((status, index) => ({ seq: index + 1, status }));
    await journal.complete(taken, { ...completionOf([1, 2, 3, 4]), results });
    const statuses = new Map(results.map(({ seq, status }) => [seq, status]));
    expect((await claim(await afterCrash(path))).statuses).toEqual(statuses);
    await journal.trim({ results: 0, logs: 0 });
    expect((await claim(await afterCrash(path))).statuses).toEqual(statuses);
  });
});

describe('A journal of before chunks were filed', () => {
  it('is read and goes on', async () => {
    const path = newFile();
    const db = new Libsql(path);
    db.exec(`${migrations.slice(0, 3).join(';')}; PRAGMA application_id = ${applicationId}`);
    db.exec(`INSERT INTO crudp_meta VALUES (1, 3, '0123456789abcdef', 1);
      INSERT INTO crudp_outbox (id, user, outbox, accepted, tag, next, oldest) VALUES (1, 'ana', '${ana.outbox}', 2, 't', 3, 1);
      INSERT INTO crudp_chunk (id, outbox, first, last, at, logged, frame) VALUES (7, 1, 1, 2, 500, 1, x'6f6c64');
      INSERT INTO crudp_result VALUES (1, 1, 0, 7), (1, 2, 0, 7);
      INSERT INTO crudp_log VALUES (1, 'user:ana', 1, 'aaaaaaaa', 0, '', 3);
      INSERT INTO crudp_entry (log, "offset", mark, at, outbox, chunk, bytes)
        VALUES (1, 1, 'aaaaaaaa', 500, '${ana.outbox}', 7, 3)`);
    db.close();
    const journal = await openJournal(path);
    await accept(journal, ana, [3]);
    await journal.complete(await claim(journal), completionOf([3], { frame: frameOf('new') }));
    for (const each of [journal, await afterCrash(path)]) {
      const chunks = await each.results(ana, [1, 2, 3]);
      expect(chunks.map(({ frame, seqs }) => [textOf(frame), seqs])).toEqual([
        ['old', [1, 2]],
        ['new', [3]],
      ]);
      expect(await logOf(each, 'user:ana')).toEqual(['old', 'new']);
    }
    await journal.trim({ results: 0, logs: 0 });
    expect(await logOf(journal, 'user:ana')).toEqual(['old', 'new']);
  });
});
