import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { chromiumFound } from '../../scripts/chromium.mjs';
import { portableCodec } from '../../src/codec.ts';
import { app } from './kill/contract.ts';
import { startedForTests } from './kill/started.ts';

/** What each page saves. */
const PACKETS = 20;

describe.skipIf(!chromiumFound)('Pages of two versions side by side', () => {
  const started = startedForTests();

  const codec = portableCodec();

  /** @returns The page, and the numbers in the frames that it posts. */
  async function open(life: number, version: number, query = ''): Promise<{ page: Page; posted: number[] }> {
    const page = await started.browser.context.newPage();
    const posted: number[] = [];
    page.on('request', (request) => {
      const frame = request.url().endsWith('/api/sync') && request.postDataBuffer();
      if (!frame) return;
      const { packets } = codec.decodeRequest(app, frame);
      for (const { records } of packets) posted.push(...(records as { n: number }[]).map(({ n }) => n));
    });
    await page.goto(`${started.server.url}/?life=${life}&version=${version}&${query}`);
    return { page, posted };
  }

  const leads = (page: Page) => page.waitForFunction(() => document.title === 'leads');
  const isEmpty = (page: Page) => page.waitForFunction(() => document.body.dataset.waiting === '0');
  const saving = `enqueue=true&count=${PACKETS}`;
  const numbersOf = (life: number) => Array.from({ length: PACKETS }, (_, i) => life * 1_000_000 + i);

  it('have the newer one send, and a newer packet wait for it', async () => {
    const { server, browser } = started;
    const old = await open(1, 1);
    await leads(old.page);
    const first = await open(2, 2);
    await leads(first.page);

    // While no POST comes through, both save, and the newer page goes.
    await browser.context.route('**/api/sync', (route) => route.abort());
    const saved = server.next('saved', 2 * PACKETS);
    const more = await open(3, 1, saving);
    const newer = await open(4, 2, saving);
    await saved;
    await newer.page.close();
    await first.page.close();
    old.posted.length = 0;
    more.posted.length = 0;
    await browser.context.unroute('**/api/sync');

    // The pages that are left know nothing of the newer packets but that they cannot send them. How long they had paused, having
    // met no network, depends on how long the saving took: they are told that it is back.
    const held = async (page: Page) => {
      await page.evaluate(() => dispatchEvent(new Event('online')));
      await page.waitForFunction(() => document.body.dataset.state === 'contract_newer');
    };
    await Promise.all([held(old.page), held(more.page)]);
    for (const n of numbersOf(4)) expect(server.told.effects.get(n), `effects of ${n}`).toBeUndefined();
    expect([...old.posted, ...more.posted].filter((n) => n >= 4_000_000)).toEqual([]);

    const back = await open(5, 2);
    await Promise.all([leads(back.page), isEmpty(back.page), isEmpty(old.page), isEmpty(more.page)]);
    expect([...old.posted, ...more.posted].filter((n) => n >= 4_000_000)).toEqual([]);
    expect(back.posted.sort((a, b) => a - b)).toEqual(expect.arrayContaining(numbersOf(4)));
    for (const n of [...numbersOf(3), ...numbersOf(4)]) expect(server.told.effects.get(n), `effects of ${n}`).toBe(1);
    expect(server.told.rejected).toEqual(new Map());
  });
});
