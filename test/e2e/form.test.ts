import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { chromiumFound } from '../../scripts/chromium.mjs';
import { bool, contract, file, handler, list, optional, shape, string, u8 } from '../../src/index.ts';
import { crudpServer, implement, memoryJournal } from '../../src/server.ts';
import { type Browser, openBrowser } from './demo/browser.ts';

const app = contract(
  { version: 1 },
  {
    orders: handler(1, {
      create: {
        in: shape({ name: string(), count: optional(u8()), gift: bool(), photos: list(file()) }),
        out: string(),
      },
    }),
  },
);

const form = `<!doctype html><meta charset="utf-8"><title>Order</title>
<form action="/api/call/orders/create" method="post" enctype="multipart/form-data">
  <label>Name <input name="name"></label> <label>Count <input name="count"></label>
  <label>Gift <input name="gift" type="checkbox"></label> <label>Photos <input name="photos" type="file" multiple></label>
  <button>Order</button>
</form>`;

/** A page with a form and a server behind it. */
async function serveForm() {
  const seen: unknown[] = [];
  const server = crudpServer(app, { journal: memoryJournal(), authenticate: () => ({ user: 'ana' }), log: () => {} });
  server.use(
    implement(app, {
      orders: {
        access: { create: 'authenticated' },
        async create(ctx, orders) {
          for (const { photos, ...order } of orders) {
            seen.push({ ...order, photos: await Promise.all(photos.map(async (photo) => [photo.name, photo.size])) });
          }
          if (orders[0]?.name === 'nobody') throw ctx.fail('denied');
          ctx.http?.response.setHeader('Location', '/thanks');
          return [];
        },
      },
    }),
  );
  const http = createServer((request, response) => {
    server.listener(request, response, () => {
      response.setHeader('Content-Type', 'text/html');
      response.setHeader('Content-Security-Policy', "default-src 'none'; form-action 'self'");
      response.end(request.url === '/thanks' ? '<!doctype html><title>Thanks</title>Thank you' : form);
    });
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    http.closeAllConnections();
    http.close();
    await server.close();
  });
  return { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/`, seen };
}

describe.skipIf(!chromiumFound)('A plain form in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());

  it('reaches the handler without a line of script', async () => {
    const { url, seen } = await serveForm();
    const page = await browser.context.newPage();
    await page.goto(url);
    await page.getByLabel('Name').fill('Ana é 🎁');
    await page.getByLabel('Gift').check();
    const photo = (name: string, size: number) => ({ name, mimeType: 'image/png', buffer: Buffer.alloc(size) });
    await page.getByLabel('Photos').setInputFiles([photo('one.png', 10), photo('two ñ.png', 200_000)]);
    await page.getByRole('button', { name: 'Order' }).click();
    await page.getByText('Thank you').waitFor();
    expect(seen).toEqual([
      {
        name: 'Ana é 🎁',
        gift: true,
        photos: [
          ['one.png', 10],
          ['two ñ.png', 200_000],
        ],
      },
    ]);
    await page.close();
  });

  it('says what is wrong, and sends nothing from a foreign page', async () => {
    const { url, seen } = await serveForm();
    const page = await browser.context.newPage();
    await page.goto(url);
    await page.getByLabel('Name').fill('Ana');
    await page.getByLabel('Count').fill('many');
    await page.getByRole('button', { name: 'Order' }).click();
    await page.getByText('"code":"invalid"').waitFor();
    expect(JSON.parse((await page.textContent('body')) ?? '')).toMatchObject({ issues: [{ path: [0, 'count'] }] });
    expect(seen).toEqual([]);

    // The same machine by another name is a foreign origin.
    const foreign = createServer((_, response) => {
      response.setHeader('Content-Type', 'text/html');
      response.end(form.replace('/api', `${url}api`));
    });
    await new Promise<void>((resolve) => foreign.listen(0, resolve));
    onTestFinished(() => void foreign.close());
    await page.goto(`http://localhost:${(foreign.address() as AddressInfo).port}/`);
    await page.getByLabel('Name').fill('Eva');
    await page.getByRole('button', { name: 'Order' }).click();
    await page.getByText('"code":"foreign_origin"').waitFor();
    expect(seen).toEqual([]);
    await page.close();
  });
});
