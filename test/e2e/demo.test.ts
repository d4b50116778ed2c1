import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { chromiumFound } from '../../scripts/chromium.mjs';
import { buildDemo } from '../../scripts/demo-build.mjs';
import {
  addClient,
  addInvoice,
  type Browser,
  complaintsOf,
  openBrowser,
  pictureFolder,
  row,
  signIn,
} from './demo/browser.ts';
import { faintTexts } from './demo/contrast.ts';
import { DemoServer } from './demo/server.ts';

const switchName = 'Work offline';

/** Six clients, then for the first of them three invoices, then a change: ten packets of four kinds. */
async function makeTenChanges(page: Page): Promise<void> {
  for (const name of ['Ada', 'Ben', 'Cleo', 'Dora', 'Emil', 'Fay']) {
    await addClient(page, name, `${name.toLowerCase()}@example.org`);
    await row(page, name).waitFor();
  }
  for (const text of ['Plan', 'Build', 'Paint']) {
    await addInvoice(page, 'Ada', text, '12.50');
    await page.getByText(text === 'Plan' ? '1 invoice' : text === 'Build' ? '2 invoices' : '3 invoices').waitFor();
  }
  await page.getByRole('button', { name: 'Edit Ben' }).click();
  const editor = page.getByRole('form', { name: 'Edit Ben' });
  await editor.getByLabel('Name').fill('Benno');
  await editor.getByRole('button', { name: 'Save' }).click();
  await row(page, 'Benno').waitFor();
}

const statesOf = (page: Page, state: string) => page.locator(`.journey[data-state="${state}"]`);

