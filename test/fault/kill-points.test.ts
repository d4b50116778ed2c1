import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newKillFolder, numbersTo, rowsIn, runsIn } from './kill-folder.ts';
import { type KillPoint, type LastWords, steps } from './kill-points.ts';
import { LastingClient } from './lasting-client.ts';
import { bundleServer, Victim } from './victim.ts';

/** Times that each point is reached. */
const kills = 10;
const perBatch = 3;
const outbox = '00000000000000a1';

describe('A server that is killed', () => {
  let bundle: Awaited<ReturnType<typeof bundleServer>>;
  beforeAll(async () => {
    bundle = await bundleServer();
  });
  afterAll(() => bundle.remove());

  // Two at a time: a round is mostly waiting for a process to start.
  it.each(steps)(
    `${kills} times before and ${kills} times after %s keeps its promises`,
    { timeout: 60_000 },
    async (step) => {
      await Promise.all([killAt(`${step}-before`), killAt(`${step}-after`)]);
    },
  );

  async function killAt(point: KillPoint): Promise<void> {
    const folder = newKillFolder();
    const client = new LastingClient(outbox);
    const struck = new Set<number>();
    for (let kill = 0; kill < kills; kill++) {
      // Not the first time: then it would be the packet that was struck last, time and again.
      const victim = await new Victim(bundle.file, folder, point, String(2 + (kill % 4))).start();
      await workUntilDead(client, victim);
      const { seq } = (await victim.said(({ event }) => event === 'struck')) as LastWords;
      if (seq !== undefined) struck.add(seq);
    }
    const last = await new Victim(bundle.file, folder).start();
    await client.connect(last.url);
    await client.send(last.url, perBatch);
    await client.hear();

    const all = numbersTo(client.acknowledged);
    expect([...client.heard].sort(([a], [b]) => a - b)).toEqual(all.map((seq) => [seq, ['0']]));
    // In the log from its beginning too, where nothing has been lost by what this client holds.
    const log = await LastingClient.readAll(last.url, outbox, all.length);
    expect([...log.keys()].sort((a, b) => a - b)).toEqual(all);
    expect([...log.values()].every((statuses) => statuses.length === 1)).toBe(true);
    await last.kill();
    expect(rowsIn(folder)).toEqual(all);
    // A result that is durable has begun the next packet, whose handler had no time to run.
    const attemptsOf = point === 'handler-before' || point === 'result-after' ? '2' : '1,2';
    const again = [...runsIn(folder)].filter(([, attempts]) => attempts.join() !== '1');
    expect(again.map(([seq, attempts]) => [seq, attempts.join()])).toEqual(
      [...struck].sort((a, b) => a - b).map((seq) => [seq, attemptsOf]),
    );
    if (['handler-before', 'handler-after', 'result-before'].includes(point)) expect(struck.size).toBe(kills);
  }
});

async function workUntilDead(client: LastingClient, victim: Victim): Promise<void> {
  await client.whileAlive(victim.ended, async () => {
    await client.connect(victim.url);
    for (;;) {
      await client.send(victim.url, perBatch);
      await client.hear();
      await client.acknowledge(victim.url);
    }
  });
  expect(await victim.ended).toBe('SIGKILL');
}
