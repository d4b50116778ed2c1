import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Invoice, InvoiceLine } from '../../demo/contract.ts';
import { codeOf, demoApp, newClient, newId } from './demo-app.ts';

const lines: InvoiceLine[] = [
  { text: 'Work', quantity: 1.5, unitCents: 6000 },
  { text: 'Discount', quantity: 1, unitCents: -500 },
];

describe('invoices', () => {
  let t: Awaited<ReturnType<typeof demoApp>>;
  const eva = newClient('Eva');

  beforeEach(async () => {
    t = await demoApp();
    await t.client.clients.create(eva).result;
  });

  afterEach(() => t.close());

  async function invoice(facts: Partial<Invoice> = {}): Promise<Invoice> {
    const record = { id: newId(), client: eva.id, status: 'draft' as const, lines, ...facts };
    const [answer] = await t.client.invoices.create(record).result;
    if (!answer) throw new Error('no answer');
    return answer;
  }

  it('numbers invoices in the order in which they arrive', async () => {
    const [first, second] = [await invoice(), await invoice()];
    expect([first.number, second.number]).toEqual([1, 2]);
    expect(await t.client.invoices.read({}).result).toEqual([first, second]);
  });

  it('keeps lines in their order, also after a change of them', async () => {
    const before = await invoice();
    const change = { ...before, lines: [...lines].reverse(), status: 'sent' as const };
    expect(await t.client.invoices.update(change).result).toEqual([{ ...change, revision: 2 }]);
    expect(await t.client.invoices.read({ text: 'Eva' }).result).toEqual([{ ...change, revision: 2 }]);
  });

  it('leaves the lines alone where a change comes too late', async () => {
    const before = await invoice();
    await t.client.invoices.update({ ...before, status: 'sent' }).result;
    expect(await codeOf(t.assistant.invoices.update({ ...before, lines: [] }))).toBe('conflict');
    expect((await t.client.invoices.read({}).result)[0]?.lines).toEqual(lines);
  });

  it('refuses an invoice for nobody, and one whose client was refused is skipped', async () => {
    const nobody = { id: newId(), client: '77', status: 'draft' as const, lines };
    expect(await codeOf(t.client.invoices.create(nobody))).toBe('client_missing');
    t.offline();
    const twin = newClient('Twin', { email: eva.email });
    const create = t.client.clients.create(twin);
    const invoiced = t.client.invoices.create({ ...nobody, id: newId(), client: twin.id }, { after: create });
    await invoiced.saved;
    t.online();
    expect([await codeOf(create), await codeOf(invoiced)]).toEqual(['email_taken', 'skipped']);
  });

  it('keeps the number, whatever a change made offline believes', async () => {
    const before = await invoice();
    const [after] = await t.client.invoices.update({ ...before, number: 0 }).result;
    expect(after?.number).toBe(before.number);
  });

  it('lets nobody but a bookkeeper change what is paid, or delete', async () => {
    const paid = await invoice({ status: 'paid' });
    expect(await codeOf(t.assistant.invoices.update({ ...paid, status: 'draft' }))).toBe('denied');
    expect(await codeOf(t.assistant.invoices.delete(paid.id))).toBe('denied');
    expect(await codeOf(t.client.invoices.update({ ...paid, status: 'sent' }))).toBe('ok');
    expect(await codeOf(t.client.invoices.delete(paid.id))).toBe('ok');
    expect(t.reader.all('SELECT * FROM invoice_lines')).toEqual([]);
  });

  it('says so where the invoice to be changed is gone', async () => {
    const before = await invoice();
    await t.client.invoices.delete(before.id).result;
    expect(await codeOf(t.client.invoices.update(before))).toBe('not_found');
  });

  it('answers a create that has run before with what is there', async () => {
    const before = await invoice();
    expect(await invoice({ id: before.id })).toEqual(before);
    expect((await t.client.invoices.read({}).result).length).toBe(1);
  });
});
