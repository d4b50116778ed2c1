import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { note } from '../server/app.ts';
import { EventReader, resultsIn, said } from '../server/event-reader.ts';
import { creates, Sender } from '../server/harness.ts';
import { newKillFolder, numbersTo, rowsIn, runsIn } from './kill-folder.ts';
import { bundleServer, Victim } from './victim.ts';

const outbox = '00000000000000a1';
const begun = (seq: number) => (line: { event: string; reqId?: string }) =>
  line.event === 'begun' && line.reqId === `${outbox}.${seq}`;

describe('A server that gets SIGTERM', () => {
  let bundle: Awaited<ReturnType<typeof bundleServer>>;
  beforeAll(async () => {
    bundle = await bundleServer();
  });
  afterAll(() => bundle.remove());

  it('says bye, lets the running packet finish, and leaves the rest to the next start', {
    timeout: 30_000,
  }, async () => {
    const folder = newKillFolder();
    const first = await new Victim(bundle.file, folder).start();
    const stream = await EventReader.open(`${first.url}/events?outbox=${outbox}`, {});
    const cursor = (await stream.next())?.id as string;
    const texts = ['', 'until SIGTERM', '', ''];
    const sender = new Sender(first.url, 'ana', outbox);
    expect((await sender.post(texts.map((text, at) => creates(at + 1, note(`n${at}`, text))))).status).toBe(202);
    await first.said(begun(2));
    expect(resultsIn((await stream.next()) ?? fail())).toEqual(['a1.1 0']);
    first.signal('SIGTERM');
    expect(said((await stream.next()) ?? fail())).toEqual({ reason: 'drain' });
    expect(await stream.next()).toBeNull();
    expect(await first.ended).toBe('0');
    expect([...runsIn(folder).keys()]).toEqual([1, 2]);
    // Its result was stored within the grace period, though no stream was open any more.
    expect(rowsIn(folder)).toEqual([1, 2]);

    const second = await new Victim(bundle.file, folder).start();
    const resumed = await EventReader.open(`${second.url}/events?outbox=${outbox}`, { 'Last-Event-ID': cursor });
    const [hello, ...results] = await resumed.take(5);
    expect(JSON.parse(hello?.data ?? '')).toMatchObject({ recovered: true });
    expect(results.flatMap(resultsIn)).toEqual(numbersTo(4).map((seq) => `a1.${seq} 0`));
    expect([...runsIn(folder).values()]).toEqual([[1], [1], [1], [1]]);
    expect(rowsIn(folder)).toEqual(numbersTo(4));
  });

  it('counts no try that it has cut off, however often it is deployed', { timeout: 30_000 }, async () => {
    const folder = newKillFolder();
    for (const attempt of numbersTo(4)) {
      const victim = await new Victim(bundle.file, folder).start();
      if (attempt === 1) await new Sender(victim.url, 'ana', outbox).post([creates(1, note('n', 'until aborted'))]);
      await victim.said(begun(1));
      victim.signal('SIGTERM');
      expect(await victim.ended).toBe('0');
    }
    const last = await new Victim(bundle.file, folder).start();
    const stream = await EventReader.open(`${last.url}/events?outbox=${outbox}&after=x`, {});
    await stream.next();
    // `maxAttempts` is 3.
    expect(resultsIn((await stream.next()) ?? fail())).toEqual(['a1.1 0']);
    expect(runsIn(folder).get(1)).toEqual([1, 2, 3, 4, 5]);
    expect(rowsIn(folder)).toEqual([1]);
  });
});

function fail(): never {
  throw new Error('the stream ended');
}
