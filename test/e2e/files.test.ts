import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumFound } from '../../scripts/chromium.mjs';
import { buildDemo } from '../../scripts/demo-build.mjs';
import { type Browser, openBrowser, pictureFolder, row, signIn } from './demo/browser.ts';
import { faintTexts } from './demo/contrast.ts';
import { DemoServer } from './demo/server.ts';

const MiB = 1_048_576;
const chunkBytes = 4 * MiB;

async function addDocument(page: Page, title: string, name: string, mimeType: string, buffer: Buffer): Promise<void> {
  const form = page.getByRole('form', { name: 'Add a document' });
  await form.getByLabel('Title').fill(title);
  await form.getByLabel('File').setInputFiles({ name, mimeType, buffer });
  await form.getByRole('button', { name: 'Add document' }).click();
}

/** Notes each value that a progress bar has, from now on. */
async function watchProgress(page: Page): Promise<() => Promise<number[]>> {
  await page.evaluate(() => {
    const seen: number[] = [];
    Object.assign(window, { seenProgress: seen });
    new MutationObserver((changes) => {
      for (const { target } of changes) if (target instanceof HTMLProgressElement) seen.push(target.value);
    }).observe(document.body, { subtree: true, attributeFilter: ['value'] });
  });
  return () => page.evaluate(() => (window as unknown as { seenProgress: number[] }).seenProgress);
}

