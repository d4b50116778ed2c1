import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { chromiumFound } from '../../scripts/chromium.mjs';
import { startedForTests } from './kill/started.ts';

/** What each tab saves. */
const PACKETS = 20;

describe.skipIf(!chromiumFound)('Tabs of one browser', () => {
  const started = startedForTests();

  /** Opens tabs that save numbers of their own, and hear of those of all. */
  function open(lives: readonly number[]): Promise<Page[]> {
    return Promise.all(
      lives.map(async (life) => {
        const page = await started.browser.context.newPage();
        await page.goto(`${started.server.url}/?life=${life}&enqueue=true&count=${PACKETS}`);
        return page;
      }),
    );
  }

  const numbersOf = (lives: readonly number[]) =>
    lives.flatMap((life) => Array.from({ length: PACKETS }, (_, i) => life * 1_000_000 + i));

  /** Each number done once, and heard of once by each tab that lives. */
  function check(saved: readonly number[], hearing: readonly number[]): void {
    const { told } = started.server;
    for (const n of saved) {
      expect(told.effects.get(n), `effects of ${n}`).toBe(1);
      for (const life of hearing) expect(told.confirmed.get(`${n} in life ${life}`), `${n} in ${life}`).toBe(1);
    }
    expect(told.rejected).toEqual(new Map());
  }

  it.each([[[1, 2]], [[11, 12, 13, 14, 15, 16]]])('save, send and hear as one: %j', async (lives) => {
    const { server } = started;
    const heard = server.next('confirmed', lives.length * lives.length * PACKETS);
    const pages = await open(lives);
    await heard;
    check(numbersOf(lives), lives);
    const titles = await Promise.all(pages.map((page) => page.title()));
    expect(titles.filter((title) => title === 'leads')).toHaveLength(1);
    await expect.poll(() => server.openStreams()).toBe(1);
    for (const page of pages) await page.close();
  });

  it('go on when the one that leads has crashed', async () => {
    const { server } = started;
    const [leader] = await open([21]);
    await leader?.waitForFunction(() => document.title === 'leads');
    // In the midst of it: more than that are still to come, however long the others take to open.
    const midst = server.next('effects', PACKETS);
    const followers = await open([22, 23]);
    await midst;
    const crashed = leader?.waitForEvent('crash');
    leader?.goto('chrome://crash').catch(() => undefined);
    await crashed;
    await Promise.any(followers.map((page) => page.waitForFunction(() => document.title === 'leads')));
    await Promise.all(followers.map((page) => page.waitForFunction(() => document.body.dataset.waiting === '0')));
    // An outbox is empty a moment before each page has been told of the last of it.
    const isHeard = (n: number) => [22, 23].every((life) => server.told.confirmed.has(`${n} in life ${life}`));
    await expect.poll(() => numbersOf([22, 23]).every(isHeard)).toBe(true);
    check(numbersOf([22, 23]), [22, 23]);
    // The crashed one's own, as far as they were saved, were the others' to send; what it heard of is not known.
    const left = [...server.told.saved.keys()].filter((n) => n >= 21_000_000 && n < 22_000_000);
    check(left, []);
  });
});
