import { unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { note } from '../server/app.ts';
import { creates, Sender } from '../server/harness.ts';
import { newKillFolder, numbersTo, rowsIn } from './kill-folder.ts';
import { LastingClient } from './lasting-client.ts';
import { bundleServer, Victim } from './victim.ts';

const outbox = '00000000000000a1';

describe('A server whose fsync fails', () => {
  let bundle: Awaited<ReturnType<typeof bundleServer>>;
  beforeAll(async () => {
    bundle = await bundleServer();
  });
  afterAll(() => bundle.remove());

  it.each(['refuse', 'exit'])('accepts nothing more and says so: %s', { timeout: 30_000 }, async (then) => {
    const folder = newKillFolder();
    const victim = await new Victim(bundle.file, folder, 'fsync', then).start();
    const client = new LastingClient(outbox);
    await client.connect(victim.url);
    await client.send(victim.url, 5);
    await client.hear();

    const sign = join(folder, 'fsync-fails');
    writeFileSync(sign, '');
    const other = new Sender(victim.url, 'ana', '00000000000000b7');
    const refused = await other.post([creates(1, note('x'))]);
    expect([refused.status, refused.json.code]).toEqual([503, 'storage_failed']);
    expect(await victim.said(({ event }) => event === 'storage_failed')).toBeDefined();
    // What was written lately may be lost, whatever the next fsync says.
    unlinkSync(sign);
    if (then === 'exit') {
      expect(await victim.ended).toBe('1');
    } else {
      const again = await other.post([creates(1, note('x'))]);
      expect([again.status, again.json.code]).toEqual([503, 'storage_failed']);
      await victim.kill();
    }

    const next = await new Victim(bundle.file, folder).start();
    await client.connect(next.url);
    await client.send(next.url, 5);
    await client.hear();
    expect([...client.heard]).toEqual(numbersTo(10).map((seq) => [seq, ['0']]));
    await next.kill();
    expect(rowsIn(folder)).toEqual(numbersTo(10));
  });
});
