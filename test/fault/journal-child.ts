// A process that works on a journal until it is killed: node journal-child.mjs <hold | accept | run> <file> <seed>
// Each line it writes is an acknowledgement: what it names was durable before.
import { writeSync } from 'node:fs';
import type { Claim, Completion, Journal, OutboxKey } from '../../src/lib/server/journal.ts';
import { sqliteJournal } from '../../src/lib/server/journals/sqlite.ts';
import { frameFor, randomOf, seqsOf, tagFor } from './journal-frames.ts';

const outboxes = 8;
const [mode, file = '', seed = '1'] = process.argv.slice(2);

function acknowledge(...words: readonly (string | number)[]): void {
  writeSync(1, `${words.join(' ')}\n`);
}

/** One client: sends batch after batch, each as soon as the last one is accepted. */
async function send(journal: Journal, key: OutboxKey, random: () => number): Promise<void> {
  for (;;) {
    const after = await journal.place(key);
    const seqs = seqsOf(after.seq + 1, 1 + Math.floor(random() * 5));
    const last = seqs.at(-1) as number;
    const outcome = await journal.accept({
      ...key,
      identity: { user: key.user, roles: [] },
      contract: 1,
      after,
      tag: tagFor(key, last),
      // Now and then one that is larger than SQLite's page cache takes lightly.
      frame: frameFor(key, seqs, random() < 0.05 ? 300_000 : 200),
      oldest: 1,
      packets: seqs.map((seq) => ({ seq, route: 4, items: 1, after: [], group: 0 })),
      receivedAt: 0,
    });
    if (outcome.kind === 'accepted') acknowledge('accepted', key.user, key.outbox, outcome.accepted);
  }
}

/** A worker: runs what waits, packet by packet, each with an effect. */
async function work(journal: Journal): Promise<void> {
  for (let claim = await journal.claim(); claim; claim = await journal.claim()) {
    const seqs = claim.batches.flatMap(({ from, to }) => seqsOf(from, to - from + 1));
    const rest = seqs.filter((seq) => seq >= (claim as Claim).next);
    await journal.begin(claim, rest.slice(0, 1));
    for (const [index, seq] of rest.entries()) {
      const outcome = await journal.complete(claim, completionOf(claim, seq, rest.slice(index + 1, index + 2)));
      if (outcome.kind !== 'committed') throw new Error(`packet ${seq}: ${JSON.stringify(outcome)}`);
      acknowledge('committed', claim.user, claim.outbox, seq);
    }
    await journal.release(claim);
  }
  acknowledge('done');
}

function completionOf(claim: Claim, seq: number, begins: readonly number[]): Completion {
  return {
    results: [{ seq, status: 0 }],
    frame: frameFor(claim, [seq], 100),
    logged: true,
    pushes: [{ log: 'all', kind: 'push', frame: frameFor(claim, [seq], 50) }],
    // The table has no unique key: a packet that took effect twice would show.
    effects: [
      { sql: 'INSERT INTO ledger (user, outbox, seq) VALUES (?, ?, ?)', params: [claim.user, claim.outbox, seq] },
    ],
    begins,
  };
}

// Never outlives the test, however that ends.
process.stdin.on('close', () => process.exit()).resume();

const journal = sqliteJournal(file, { driver: 'libsql', worker: new URL('./sqlite-worker.mjs', import.meta.url) });
await journal.open();
acknowledge('open');
const random = randomOf(Number(seed));
if (mode === 'accept') {
  const keys = Array.from({ length: outboxes }, (_, index) => ({
    user: `user ${index % 3}`,
    outbox: String(index).padStart(16, '0'),
  }));
  await Promise.all(keys.map((key) => send(journal, key, random)));
}
if (mode === 'run') {
  await Promise.all([work(journal), work(journal), work(journal)]);
  await journal.close();
}
// An open journal alone keeps no process alive.
if (mode !== 'hold') process.stdin.unref();
