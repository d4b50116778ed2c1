// Compiled, never run: what the types of a server promise to those who put one together.
import { createServer } from 'node:http';
import { contract, handler, shape, string, u8 } from 'crudp';
import { crudpServer, implement, memoryJournal, type ServerLogEntry } from 'crudp/server';

const Note = shape({ id: string(), stars: u8() });
const app = contract(
  { version: 1, errors: { id_taken: 256 } },
  { notes: handler(1, { create: { in: Note, out: Note } }) },
);
const other = contract({ version: 1 }, { jobs: handler(1, { create: { in: string() } }) });

const notes = implement(app, { notes: { access: { create: 'public' }, create: (_ctx, records) => records } });
const jobs = implement(other, { jobs: { access: { create: 'public' }, create: () => {} } });

/** What a library of Standard Schema makes for a record. */
const validator = {
  '~standard': {
    version: 1 as const,
    vendor: 'types',
    validate: () => ({ value: { id: 'a', stars: 1 } }),
  },
};
const textOnly = { '~standard': { ...validator['~standard'], validate: () => ({ value: 'a' }) } };
implement(app, {
  notes: {
    access: { create: 'public' },
    validate: { create: validator },
    ahead: ['create'],
    coalesce: ['create'],
    create: (_ctx, records) => records,
  },
});
implement(app, {
  notes: {
    access: { create: 'public' },
    // @ts-expect-error its output is no record of this action
    validate: { create: textOnly },
    create: (_ctx, records) => records,
  },
});
implement(app, {
  notes: {
    access: { create: 'public' },
    // @ts-expect-error the contract has no notes.merge
    ahead: ['merge'],
    create: (_ctx, records) => records,
  },
});

const authenticate = () => ({ user: 'ana', roles: ['admin'] });
const server = crudpServer(app, { journal: memoryJournal(), authenticate }).use(notes);
createServer(server.listener);
createServer((request, response) => server.listener(request, response, () => response.end('page')));

await server.push({ role: 'admin' }, 'notes.create', [{ id: 'a', stars: 1 }]);
// @ts-expect-error stars is a number
await server.push('all', 'notes.create', [{ id: 'a', stars: '1' }]);
// @ts-expect-error no such route
await server.push('all', 'notes.delete', []);
// @ts-expect-error a module of another contract
server.use(jobs);

// @ts-expect-error a server needs a journal
crudpServer(app, { authenticate });
// @ts-expect-error a server asks who is there
crudpServer(app, { journal: memoryJournal() });
// @ts-expect-error a user has a name
crudpServer(app, { journal: memoryJournal(), authenticate: () => ({ roles: [] }) });

export function statusOf(entry: ServerLogEntry): number | undefined {
  return entry.event === 'handler_finished' || entry.event === 'answered' ? entry.status : undefined;
}
