import { describe, expect, it } from 'vitest';
import { chromiumFound } from '../../scripts/chromium.mjs';
import { startedForTests } from './kill/started.ts';

const PACKETS = 20;

interface Left {
  countLeft(): Promise<number>;
}

describe.skipIf(!chromiumFound)('A service worker', () => {
  const started = startedForTests();

  it('sends what waits when the browser wakes it, with no page open', async () => {
    const { server, browser } = started;
    const { told, url } = server;
    const { context } = browser;
    const devtools = await context.newCDPSession(context.pages()[0] ?? (await context.newPage()));
    const registered = new Promise<string>((resolve) => {
      devtools.on('ServiceWorker.workerVersionUpdated', ({ versions }) => {
        const active = versions.find(({ status }) => status === 'activated');
        if (active) resolve(active.registrationId);
      });
    });
    await devtools.send('ServiceWorker.enable');
    const page = await context.newPage();
    const saved = server.next('saved', PACKETS);
    await page.goto(`${url}/?life=1&enqueue=true&count=${PACKETS}&online=false&worker=true`);
    await saved;
    const registrationId = await registered;
    const tags = await page.evaluate(async () => {
      const { sync } = (await navigator.serviceWorker.ready) as unknown as { sync: { getTags(): Promise<string[]> } };
      return sync.getTags();
    });
    expect(tags).toEqual(['crudp']);
    await page.close();
    expect(told.effects).toEqual(new Map());

    // Again, as a browser does: as long as a page that is being closed still answers, it is that page's to send.
    const wake = async (): Promise<number> => {
      const event = { origin: url, registrationId, tag: 'crudp', lastChance: false };
      await devtools.send('ServiceWorker.dispatchSyncEvent', event);
      return told.effects.size;
    };
    await expect.poll(wake, { timeout: 30_000, interval: 500 }).toBe(PACKETS);

    // Whatever the worker has not brought home, the next page does; neither sends any again.
    const next = await context.newPage();
    await next.goto(`${url}/?life=2`);
    await next.waitForFunction(async () => (await (globalThis as unknown as Left).countLeft()) === 0);
    for (const n of told.saved.keys()) expect(told.effects.get(n), `effects of ${n}`).toBe(1);
    expect(told.rejected).toEqual(new Map());
  });
});
