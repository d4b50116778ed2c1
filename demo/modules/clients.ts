import { type Context, implement } from 'crudp/server';
import { type App, app, type Client, type NewClient } from '../contract.ts';
import type { Reader } from '../database.ts';
import { byId, idList } from './rows.ts';

interface ClientRow {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly phone: string | null;
  readonly revision: number;
}

/** People who get invoices. Everybody who has signed in may see and change them; only a bookkeeper deletes. */
export const clients = (db: Reader) =>
  implement(app, {
    clients: {
      access: { create: 'authenticated', read: 'authenticated', update: 'authenticated', delete: 'bookkeeper' },

      create(ctx, drafts) {
        const known = byId(clientsOf(db, drafts));
        const answer = drafts.map((draft) => known.get(draft.id) ?? { ...draft, revision: 1 });
        // A packet runs twice when a journal was restored or a browser's profile copied; what is there is its answer.
        const fresh = answer.filter(({ id }) => !known.has(id));
        refuseBlankNames(ctx, drafts);
        refuseTakenEmails(ctx, db, drafts);
        for (const { id, name, email, phone } of fresh) {
          // Somebody else's packet may take the address between our look and this commit: then it changes no row.
          ctx.effect(
            'INSERT INTO clients (id, name, email, phone, revision) VALUES (?, ?, ?, ?, 1) ON CONFLICT DO NOTHING',
            [id, name, email, phone ?? null],
            { expectChanges: 1 },
          );
        }
        ctx.push('all', 'clients.create', answer);
        return answer;
      },

      read(_ctx, [query]) {
        const pattern = `%${query?.text ?? ''}%`;
        return db
          .all<ClientRow>('SELECT * FROM clients WHERE name LIKE ? OR email LIKE ? ORDER BY name', pattern, pattern)
          .map(clientOf);
      },

      update(ctx, changes) {
        const known = byId(clientsOf(db, changes));
        const missing = changes.findIndex(({ id }) => !known.has(id));
        if (missing >= 0) throw ctx.fail('not_found', { message: 'This client has been deleted.' });
        refuseBlankNames(ctx, changes);
        refuseTakenEmails(ctx, db, changes);
        for (const { id, name, email, phone, revision } of changes) {
          ctx.effect(
            'UPDATE OR IGNORE clients SET name = ?, email = ?, phone = ?, revision = revision + 1 WHERE id = ? AND revision = ?',
            [name, email, phone ?? null, id, revision],
            { expectChanges: 1 },
          );
        }
        const answer = changes.map((change) => ({ ...change, revision: change.revision + 1 }));
        ctx.push('all', 'clients.update', answer);
        return answer;
      },

      delete(ctx, ids) {
        const billed = db.all<{ client: string }>(
          'SELECT DISTINCT client FROM invoices WHERE client IN (SELECT value FROM json_each(?))',
          JSON.stringify(ids),
        );
        if (billed.length > 0) throw ctx.fail('client_has_invoices');
        // Who is gone already is gone as wished.
        for (const { id } of clientsOf(
          db,
          ids.map((id) => ({ id })),
        )) {
          ctx.effect(
            'DELETE FROM clients WHERE id = ? AND NOT EXISTS (SELECT 1 FROM invoices WHERE client = clients.id)',
            [id],
            { expectChanges: 1 },
          );
        }
        ctx.push('all', 'clients.delete', ids);
        return ids;
      },
    },
  });

function clientsOf(db: Reader, records: readonly { readonly id: string }[]): Client[] {
  return db
    .all<ClientRow>('SELECT * FROM clients WHERE id IN (SELECT value FROM json_each(?))', idList(records))
    .map(clientOf);
}

function clientOf({ phone, ...row }: ClientRow): Client {
  return { ...row, ...(phone !== null && { phone }) };
}

function refuseBlankNames(ctx: Context<App>, records: readonly NewClient[]): void {
  const index = records.findIndex(({ name }) => name.trim() === '');
  if (index >= 0) throw ctx.fail('invalid', { path: [index, 'name'], message: 'A client needs a name.' });
}

function refuseTakenEmails(ctx: Context<App>, db: Reader, records: readonly NewClient[]): void {
  const owners = new Map<string, string>();
  for (const [index, { id, email }] of records.entries()) {
    const key = email.toLowerCase();
    const owner = owners.get(key) ?? db.get<{ id: string }>('SELECT id FROM clients WHERE email = ?', email)?.id;
    if (owner !== undefined && owner !== id) throw ctx.fail('email_taken', { path: [index, 'email'] });
    owners.set(key, id);
  }
}
