import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { note } from '../server/app.ts';
import { creates, Sender } from '../server/harness.ts';
import { newKillFolder, numbersTo, rowsIn, runsIn } from './kill-folder.ts';
import { LastingClient } from './lasting-client.ts';
import { bundleServer, Victim } from './victim.ts';

const outbox = '00000000000000a1';
const wait = { headers: { Prefer: 'wait=20' } };

// A lease on the file that runs out would let a process that was only stopped wake up beside its successor. There is
// none: the operating system's lock goes with its process, and not before.
describe('A server that is stopped, not dead', () => {
  let bundle: Awaited<ReturnType<typeof bundleServer>>;
  beforeAll(async () => {
    bundle = await bundleServer();
  });
  afterAll(() => bundle.remove());

  it('keeps its journal from a second one, and goes on where it was', { timeout: 30_000 }, async () => {
    const folder = newKillFolder();
    // Stops by itself when the second result is to be stored: its handler has run, nothing of it is durable.
    const first = await new Victim(bundle.file, folder, 'result-before', '2', 'SIGSTOP').start();
    const client = new LastingClient(outbox);
    await client.connect(first.url);
    await client.send(first.url, 3);
    await first.said(({ event }) => event === 'struck');

    const second = await new Victim(bundle.file, folder).start();
    expect(await second.said(({ event }) => event === 'refused')).toMatchObject({ code: 'journal_in_use' });
    const luis = new Sender(second.url, 'ana', '00000000000000b7');
    expect((await luis.post([creates(1, note('x'))])).status).toBe(500);
    expect([...runsIn(folder).keys()]).toEqual([1, 2]);

    first.signal('SIGCONT');
    await client.hear();
    expect([...client.heard]).toEqual(numbersTo(3).map((seq) => [seq, ['0']]));
    expect([...runsIn(folder).values()]).toEqual([[1], [1], [1]]);
    expect(rowsIn(folder)).toEqual([1, 2, 3]);
  });

  it('leaves it to the second one when it dies, with nothing done twice', { timeout: 30_000 }, async () => {
    const folder = newKillFolder();
    const first = await new Victim(bundle.file, folder, 'result-before', '2', 'SIGSTOP').start();
    const client = new LastingClient(outbox);
    await client.connect(first.url);
    await client.send(first.url, 3);
    await first.said(({ event }) => event === 'struck');
    const second = await new Victim(bundle.file, folder).start();
    await second.said(({ event }) => event === 'refused');

    // The second one takes the journal with the next request, without a restart.
    await first.kill();
    const answer = await new Sender(second.url, 'ana', '00000000000000b7').post([creates(1, note('x'))], wait);
    expect(answer.results.map(({ status }) => status)).toEqual([0]);
    await client.connect(second.url);
    await client.hear();
    expect([...client.heard]).toEqual(numbersTo(3).map((seq) => [seq, ['0']]));
    expect(rowsIn(folder)).toEqual([1, 1, 2, 3]);
    expect(readFileSync(`${folder}/runs`, 'utf8').trim().split('\n').sort()).toEqual([
      `${outbox}.1 1`,
      `${outbox}.2 1`,
      `${outbox}.2 2`,
      `${outbox}.3 1`,
      '00000000000000b7.1 1',
    ]);
  });
});
