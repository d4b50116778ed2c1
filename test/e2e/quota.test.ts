import { describe, expect, it } from 'vitest';
import { chromiumFound } from '../../scripts/chromium.mjs';
import { startedForTests } from './kill/started.ts';

/** Bytes that the browser lets the page have, at first. */
const QUOTA = 100_000;

interface Saving {
  save(n: number): Promise<string>;
  setOnline(isOnline: boolean): void;
}

describe.skipIf(!chromiumFound)('A browser without room', () => {
  const started = startedForTests();

  it('refuses to save, keeps what it has, and saves again when there is room', async () => {
    const { server, browser } = started;
    const { told, url } = server;
    const page = await browser.context.newPage();
    const devtools = await browser.context.newCDPSession(page);
    await page.goto(`${url}/?life=1&online=false`);
    const save = (n: number) => page.evaluate((n) => (globalThis as unknown as Saving).save(n), n);

    // From the beginning: the browser does not look again as long as a room that it has found lasts.
    await devtools.send('Storage.overrideQuotaForOrigin', { origin: url, quotaSize: QUOTA });
    let saved = 0;
    let outcome = await save(1);
    while (outcome === 'saved') {
      saved++;
      outcome = await save(saved + 1);
    }
    expect([outcome, await save(saved + 1)]).toEqual(['storage_full', 'storage_full']);
    expect(saved).toBeGreaterThan(0);
    // What it has outlives the page, though nothing can be written.
    await page.reload();
    await page.waitForFunction((count) => document.body.dataset.waiting === String(count), saved);
    expect(await save(saved + 1)).toBe('storage_full');

    await devtools.send('Storage.overrideQuotaForOrigin', { origin: url });
    expect(await save(saved + 1)).toBe('saved');
    const confirmed = server.next('confirmed', saved + 1);
    await page.evaluate(() => (globalThis as unknown as Saving).setOnline(true));
    await confirmed;
    const numbers = Array.from({ length: saved + 1 }, (_, i) => i + 1);
    expect(told.effects).toEqual(new Map(numbers.map((n) => [n, 1])));
    expect(told.rejected).toEqual(new Map());
  });
});
