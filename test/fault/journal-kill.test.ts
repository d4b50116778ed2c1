import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Libsql from 'libsql';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Journal, nowhere, type OutboxKey } from '../../src/lib/server/journal.ts';
import { sqliteJournal } from '../../src/lib/server/journals/sqlite.ts';
import { frameFor, randomOf, readFrame, seqsOf, tagFor } from './journal-frames.ts';
import { JournalProcess } from './journal-process.ts';

const rounds = 12;

let child: JournalProcess;
beforeAll(async () => {
  child = await JournalProcess.build();
});
afterAll(() => child.remove());

function newFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'crudp-kill-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'app.db');
}

/** Opens the file, which looks for damage, and closes it after `use`. */
async function visit<Result>(file: string, use: (journal: Journal) => Promise<Result>): Promise<Result> {
  const journal = sqliteJournal(file, { driver: Libsql, thread: false });
  await journal.open();
  try {
    return await use(journal);
  } finally {
    await journal.close();
  }
}

/** The acknowledgements of one kind, as outbox and number. */
function acknowledged(lines: readonly string[], kind: string): { key: OutboxKey; seq: number }[] {
  return lines
    .map((line) => /^(\w+) (user \d+) (\w+) (\d+)$/.exec(line))
    .filter((match) => match?.[1] === kind)
    .map((match) => ({ key: { user: match?.[2] ?? '', outbox: match?.[3] ?? '' }, seq: Number(match?.[4]) }));
}

describe('A killed process', () => {
  it(`has lost no batch it acknowledged and left none in half, ${rounds} times`, { timeout: 120_000 }, async () => {
    const file = newFile();
    const random = randomOf(20);
    const highest = new Map<string, { key: OutboxKey; seq: number }>();
    for (let round = 0; round < rounds; round++) {
      const run = child.start('accept', file, round + 1);
      await run.wrote(2 + Math.floor(random() * 400));
      await run.kill();
      for (const one of acknowledged(run.lines, 'accepted')) highest.set(`${one.key.user} ${one.key.outbox}`, one);
      await visit(file, async (journal) => {
        for (const { key, seq } of highest.values()) {
          const place = await journal.place(key);
          expect(place.seq).toBeGreaterThanOrEqual(seq);
          expect(place).toEqual({ epoch: journal.epoch, seq: place.seq, tag: tagFor(key, place.seq) });
        }
      });
    }
    expect(highest.size).toBe(8);
    const db = new Libsql(file);
    onTestFinished(() => {
      db.close();
    });
    const batches = db.prepare(
      `SELECT user, outbox.outbox AS outbox, accepted, first, last, frame
       FROM crudp_batch AS batch JOIN crudp_outbox AS outbox ON outbox.id = batch.outbox ORDER BY outbox.id, last`,
    );
    const found = new Map<string, { accepted: number; seqs: number[] }>();
    for (const row of batches.all() as (OutboxKey &
      Record<'accepted' | 'first' | 'last', number> & { frame: ArrayBuffer })[]) {
      const { user, outbox, accepted, first, last } = row;
      const seqs = seqsOf(first, last - first + 1);
      expect(readFrame(new Uint8Array(row.frame))).toEqual({ user, outbox, seqs });
      const name = `${user} ${outbox}`;
      found.set(name, { accepted, seqs: [...(found.get(name)?.seqs ?? []), ...seqs] });
    }
    expect([...found.keys()].sort()).toEqual([...highest.keys()].sort());
    for (const { accepted, seqs } of found.values()) expect(seqs).toEqual(seqsOf(1, accepted));
  });

  it('has done everything it ran exactly once, and told of it', { timeout: 120_000 }, async () => {
    const file = newFile();
    const db = new Libsql(file);
    onTestFinished(() => {
      db.close();
    });
    db.exec('CREATE TABLE ledger (user TEXT, outbox TEXT, seq INTEGER)');
    const keys = seqsOf(0, 12).map((index) => ({ user: `user ${index % 5}`, outbox: String(index).padStart(16, '0') }));
    const perOutbox = 60;
    await visit(file, async (journal) => {
      for (const key of keys) await fill(journal, key, perOutbox);
    });

    const random = randomOf(21);
    const told = new Map<string, number>();
    let kills = 0;
    for (let done = 0; done < 3; ) {
      const run = child.start('run', file);
      await run.wrote(2 + Math.floor(random() * 120));
      await run.kill();
      kills++;
      done = run.lines.filter((line) => line === 'done').length;
      for (const { key, seq } of acknowledged(run.lines, 'committed')) {
        const name = `${key.user} ${key.outbox} ${seq}`;
        told.set(name, (told.get(name) ?? 0) + 1);
      }
    }
    expect(kills).toBeGreaterThan(5);
    // A packet whose commit was acknowledged never ran again.
    expect([...told.values()].filter((times) => times > 1)).toEqual([]);

    const all = keys.flatMap(({ user, outbox }) => seqsOf(1, perOutbox).map((seq) => ({ user, outbox, seq })));
    const ledger = db.prepare('SELECT user, outbox, seq FROM ledger ORDER BY outbox, seq').all();
    expect(ledger).toEqual(all);
    await visit(file, async (journal) => {
      const { entries } = await readAll(journal, 'all');
      expect(entries).toHaveLength(all.length);
      for (const key of keys) {
        const chunks = await journal.results(key, seqsOf(1, perOutbox));
        expect(chunks.map(({ frame }) => readFrame(frame).seqs)).toEqual(seqsOf(1, perOutbox).map((seq) => [seq]));
      }
      for (const user of new Set(keys.map((key) => key.user))) {
        const mine = (await readAll(journal, `user:${user}`)).entries.map(({ outbox, frame }) => {
          return `${outbox} ${readFrame(frame).seqs.join(' ')}`;
        });
        expect(new Set(mine).size).toBe(mine.length);
        expect(mine).toHaveLength(keys.filter((key) => key.user === user).length * perOutbox);
      }
    });
  });

  it('keeps the journal from others while it lives, not after', { timeout: 60_000 }, async () => {
    const file = newFile();
    const run = child.start('hold', file);
    await run.wrote(1);
    expect(run.lines).toEqual(['open']);
    const open = () => visit(file, async (journal) => journal.place({ user: 'ana', outbox: '1' }));
    await expect(open()).rejects.toMatchObject({ code: 'journal_in_use' });
    await run.kill();
    expect(await open()).toEqual(nowhere);
  });
});

async function fill(journal: Journal, key: OutboxKey, count: number): Promise<void> {
  for (let first = 1; first <= count; first += 20) {
    const seqs = seqsOf(first, 20);
    await journal.accept({
      ...key,
      identity: { user: key.user, roles: [] },
      contract: 1,
      after: await journal.place(key),
      tag: tagFor(key, seqs.at(-1) as number),
      frame: frameFor(key, seqs, 200),
      oldest: 1,
      packets: seqs.map((seq) => ({ seq, route: 4, items: 1, after: [], group: 0 })),
      receivedAt: 0,
    });
  }
}

/** A whole log, in as many readings as it takes. */
async function readAll(journal: Journal, log: string) {
  const entries = [];
  let position = { offset: 0, mark: '' };
  for (;;) {
    const reading = await journal.read(log, position, 1 << 20);
    expect(reading.recovered).toBe(true);
    const last = reading.entries.at(-1);
    if (!last) return { entries };
    entries.push(...reading.entries);
    position = last;
  }
}
