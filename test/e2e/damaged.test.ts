import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumFound } from '../../scripts/chromium.mjs';
import { Profile } from './kill/browser.ts';
import { type KillServer, startKillServer } from './kill/server.ts';

const PACKETS = 20;

describe.skipIf(!chromiumFound)('A browser whose stored data are damaged', () => {
  let server: KillServer;
  const profile = new Profile();
  beforeAll(async () => {
    server = await startKillServer();
  });
  afterAll(async () => {
    await profile.delete();
    await server.close();
  });

  it('says that what it had saved is lost, and keeps its promise from then on', async () => {
    const { told, url } = server;
    const saved = server.next('saved', PACKETS);
    profile.show(`${url}/?life=1&enqueue=true&online=false&count=${PACKETS}`);
    await saved;
    await profile.kill();
    await profile.damage();

    const answered = server.next('confirmed', PACKETS);
    profile.show(`${url}/?life=2&enqueue=true&count=${PACKETS}`);
    await answered;

    expect(told.lost).toEqual(new Map([[2, 1]]));
    expect(told.unstored).toEqual(new Map());
    const numbers = Array.from({ length: PACKETS }, (_, i) => 2_000_000 + i);
    expect([...told.effects].sort(([a], [b]) => a - b)).toEqual(numbers.map((n) => [n, 1]));
  });
});
