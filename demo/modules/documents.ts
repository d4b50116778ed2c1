import { join } from 'node:path';
import { type Context, implement } from 'crudp/server';
import { type App, app, type Document } from '../contract.ts';
import type { Reader } from '../database.ts';
import { byId, idList } from './rows.ts';

/**
 * Scans and photos. How a file has come is none of this module's business: small ones travel in the packet, large ones by
 * upload, and the code below runs when all of it is here.
 *
 * @param folder Where files are kept; on the same volume as the uploads, so that keeping one copies nothing.
 */
export const documents = (db: Reader, folder: string) =>
  implement(app, {
    documents: {
      access: { create: 'authenticated', read: 'authenticated', delete: 'bookkeeper' },

      async create(ctx, drafts) {
        refuseBlankTitles(ctx, drafts);
        const known = byId(documentsOf(db, drafts));
        const answer: Document[] = [];
        for (const { id, title, scan } of drafts) {
          const { name, type, size, sha256 } = scan;
          answer.push(known.get(id) ?? { id, title, name, type, size, sha256, revision: 1 });
          if (known.has(id)) continue;
          // Named by what it is, never by what its sender calls it.
          await scan.keep(join(folder, sha256));
          ctx.effect(
            'INSERT INTO documents (id, title, name, type, size, sha256) VALUES (?, ?, ?, ?, ?, ?)',
            [id, title, name, type, size, sha256],
            { expectChanges: 1 },
          );
        }
        ctx.push('all', 'documents.create', answer);
        return answer;
      },

      read: (_ctx, [query]) =>
        db.all<Document>(
          'SELECT *, 1 AS revision FROM documents WHERE title LIKE ? ORDER BY title',
          `%${query?.text ?? ''}%`,
        ),

      delete(ctx, ids) {
        // The file stays: another document may be the same one.
        for (const { id } of documentsOf(
          db,
          ids.map((id) => ({ id })),
        )) {
          ctx.effect('DELETE FROM documents WHERE id = ?', [id], { expectChanges: 1 });
        }
        ctx.push('all', 'documents.delete', ids);
        return ids;
      },
    },
  });

function documentsOf(db: Reader, records: readonly { readonly id: string }[]): Document[] {
  return db.all<Document>(
    'SELECT *, 1 AS revision FROM documents WHERE id IN (SELECT value FROM json_each(?))',
    idList(records),
  );
}

function refuseBlankTitles(ctx: Context<App>, drafts: readonly { readonly title: string }[]): void {
  const index = drafts.findIndex(({ title }) => title.trim() === '');
  if (index >= 0) throw ctx.fail('invalid', { path: [index, 'title'], message: 'A document needs a title.' });
}
