import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumFound } from '../../scripts/chromium.mjs';
import { Profile } from './kill/browser.ts';
import { type KillServer, startKillServer } from './kill/server.ts';

/** What each life saves. */
const PACKETS = 20;
const numbersOf = (life: number) => Array.from({ length: PACKETS }, (_, i) => life * 1_000_000 + i);

describe.skipIf(!chromiumFound)('A browser profile that was copied while packets waited', () => {
  let server: KillServer;
  const profiles: Profile[] = [];
  beforeAll(async () => {
    server = await startKillServer();
  });
  afterAll(async () => {
    for (const profile of profiles) await profile.delete();
    await server.close();
  });

  it('loses none of them, in either browser, and what each saves from then on is done once', async () => {
    const { told, url } = server;
    const original = new Profile();
    profiles.push(original);
    const saved = server.next('saved', PACKETS);
    original.show(`${url}/?life=1&enqueue=true&online=false&count=${PACKETS}`);
    await saved;
    await original.kill();
    const copy = await original.copy();
    profiles.push(copy);

    // Both at once, and each goes on from the same number with packets of its own.
    const answered = server.next('confirmed', 4 * PACKETS);
    original.show(`${url}/?life=2&enqueue=true&count=${PACKETS}`);
    copy.show(`${url}/?life=3&enqueue=true&count=${PACKETS}`);
    await answered;

    expect(told.rejected).toEqual(new Map());
    for (const n of numbersOf(1)) {
      const effects = told.effects.get(n) ?? 0;
      expect(effects === 1 || effects === 2, `${n} has ${effects} effects`).toBe(true);
      for (const life of [2, 3]) expect(told.confirmed.get(`${n} in life ${life}`), `${n} in life ${life}`).toBe(1);
    }
    for (const life of [2, 3]) {
      for (const n of numbersOf(life)) {
        expect(told.effects.get(n), `effects of ${n}`).toBe(1);
        expect(told.confirmed.get(`${n} in life ${life}`), `${n} in life ${life}`).toBe(1);
      }
    }
  });
});
