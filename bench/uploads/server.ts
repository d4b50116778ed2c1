// A server that takes uploads, in a process of its own: node scripts/run.mjs bench/uploads/server.ts crudp|bare FOLDER
// Says its port on stdout. GET /memory: its resident bytes.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FileStore } from '@tus/file-store';
import { Server } from '@tus/server';
import { contract, file, handler } from '../../src/index.ts';
import { crudpServer, memoryJournal } from '../../src/server.ts';
import { uploads } from '../../src/uploads.ts';

const [kind, directory = ''] = process.argv.slice(2);
const app = contract({ version: 1 }, { files: handler(1, { create: { in: file() } }) });

function listenerOf(): (request: IncomingMessage, response: ServerResponse) => unknown {
  if (kind === 'bare') {
    const tus = new Server({ path: '/api/uploads', datastore: new FileStore({ directory }) });
    return (request, response) => tus.handle(request, response);
  }
  return crudpServer(app, {
    journal: memoryJournal(),
    authenticate: () => ({ user: 'ana' }),
    uploads: uploads({ directory }),
    log: () => {},
  }).listener;
}

const listener = listenerOf();
const http = createServer((request, response) => {
  if (request.url === '/memory') response.end(String(process.memoryUsage.rss()));
  else listener(request, response);
});
http.listen(0, '127.0.0.1', () => console.log((http.address() as AddressInfo).port));
