import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { note } from '../server/app.ts';
import { EventReader, resultsIn } from '../server/event-reader.ts';
import { creates, Sender } from '../server/harness.ts';
import { randomOf } from './journal-frames.ts';
import { newKillFolder, numbersTo, rowsIn, runsIn } from './kill-folder.ts';
import { LastingClient } from './lasting-client.ts';
import { bundleServer, Victim } from './victim.ts';

/** ROUNDS=300 for the long run. */
const rounds = Number(process.env.ROUNDS ?? 30);
const perRound = 100;
const outbox = '00000000000000a1';

describe('A server that is killed', () => {
  let bundle: Awaited<ReturnType<typeof bundleServer>>;
  beforeAll(async () => {
    bundle = await bundleServer();
  });
  afterAll(() => bundle.remove());

  it('between 202 and the results delivers every result after its restart', async () => {
    const folder = newKillFolder();
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

  it(`anywhere, ${rounds} x ${perRound} packets, loses nothing and commits nothing twice`, {
    timeout: rounds * 10_000,
  }, async () => {
    const folder = newKillFolder();
    const random = randomOf(22);
    const client = new LastingClient(outbox);
    for (let round = 0; round < rounds; round++) {
      const victim = await new Victim(bundle.file, folder).start();
      // At one of the lines that it logs, three for each packet, of which one batch may have run before; but not again at
      // the packet that was struck last.
      const line = 1 + Math.floor(random() * 2 * perRound);
      const killed = victim
        .said(({ event }) => event === 'begun', 2)
        .then(() => victim.said(() => true, line))
        .then(() => victim.kill());
      await client.whileAlive(victim.ended, async () => {
        await client.connect(victim.url);
        // In five batches, some of which find no server any more.
        for (let batch = 0; batch < 5; batch++) await client.send(victim.url, perRound / 5);
        await client.hear();
        await client.acknowledge(victim.url);
      });
      await killed;
    }
    const last = await new Victim(bundle.file, folder).start();
    await client.connect(last.url);
    while (client.acknowledged < rounds * perRound) await client.send(last.url, perRound / 5);
    await client.hear();
    await last.kill();
    const all = numbersTo(rounds * perRound);
    expect([...client.heard].sort(([a], [b]) => a - b)).toEqual(all.map((seq) => [seq, ['0']]));
    expect(rowsIn(folder)).toEqual(all);
    const again = [...runsIn(folder).values()].filter((attempts) => attempts.join() !== '1');
    // '2': it was struck when it was begun, before its first line.
    expect(again.filter((attempts) => !['1,2', '2'].includes(attempts.join()))).toEqual([]);
    expect(again.length).toBeLessThanOrEqual(rounds);
  });
});
