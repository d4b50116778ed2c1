import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { note } from '../server/app.ts';
import { EventReader, resultsIn } from '../server/event-reader.ts';
import { creates, Sender } from '../server/harness.ts';
import { bundleServer, Victim } from './victim.ts';

const outbox = '00000000000000a1';

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'crudp-kill-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const database = new Database(join(folder, 'app.db'));
  database.exec('CREATE TABLE ran (req_id TEXT NOT NULL)');
  database.close();
  return folder;
}

/** How often each packet's handler was begun, by number. */
function runsIn(folder: string): Map<number, number[]> {
  const runs = new Map<number, number[]>();
  for (const line of readFileSync(join(folder, 'runs'), 'utf8').trim().split('\n')) {
    const [, seq, attempt] = /\.(\d+) (\d+)$/.exec(line) ?? [];
    runs.set(Number(seq), [...(runs.get(Number(seq)) ?? []), Number(attempt)]);
  }
  return runs;
}

function rowsIn(folder: string): number[] {
  const database = new Database(join(folder, 'app.db'));
  const rows = database.prepare('SELECT req_id FROM ran').all() as { req_id: string }[];
  database.close();
  return rows.map(({ req_id }) => Number(req_id.split('.')[1])).sort((a, b) => a - b);
}

const numbersTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe('A server that is killed', () => {
  let bundle: Awaited<ReturnType<typeof bundleServer>>;
  beforeAll(async () => {
    bundle = await bundleServer();
  });
  afterAll(() => bundle.remove());

  it('between 202 and the results delivers every result after its restart', async () => {
    const folder = newFolder();
    const first = await new Victim(bundle.file, folder).start();
    const stream = await EventReader.open(`${first.url}/events?outbox=${outbox}`, {});
    const cursor = (await stream.next())?.id as string;
    const packets = numbersTo(6).map((seq) => creates(seq, note(`n${seq}`, seq === 3 ? 'hang' : '')));
    const answer = await new Sender(first.url, 'ana', outbox).post(packets);
    expect([answer.status, answer.json.accepted]).toEqual([202, 6]);
    await first.said(({ event, reqId }) => event === 'begun' && reqId === `${outbox}.3`);
    await first.kill();

    const second = await new Victim(bundle.file, folder).start();
    const resumed = await EventReader.open(`${second.url}/events?outbox=${outbox}`, { 'Last-Event-ID': cursor });
    const [hello, ...results] = await resumed.take(7);
    expect(JSON.parse(hello?.data ?? '')).toMatchObject({ recovered: true, epoch: answer.json.epoch });
    expect(results.flatMap(resultsIn)).toEqual(numbersTo(6).map((seq) => `a1.${seq} 0`));
    // Only the packet that was running saw its second attempt.
    expect([...runsIn(folder)]).toEqual(numbersTo(6).map((seq) => [seq, seq === 3 ? [1, 2] : [1]]));
    await second.kill();
    expect(rowsIn(folder)).toEqual(numbersTo(6));
  }, 30_000);

  it('again and again, anywhere, loses nothing and commits nothing twice', async () => {
    const folder = newFolder();
    const perRound = 30;
    const rounds = 5;
    let random = 12_345;
    const below = (limit: number) => {
      random = (Math.imul(random, 1_103_515_245) + 12_345) & 0x7fffffff;
      return random % limit;
    };
    let cursor = '';
    let place: Sender['place'] | undefined;
    const delivered = new Map<number, string>();
    const read = async (victim: Victim, until: () => boolean) => {
      const stream = await EventReader.open(
        `${victim.url}/events?outbox=${outbox}`,
        cursor ? { 'Last-Event-ID': cursor } : {},
      );
      do {
        const event = await stream.next();
        if (!event) break;
        cursor = event.id ?? cursor;
        for (const text of event.event === 'results' ? resultsIn(event) : []) {
          delivered.set(Number(/\.(\d+) /.exec(text)?.[1]), text);
        }
      } while (!until());
      stream.close();
    };
    for (let round = 0; round < rounds; round++) {
      const victim = await new Victim(bundle.file, folder).start();
      await read(victim, () => true);
      const sender = new Sender(victim.url, 'ana', outbox);
      if (place) sender.place = place;
      const packets = numbersTo(perRound).map((index) => creates(round * perRound + index, note(`n${index}`)));
      expect((await sender.post(packets)).status).toBe(202);
      place = sender.place;
      await victim.said(({ event }) => event === 'begun', 1 + below(perRound));
      await victim.kill();
    }
    const last = await new Victim(bundle.file, folder).start();
    await read(last, () => delivered.size === rounds * perRound);
    expect([...delivered.keys()].sort((a, b) => a - b)).toEqual(numbersTo(rounds * perRound));
    expect([...delivered.values()].every((text) => text.endsWith(' 0'))).toBe(true);
    await last.kill();
    const attempts = [...runsIn(folder).values()];
    expect(attempts.every((of) => of.length <= 2)).toBe(true);
    expect(attempts.filter((of) => of.length === 2).length).toBeLessThanOrEqual(rounds);
    expect(rowsIn(folder)).toEqual(numbersTo(rounds * perRound));
  }, 60_000);
});
