import { type Context, implement } from 'crudp/server';
import { type App, app, type Invoice, type InvoiceLine, type NewInvoice } from '../contract.ts';
import type { Reader } from '../database.ts';
import { byId, idList } from './rows.ts';

interface InvoiceRow {
  readonly id: string;
  readonly number: number;
  readonly client: string;
  readonly status: Invoice['status'];
  readonly revision: number;
  /** JSON, in their order. */
  readonly lines: string;
}

const select = `
  SELECT invoices.*, (
    SELECT json_group_array(json_object('text', text, 'quantity', quantity, 'unitCents', unit_cents))
    FROM (SELECT * FROM invoice_lines WHERE invoice = invoices.id ORDER BY position)
  ) AS lines FROM invoices`;

/** Invoices with their lines. What is paid only a bookkeeper changes, and only a bookkeeper deletes. */
export const invoices = (db: Reader) => {
  // One process owns the database. A number whose commit fails is not given again: unique, but not without gaps.
  let lastNumber = db.get<{ last: number }>('SELECT COALESCE(MAX(number), 0) AS last FROM invoices')?.last ?? 0;

  return implement(app, {
    invoices: {
      access: {
        create: 'authenticated',
        read: 'authenticated',
        update: (ctx, changes) => ctx.roles.includes('bookkeeper') || !changes.some(({ id }) => isPaid(db, id)),
        delete: 'bookkeeper',
      },

      create(ctx, drafts) {
        const known = byId(invoicesOf(db, drafts));
        refuseMissingClients(ctx, db, drafts);
        const answer = drafts.map((draft) => known.get(draft.id) ?? { ...draft, number: ++lastNumber, revision: 1 });
        for (const invoice of answer.filter(({ id }) => !known.has(id))) {
          ctx.effect(
            `INSERT INTO invoices (id, number, client, status, revision)
             SELECT ?, ?, id, ?, 1 FROM clients WHERE id = ? ON CONFLICT DO NOTHING`,
            [invoice.id, invoice.number, invoice.status, invoice.client],
            { expectChanges: 1 },
          );
          writeLines(ctx, invoice);
        }
        ctx.push('all', 'invoices.create', answer);
        return answer;
      },

      read(_ctx, [query]) {
        const sql = `${select} WHERE client IN (SELECT id FROM clients WHERE name LIKE ?) ORDER BY number`;
        return db.all<InvoiceRow>(sql, `%${query?.text ?? ''}%`).map(invoiceOf);
      },

      update(ctx, changes) {
        const known = byId(invoicesOf(db, changes));
        if (changes.some(({ id }) => !known.has(id))) {
          throw ctx.fail('not_found', { message: 'This invoice has been deleted.' });
        }
        refuseMissingClients(ctx, db, changes);
        // The number stays whatever the page believes: a change made offline may not know it yet.
        const answer = changes.map((change) => ({
          ...change,
          number: known.get(change.id)?.number ?? change.number,
          revision: change.revision + 1,
        }));
        for (const invoice of answer) {
          ctx.effect(
            `UPDATE invoices SET client = ?, status = ?, revision = ?
             WHERE id = ? AND revision = ? AND EXISTS (SELECT 1 FROM clients WHERE id = ?)`,
            [invoice.client, invoice.status, invoice.revision, invoice.id, invoice.revision - 1, invoice.client],
            { expectChanges: 1 },
          );
          ctx.effect('DELETE FROM invoice_lines WHERE invoice = ?', [invoice.id]);
          writeLines(ctx, invoice);
        }
        ctx.push('all', 'invoices.update', answer);
        return answer;
      },

      delete(ctx, ids) {
        // One that is gone already is gone as wished: no number of changes is expected. Lines go with their invoice.
        for (const id of ids) ctx.effect('DELETE FROM invoices WHERE id = ?', [id]);
        ctx.push('all', 'invoices.delete', ids);
        return ids;
      },
    },
  });
};

function writeLines(ctx: Context<App>, { id, lines }: NewInvoice): void {
  for (const [position, { text, quantity, unitCents }] of lines.entries()) {
    ctx.effect('INSERT INTO invoice_lines (invoice, position, text, quantity, unit_cents) VALUES (?, ?, ?, ?, ?)', [
      id,
      position,
      text,
      quantity,
      unitCents,
    ]);
  }
}

function refuseMissingClients(ctx: Context<App>, db: Reader, records: readonly NewInvoice[]): void {
  const missing = records.findIndex(({ client }) => !db.get('SELECT 1 FROM clients WHERE id = ?', client));
  if (missing >= 0) throw ctx.fail('client_missing', { path: [missing, 'client'] });
}

function isPaid(db: Reader, id: string): boolean {
  return db.get<{ status: string }>('SELECT status FROM invoices WHERE id = ?', id)?.status === 'paid';
}

function invoicesOf(db: Reader, records: readonly { readonly id: string }[]): Invoice[] {
  const sql = `${select} WHERE id IN (SELECT value FROM json_each(?))`;
  return db.all<InvoiceRow>(sql, idList(records)).map(invoiceOf);
}

function invoiceOf({ lines, ...row }: InvoiceRow): Invoice {
  return { ...row, lines: JSON.parse(lines) as InvoiceLine[] };
}
