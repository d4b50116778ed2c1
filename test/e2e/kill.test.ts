import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumFound } from '../../scripts/chromium.mjs';
import { Random } from '../generate/random.ts';
import { Profile } from './kill/browser.ts';
import { type KillServer, startKillServer } from './kill/server.ts';

// More of them: ROUNDS=200 SEED=7 npx vitest run --project e2e test/e2e/kill.test.ts
const rounds = Number(process.env.ROUNDS ?? 8);
const seed = Number(process.env.SEED ?? 1);

let server: KillServer;
let profile: Profile;
beforeAll(async () => {
  server = await startKillServer();
  profile = new Profile();
});
afterAll(async () => {
  await profile.delete();
  await server.close();
});

describe.skipIf(!chromiumFound)('A browser that is killed', () => {
  it('loses nothing that was saved, and has it done and answered once', {
    timeout: 60_000 + 20_000 * rounds,
  }, async () => {
    const random = new Random(seed);
    const { told, url } = server;
    for (let life = 1; life <= rounds; life++) {
      const show = (query: string) => profile.show(`${url}/?life=${life}&${query}`);
      // By turns: while it saves offline, while it saves and sends, and while it brings home what was saved before.
      const turn = life % 3;
      const reached =
        turn === 2 ? server.next('effects', 1 + random.below(40)) : server.next('saved', 1 + random.below(60));
      show(turn === 0 ? 'enqueue=true&online=true' : turn === 1 ? 'enqueue=true&online=false' : 'enqueue=true');
      await reached;
      await profile.kill();
    }
    const empty = server.next('empty');
    profile.show(`${url}/?life=${rounds + 1}`);
    await empty;

    const where = `SEED=${seed} ROUNDS=${rounds}`;
    expect(told.saved.size, where).toBeGreaterThan(rounds);
    expect(told.rejected, where).toEqual(new Map());
    expect(told.unstored, `${where}: lives in memory`).toEqual(new Map());
    // Chromium may find its own files damaged after such an end, and begins anew. The application has been told of it, and
    // everything saved from then on is held to the promise.
    const kept = Math.max(0, ...told.lost.keys()) * 1_000_000;
    const unheard = (): string[] => {
      const heard = new Set(Array.from(told.confirmed.keys(), (key) => Number(key.split(' ')[0])));
      const silent = [...told.saved.keys()].filter((n) => n >= kept && !heard.has(n));
      return silent.map((n) => `${n}, with ${told.effects.get(n) ?? 0} effects`);
    };
    // The outbox is empty a moment before the page has been told of the last of it.
    await expect.poll(unheard, { message: `${where}: without an answer` }).toEqual([]);
    for (const n of told.saved.keys()) {
      if (n >= kept || told.effects.has(n)) expect(told.effects.get(n), `${where}: effects of ${n}`).toBe(1);
    }
    if (kept > 0)
      console.warn(`${where}: the browser lost its storage before life ${[...told.lost.keys()].join(', ')}`);
    // What was saved just before the end, too late to be told of.
    for (const [n, count] of told.effects) expect(count, `${where}: effects of ${n}`).toBe(1);
    for (const [key, count] of told.confirmed) expect(count, `${where}: answers to ${key}`).toBe(1);
  });
});