describe.skipIf(!chromiumFound)('Files in a browser', () => {
  const server = new DemoServer(mkdtempSync(join(tmpdir(), 'crudp-files-')));
  const pictures = pictureFolder();
  let browser: Browser;

  beforeAll(async () => {
    await buildDemo();
    await server.start();
    browser = await openBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    await server.stop();
    rmSync(server.folder, { recursive: true });
  });

  const starts = () =>
    server.log().filter(({ event, handler, action }) => {
      return event === 'handler_started' && handler === 'documents' && action === 'create';
    });
  const kept = (title: string) => {
    const db = new Database(join(server.folder, 'app.db'), { readonly: true });
    const { sha256 } = db.prepare('SELECT sha256 FROM documents WHERE title = ?').get(title) as { sha256: string };
    db.close();
    return readFileSync(join(server.folder, 'documents', sha256));
  };

  it('outlive a reload and a server killed at half, and arrive once', async () => {
    const content = randomBytes(20 * MiB);
    const page = await browser.context.newPage();
    await page.goto(server.url);
    await signIn(page, 'Ana');
    await page.getByText('No documents yet.').waitFor();
    await page.getByRole('switch', { name: 'Work offline' }).click();
    await addDocument(page, 'Contract', 'contract.pdf', 'application/pdf', content);
    await row(page, 'Contract').getByText('0.0 MB of 21.0 MB').waitFor();
    await page.getByText('1 change waiting on this device').waitFor();

    await page.reload();
    await row(page, 'Contract').getByText('0.0 MB of 21.0 MB').waitFor();
    const session = await browser.context.newCDPSession(page);
    await session.send('Network.enable');
    await session.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: 0,
      downloadThroughput: -1,
      // Seconds for the half that is left: time enough to notice and to kill the server, also on a busy machine.
      uploadThroughput: 3 * MiB,
    });
    const seen = await watchProgress(page);
    await page.getByRole('switch', { name: 'Work offline' }).click();
    await expect
      .poll(async () => Math.max(0, ...(await seen())), { timeout: 20_000, interval: 20 })
      .toBeGreaterThan(0.5);
    await server.stop('SIGKILL');
    await page.screenshot({ path: join(pictures, 'upload-half.png') });
    expect(starts()).toHaveLength(0);
    await server.start();
    await row(page, 'Contract').getByRole('button', { name: 'Delete Contract' }).waitFor({ timeout: 60_000 });
    await page.getByText('Online. All changes are saved.').waitFor();

    expect(starts()).toMatchObject([{ attempt: 1 }]);
    expect(createHash('sha256').update(kept('Contract')).digest('hex')).toBe(
      createHash('sha256').update(content).digest('hex'),
    );
    const values = await seen();
    const drops = values.map((value, index) => (values[index - 1] ?? 0) - value);
    expect(Math.max(...drops) * content.length).toBeLessThanOrEqual(chunkBytes);
    const uploads = readdirSync(join(server.folder, 'uploads'), { recursive: true, withFileTypes: true });
    expect(uploads.filter((entry) => entry.isFile()).map(({ name }) => name)).toEqual(['secret']);
    await page.close();
  }, 120_000);

  it('come with their record where they are small', async () => {
    const page = await browser.context.newPage();
    await page.goto(server.url);
    await page.getByRole('heading', { name: 'Documents' }).waitFor();
    await page.getByRole('switch', { name: 'Work offline' }).click();
    const photo = randomBytes(40_000);
    await addDocument(page, 'Photo', 'photo.jpg', 'image/jpeg', photo);
    await row(page, 'Photo').getByText('Waiting on this device').waitFor();
    expect(await row(page, 'Photo').locator('progress:visible').count()).toBe(0);
    const requests: string[] = [];
    page.on('request', (request) => requests.push(new URL(request.url()).pathname));
    await page.getByRole('switch', { name: 'Work offline' }).click();
    await row(page, 'Photo').getByRole('button', { name: 'Delete Photo' }).waitFor();
    expect(requests.filter((path) => path.startsWith('/api/uploads'))).toEqual([]);
    expect(kept('Photo')).toEqual(photo);
    await page.close();
  });

  it('are kept beside the database where they are very large, and gone from the device after', async () => {
    const content = randomBytes(33 * MiB);
    const page = await browser.context.newPage();
    await page.goto(server.url);
    await page.getByRole('heading', { name: 'Documents' }).waitFor();
    await page.getByRole('switch', { name: 'Work offline' }).click();
    // Playwright hands over no file so large at once: the page makes one.
    await page.getByRole('form', { name: 'Add a document' }).getByLabel('Title').fill('Film');
    await page.evaluate((size) => {
      const bytes = new Uint8Array(size);
      for (let at = 0; at < size; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
      const files = new DataTransfer();
      files.items.add(new File([bytes], 'film.mp4', { type: 'video/mp4' }));
      const input = document.querySelector<HTMLInputElement>('input[type=file]');
      if (input) input.files = files.files;
    }, content.length);
    await page.getByRole('button', { name: 'Add document' }).click();
    await row(page, 'Film').getByText('0.0 MB of 34.6 MB').waitFor();
    const inPrivateFiles = () =>
      page.evaluate(async () => {
        const names: string[] = [];
        const root = await navigator.storage.getDirectory();
        const folder = await root.getDirectoryHandle('crudp-crudp-demo', { create: true });
        for await (const name of (folder as unknown as { keys(): AsyncIterable<string> }).keys()) names.push(name);
        return names.length;
      });
    expect(await inPrivateFiles()).toBe(1);
    await page.reload();
    await row(page, 'Film').getByText('0.0 MB of 34.6 MB').waitFor();
    await page.getByRole('switch', { name: 'Work offline' }).click();
    await row(page, 'Film').getByRole('button', { name: 'Delete Film' }).waitFor({ timeout: 60_000 });
    expect(kept('Film').length).toBe(content.length);
    await expect.poll(inPrivateFiles).toBe(0);
    await page.close();
  }, 120_000);

  it.each(['light', 'dark'] as const)('are shown on a narrow screen, %s', async (colorScheme) => {
    const page = await browser.context.newPage();
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width: 360, height: 800 });
    await page.goto(server.url);
    await page.getByRole('heading', { name: 'Documents' }).waitFor();
    await page.getByRole('switch', { name: 'Work offline' }).click();
    await addDocument(
      page,
      `Plan ${colorScheme}`,
      'a plan with a rather long name.pdf',
      'application/pdf',
      randomBytes(MiB),
    );
    await row(page, `Plan ${colorScheme}`).locator('progress').waitFor();
    await row(page, `Plan ${colorScheme}`).scrollIntoViewIfNeeded();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
    expect(await faintTexts(page)).toEqual([]);
    await page.screenshot({ path: join(pictures, `documents-360-${colorScheme}.png`) });
    await page.getByRole('switch', { name: 'Work offline' }).click();
    await row(page, `Plan ${colorScheme}`)
      .getByRole('button', { name: `Delete Plan ${colorScheme}` })
      .waitFor();
    await page.close();
  });
});
