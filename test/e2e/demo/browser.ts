import { mkdirSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { chromiumArgs, chromiumPath } from '../../../scripts/chromium.mjs';

export interface Browser {
  readonly context: BrowserContext;
  /** Ends it and deletes its profile. */
  close(): Promise<void>;
}

/** A browser profile of its own. A persistent one: in others IndexedDB lives in memory only. */
export async function openBrowser(): Promise<Browser> {
  const profile = mkdtempSync(join(tmpdir(), 'crudp-profile-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: chromiumPath,
    args: [
      ...chromiumArgs,
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-default-apps',
      '--disable-sync',
      '--no-first-run',
    ],
    viewport: { width: 1366, height: 900 },
    colorScheme: 'light',
  });
  context.setDefaultTimeout(30_000);
  return {
    context,
    async close() {
      await context.close();
      // Its helper processes write for a moment after it has gone.
      await rm(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    },
  };
}

/** What a page complains about; whoever expects none looks at it in the end. */
export function complaintsOf(page: Page): string[] {
  const complaints: string[] = [];
  page.on('console', (message) => {
    // Where the page before was closed while its 202 was on its way, the next POST is answered 409 `moved` and told the
    // outbox's place: what the protocol has for a lost 202. The browser complains of any such status.
    if (message.text().endsWith('a status of 409 (Conflict)')) return;
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  return complaints;
}

/** On the page that asks who is there. */
export async function signIn(page: Page, name: string, role = 'bookkeeper'): Promise<void> {
  await page.getByLabel('Your name').fill(name);
  await page.getByRole('radio', { name: role }).check();
  await page.getByRole('button', { name: 'Start' }).click();
  await page.getByRole('heading', { name: 'Clients' }).waitFor();
}

export function row(page: Page, text: string) {
  return page.getByRole('listitem').filter({ has: page.getByText(text, { exact: true }) });
}

export async function addClient(page: Page, name: string, email: string): Promise<void> {
  const form = page.getByRole('form', { name: 'Add a client' });
  await form.getByLabel('Name').fill(name);
  await form.getByLabel('E-mail').fill(email);
  await form.getByRole('button', { name: 'Add client' }).click();
}

export async function addInvoice(page: Page, client: string, text: string, price: string): Promise<void> {
  await page.getByRole('button', { name: 'New invoice', exact: true }).click();
  const form = page.getByRole('form', { name: 'New invoice' });
  await form.getByLabel('Client').selectOption({ label: client });
  await form.getByLabel('What for').fill(text);
  await form.getByLabel('Price each').fill(price);
  await form.getByRole('button', { name: 'Add invoice' }).click();
}

/** Where a run's pictures are left, for people to look at. */
export function pictureFolder(): string {
  const folder = join(tmpdir(), 'crudp-demo-pictures');
  mkdirSync(folder, { recursive: true });
  return folder;
}