describe.skipIf(!chromiumFound)('Demo', () => {
  const server = new DemoServer(mkdtempSync(join(tmpdir(), 'crudp-demo-')));
  const pictures = pictureFolder();
  let browser: Browser;

  beforeAll(async () => {
    await buildDemo();
    await server.start();
    browser = await openBrowser();
  });

  afterEach(async ({ task }) => {
    // All but the blank one that the browser opened: it would end with its last page.
    for (const [index, page] of browser.context.pages().slice(1).entries()) {
      if (task.result?.state === 'fail') await page.screenshot({ path: join(pictures, `failed-${index}.png`) });
      await page.close();
    }
    if (task.result?.state === 'fail') copyFileSync(join(server.folder, 'server.log'), join(pictures, 'failed.log'));
  });

  afterAll(async () => {
    await browser?.close();
    await server.stop();
    rmSync(server.folder, { recursive: true });
  });

  it('keeps ten changes over a reload, sends them as one batch, and has them done by the stream', async () => {
    const page = await browser.context.newPage();
    const complaints = complaintsOf(page);
    await page.goto(server.url);
    await signIn(page, 'Ana');
    // The lists have been read: no request is cut off by going offline.
    await page.getByText('No clients yet.').waitFor();
    await page.screenshot({ path: join(pictures, 'empty.png') });
    await page.getByRole('switch', { name: switchName }).click();
    await makeTenChanges(page);
    await page.getByText('10 changes waiting on this device').waitFor();

    await page.reload();
    await page.getByText('10 changes waiting on this device').waitFor();
    await row(page, 'Benno').waitFor();
    expect(await statesOf(page, 'queued').count()).toBe(10);
    await page.screenshot({ path: join(pictures, 'queued.png') });
    expect(server.log().filter(({ event }) => event === 'handler_started' || event === 'settled').length).toBe(3);

    const requests: string[] = [];
    page.on('request', (request) => requests.push(`${request.method()} ${new URL(request.url()).pathname}`));
    await page.getByRole('switch', { name: switchName }).click();
    await statesOf(page, 'done').nth(9).waitFor();
    await page.getByText('Online. All changes are saved.').waitFor();
    expect(await statesOf(page, 'done').count()).toBe(10);
    expect(await page.locator('.row .badge:visible').count()).toBe(0);

    const log = server.log();
    const posts = log.filter(
      ({ event, path, appended }) => event === 'answered' && path === '/api/sync' && appended === 10,
    );
    expect(posts.map(({ status, packets }) => ({ status, packets }))).toEqual([{ status: 202, packets: 10 }]);
    const answered = log.indexOf(posts[0] as (typeof log)[number]);
    const writes = log.flatMap(({ event, action }, at) =>
      event === 'handler_started' && action !== 'read' ? [at] : [],
    );
    expect(writes.length).toBe(10);
    expect(answered).toBeLessThan(Math.min(...writes));
    // One stream, and nobody asked for results.
    expect(requests.filter((request) => request === 'GET /api/events').length).toBe(1);
    expect(complaints).toEqual([]);
    // The frame that is shown is the batch.
    await page.getByText(/^10 packets sent at .* The same as JSON: /).waitFor();
    await page.screenshot({ path: join(pictures, 'done.png') });
  });

  it('has stored each of them once', () => {
    const db = new Database(join(server.folder, 'app.db'), { readonly: true });
    const names = db.prepare('SELECT name FROM clients ORDER BY name').all() as { name: string }[];
    const invoices = db.prepare('SELECT number, unit_cents FROM invoices JOIN invoice_lines ON invoice = id').all();
    db.close();
    expect(names.map(({ name }) => name)).toEqual(['Ada', 'Benno', 'Cleo', 'Dora', 'Emil', 'Fay']);
    expect(invoices).toEqual([1, 2, 3].map((number) => ({ number, unit_cents: 1250 })));
  });

  it('shows what one tab does in another, and what another person does', async () => {
    const [first, second] = [await browser.context.newPage(), await browser.context.newPage()];
    const complaints = [complaintsOf(first), complaintsOf(second)];
    await first.goto(server.url);
    await second.goto(server.url);
    await row(second, 'Benno').waitFor();
    await addClient(second, 'Gil', 'gil@example.org');
    await row(first, 'Gil').waitFor();
    for (const page of [first, second]) await page.getByText('Online. All changes are saved.').waitFor();

    const other = await openBrowser();
    try {
      const third = await other.context.newPage();
      await third.goto(server.url);
      await signIn(third, 'Luis', 'assistant');
      await row(third, 'Gil').waitFor();
      await addClient(third, 'Hugo', 'hugo@example.org');
      await row(first, 'Hugo').waitFor();
      await row(second, 'Hugo').waitFor();
      await first.getByRole('button', { name: 'Delete Hugo' }).click();
      await row(third, 'Hugo').waitFor({ state: 'detached' });
    } finally {
      await other.close();
    }
    expect(complaints.flat()).toEqual([]);
  });

  it('switches all tabs off and on', async () => {
    const [first, second] = [await browser.context.newPage(), await browser.context.newPage()];
    await first.goto(server.url);
    await second.goto(server.url);
    await second.getByText('Online. All changes are saved.').waitFor();
    await second.getByRole('switch', { name: switchName }).click();
    await first.getByText('Offline.').waitFor();
    await addClient(first, 'Gus', 'gus@example.org');
    for (const page of [first, second]) await page.getByText('1 change waiting on this device').waitFor();
    await first.getByRole('switch', { name: switchName }).click();
    for (const page of [first, second]) await page.getByText('Online. All changes are saved.').waitFor();
  });

  it('says in words why something was refused, and lets it be mended', async () => {
    const page = await browser.context.newPage();
    await page.goto(server.url);
    await addClient(page, 'Ida', 'ADA@example.org');
    const refused = row(page, 'Ida');
    await refused.getByText('Another client already has this e-mail address.').waitFor();
    await page.getByRole('button', { name: 'Delete Ada' }).click();
    await row(page, 'Ada').getByText('This client still has invoices. Delete those first.').waitFor();
    await page.screenshot({ path: join(pictures, 'refused.png') });

    await refused.getByRole('button', { name: 'Edit and try again' }).click();
    const editor = page.getByRole('form', { name: 'Edit Ida' });
    await editor.getByLabel('E-mail').fill('ida@example.org');
    await editor.getByRole('button', { name: 'Save' }).click();
    await row(page, 'Ida').getByRole('button', { name: 'Edit Ida' }).waitFor();
    await page.getByText('Online. All changes are saved.').waitFor();
    await row(page, 'Ada').getByRole('button', { name: 'Dismiss' }).click();
    expect(await page.locator('.refusal:visible').count()).toBe(0);
  });

  it('waits for a server that is down, and goes on when it is back', async () => {
    const page = await browser.context.newPage();
    await page.goto(server.url);
    await page.getByText('Online. All changes are saved.').waitFor();
    await server.stop('SIGKILL');
    for (const name of ['Jan', 'Kim', 'Lou']) {
      await addClient(page, name, `${name.toLowerCase()}@example.org`);
      await row(page, name).waitFor();
    }
    await page.getByText('3 changes').waitFor();
    await server.start();
    await page.getByText('Online. All changes are saved.').waitFor({ timeout: 30_000 });
    await statesOf(page, 'done').nth(2).waitFor();
    expect(await statesOf(page, 'done').count()).toBe(3);
    const db = new Database(join(server.folder, 'app.db'), { readonly: true });
    const added = db.prepare("SELECT name FROM clients WHERE name IN ('Jan', 'Kim', 'Lou') ORDER BY name").all();
    db.close();
    expect(added).toEqual([{ name: 'Jan' }, { name: 'Kim' }, { name: 'Lou' }]);
  });

  it('holds changes while nobody is signed in, and while somebody else is', async () => {
    const page = await browser.context.newPage();
    await page.goto(server.url);
    await page.getByText('Online. All changes are saved.').waitFor();
    await browser.context.clearCookies();
    await addClient(page, 'Nia', 'nia@example.org');
    await page.getByText('Signed out').waitFor();
    await page.getByText('1 change waiting on this device').waitFor();
    await page.getByRole('button', { name: 'Sign in' }).click();

    await signIn(page, 'Luis');
    await row(page, 'Benno').waitFor();
    await page.getByText('Online. All changes are saved.').waitFor();
    expect(await row(page, 'Nia').count()).toBe(0);
    await page.getByRole('button', { name: 'Sign out' }).click();

    await signIn(page, 'Ana');
    await row(page, 'Nia').waitFor();
    await page.getByText('Online. All changes are saved.').waitFor();
    const created = server.log().filter(({ event, action }) => event === 'handler_finished' && action === 'create');
    expect(created.at(-1)).toMatchObject({ user: 'ana', status: 0 });
  });

  it('can be used by keyboard alone', async () => {
    const page = await browser.context.newPage();
    await page.goto(server.url);
    await row(page, 'Benno').waitFor();
    const focused = () => page.evaluate(() => (document.activeElement as HTMLInputElement | null)?.name);
    for (let presses = 0; (await focused()) !== 'name' && presses < 20; presses++) await page.keyboard.press('Tab');
    await page.keyboard.type('Mia');
    await page.keyboard.press('Tab');
    await page.keyboard.type('mia@example.org');
    await page.keyboard.press('Enter');
    await row(page, 'Mia').waitFor();
    expect(await focused()).toBe('name');

    await page.getByText(/^\d packets? sent at .* JSON/).waitFor();
    await page.getByRole('listbox', { name: 'Bytes of the frame' }).focus();
    await page.keyboard.press('ArrowRight');
    await page.getByText('request, version 1').waitFor();
    await page.keyboard.press('End');
    await page.getByText('check', { exact: true }).waitFor();
  });

  it.each(['light', 'dark'] as const)('is readable in %s, on a telephone too', async (colorScheme) => {
    const page = await browser.context.newPage();
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width: 360, height: 740 });
    await page.goto(server.url);
    await row(page, 'Benno').waitFor();
    await page.getByRole('button', { name: 'New invoice', exact: true }).click();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
    expect(await faintTexts(page)).toEqual([]);
    await page.screenshot({ path: join(pictures, `telephone-${colorScheme}.png`) });
    await page.setViewportSize({ width: 1366, height: 900 });
    await page.screenshot({ path: join(pictures, `desk-${colorScheme}.png`) });
  });
});
