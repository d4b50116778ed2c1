import { contract, handler } from '../../src/lib/contract/contract.ts';
import { shape } from '../../src/lib/contract/shape.ts';
import { list, optional, string, u8 } from '../../src/lib/contract/types.ts';
import { implement } from '../../src/lib/server/implement.ts';

export const Note = shape({ id: string(), text: string(), stars: u8() });

/** The contract of the server's tests. */
export const app = contract(
  { version: 3, errors: { id_taken: 300 } },
  {
    notes: handler(1, {
      create: { in: Note, out: Note },
      read: { in: shape({ text: optional(string()) }), out: Note },
      update: { in: Note, out: Note },
      delete: { in: string() },
    }),
    // Names that a plain object would find on its prototype.
    __lookupGetter__: handler(2, { create: { in: string(), out: string() } }),
    // In the contract, but nothing implements it.
    later: handler(3, { create: { in: list(string()) } }),
  },
);

export const route = { create: 4, read: 5, update: 6, delete: 7, echo: 8, later: 12 } as const;

export function note(id: string, text = '', stars = 0): { id: string; text: string; stars: number } {
  return { id, text, stars };
}

/** A module over an array, so that a test can see what ran, in which order. */
export function notes(ran: string[]) {
  return implement(app, {
    notes: {
      access: { create: 'writer', read: 'public', update: ['writer', 'admin'], delete: (ctx) => ctx.user === 'ana' },
      create(ctx, records) {
        ran.push(ctx.reqId);
        for (const [index, { id, text }] of records.entries()) {
          if (text === 'taken') throw ctx.fail('id_taken', { message: 'have it', path: [index, 'id'] });
          if (text === 'refused') throw ctx.fail('failed', { message: 'not today' });
          if (text === 'crash') throw new Error(`secret of ${id}`);
          if (text === 'push') ctx.push({ user: id }, 'notes.create', [note('pushed')]);
          if (text === 'push all') ctx.push('all', 'notes.create', [note('to all')]);
          if (text === 'push role') ctx.push({ role: id }, 'notes.create', [note('to role')]);
        }
        return records;
      },
      read: (_ctx, [query]) => [note('found', query?.text)],
      update: (_ctx, records) => records.map((record) => ({ ...record, stars: 999 })),
      delete: () => {},
    },
    __lookupGetter__: {
      access: { create: 'authenticated' },
      create: (_ctx, texts) => texts,
    },
  });
}
