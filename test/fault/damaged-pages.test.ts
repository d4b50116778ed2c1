import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Libsql from 'libsql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CrudpError } from '../../src/lib/errors.ts';
import type { Journal, OutboxKey } from '../../src/lib/server/journal.ts';
import { sqliteJournal } from '../../src/lib/server/journals/sqlite.ts';
import { SetClock } from '../contracts/journal/support.ts';
import { frameFor, randomOf, readFrame, seqsOf, tagFor } from './journal-frames.ts';

const key: OutboxKey = { user: 'ana', outbox: '00000000000000a1' };
const commits = 12;
const pageBytes = 4096;

function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'crudp-damage-'));
}

async function open(file: string): Promise<Journal> {
  const journal = sqliteJournal(file, {
    driver: Libsql,
    thread: false,
    clock: new SetClock(),
    random: (count) => new Uint8Array(count),
  });
  await journal.open();
  return journal;
}

async function commitNext(journal: Journal): Promise<void> {
  const after = await journal.place(key);
  const seq = after.seq + 1;
  const frame = frameFor(key, [seq], 700);
  await journal.accept({
    ...key,
    identity: { user: key.user, roles: [] },
    contract: 1,
    after,
    tag: tagFor(key, seq),
    frame,
    oldest: 1,
    packets: [{ seq, route: 4, items: 1, after: [], group: 0 }],
    receivedAt: 0,
  });
  await journal.append([{ log: 'all', kind: 'push', frame }]);
}

/** What a journal gives out: frames are judged whole, or reading them throws. */
async function served(file: string): Promise<string> {
  const journal = await open(file);
  try {
    const claim = await journal.claim();
    const { entries } = await journal.read('all', { offset: 0, mark: '' }, 1 << 20);
    const batches = (claim?.batches ?? []).map(({ frame }) => readFrame(frame).seqs);
    const pushes = entries.map(({ frame }) => readFrame(frame).seqs);
    return `to ${(await journal.place(key)).seq}, batches ${batches}, pushes ${pushes}`;
  } finally {
    await journal.close();
  }
}

/** What opening such files comes to: what is served, or the code of the refusal. */
async function outcomeOf(folder: string, database: Buffer, log?: Buffer): Promise<string> {
  const file = join(folder, 'damaged.db');
  for (const end of ['', '-wal', '-shm', '-lock']) rmSync(file + end, { force: true });
  writeFileSync(file, database);
  if (log) writeFileSync(`${file}-wal`, log);
  return served(file).catch(({ code, message }: CrudpError) => code ?? message);
}

function flipped(bytes: Buffer, at: number, bit: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] as number) ^ (1 << bit);
  return copy;
}

interface Image {
  readonly folder: string;
  /** As a crash leaves it: nothing of the log has been moved to the database. */
  readonly database: Buffer;
  readonly log: Buffer;
  /** Where the last commit begins in the log. */
  readonly lastCommitAt: number;
  /** As a clean end leaves it, before and after the last commit. */
  readonly closed: readonly [Buffer, Buffer];
  /** What is served, without and with the last commit. */
  readonly truths: readonly [string, string];
}

async function makeImage(): Promise<Image> {
  const folder = newFolder();
  const file = join(folder, 'app.db');
  const journal = await open(file);
  for (let count = 0; count < commits; count++) await commitNext(journal);
  const [database, earlier] = [readFileSync(file), readFileSync(`${file}-wal`)];
  await journal.append([{ log: 'all', kind: 'push', frame: frameFor(key, [commits + 1], 9000) }]);
  const log = readFileSync(`${file}-wal`);
  await journal.close();
  const before = await outcomeOf(folder, database, earlier);
  const closedBefore = readFileSync(join(folder, 'damaged.db'));
  const after = await outcomeOf(folder, database, log);
  const closed: [Buffer, Buffer] = [closedBefore, readFileSync(join(folder, 'damaged.db'))];
  return { folder, database, log, lastCommitAt: earlier.length, closed, truths: [before, after] };
}

describe('A damaged journal', () => {
  let image: Image;
  beforeAll(async () => {
    image = await makeImage();
    expect(image.truths[0]).toBe(`to 12, batches ${seqsOf(1, 12)}, pushes ${seqsOf(1, 12)}`);
    expect(image.truths[1]).toBe(`${image.truths[0]},13`);
  });
  afterAll(() => rmSync(image.folder, { recursive: true }));

  it('with a flipped bit in the log is refused; in the last commit, at least that is gone', {
    timeout: 60_000,
  }, async () => {
    const { folder, database, log, lastCommitAt, truths } = image;
    const random = randomOf(31);
    const at = seqsOf(0, 250).map(() => Math.floor(random() * log.length));
    // The header and the ends of the last commit too.
    at.push(...seqsOf(0, 32), lastCommitAt - 1, lastCommitAt, log.length - 1);
    for (const place of at) {
      const outcome = await outcomeOf(folder, database, flipped(log, place, place % 8));
      const allowed = place < lastCommitAt ? ['journal_corrupt'] : ['journal_corrupt', truths[0]];
      expect(allowed, `byte ${place}`).toContain(outcome);
    }
  });

  it('whose last commit was torn by a power cut is opened without it', { timeout: 60_000 }, async () => {
    const { folder, database, log, lastCommitAt, truths } = image;
    for (let end = lastCommitAt; end < log.length; end += 512) {
      expect(await outcomeOf(folder, database, log.subarray(0, end)), `cut at ${end}`).toBe(truths[0]);
      const zeroed = Buffer.from(log).fill(0, end);
      expect(await outcomeOf(folder, database, zeroed), `zeros from ${end}`).toBe(truths[0]);
    }
  });

  it('with a flipped bit or torn page in the database is refused, or serves what was written', {
    timeout: 60_000,
  }, async () => {
    const { folder, closed, truths } = image;
    const [before, after] = closed;
    const random = randomOf(32);
    const images = seqsOf(0, 150).map(() =>
      flipped(after, Math.floor(random() * after.length), Math.floor(random() * 8)),
    );
    const pages = seqsOf(0, after.length / pageBytes).map((page) => page * pageBytes);
    const newest = pages.filter(
      (at) => !after.subarray(at, at + pageBytes).equals(before.subarray(at, at + pageBytes)),
    );
    for (const at of newest) {
      for (let sector = 512; sector < pageBytes; sector += 512) {
        const torn = Buffer.from(after);
        const old =
          before.length > at ? before.subarray(at + sector, at + pageBytes) : Buffer.alloc(pageBytes - sector);
        old.copy(torn, at + sector);
        images.push(torn);
      }
    }
    expect(newest.length).toBeGreaterThan(2);
    // Numbers have no sum of their own: a place may be off where no index holds it.
    const frames = (outcome: string) => outcome.replace(/^to \d+, /, '');
    const outcomes = new Set<string>();
    for (const bytes of images) outcomes.add(frames(await outcomeOf(folder, bytes)));
    expect([...outcomes].sort()).toEqual([frames(truths[1]), 'journal_corrupt']);
  });
});
