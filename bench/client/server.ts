// The server of bench/client, in a process of its own: node scripts/run.mjs bench/client/server.ts FOLDER
// FOLDER has the page's script as page.js, and gets the journal. Says its port on stdout.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { crudpServer, implement } from '../../src/server.ts';
import { sqliteJournal } from '../../src/sqlite.ts';
import { app } from './contract.ts';

const folder = process.argv[2] as string;
const script = readFileSync(join(folder, 'page.js'));
const crudp = crudpServer(app, {
  base: '/api',
  journal: sqliteJournal(join(folder, 'app.db'), { driver: 'libsql' }),
  authenticate: () => ({ user: 'ana' }),
}).use(
  implement(app, {
    notes: { access: { create: 'authenticated' }, ahead: ['create'], create: (_ctx, records) => records },
  }),
);

const http = createServer((request, response) => {
  crudp.listener(request, response, () => {
    const isScript = request.url === '/page.js';
    response.setHeader('Content-Type', isScript ? 'text/javascript' : 'text/html');
    response.end(
      isScript ? script : '<!doctype html><title>bench</title><script type="module" src="/page.js"></script>',
    );
  });
});
await crudp.start();
http.listen(0, '127.0.0.1', () => console.log((http.address() as AddressInfo).port));
// Whoever started it has ended, perhaps by an error: it is not to outlive that.
process.stdin.on('end', () => process.exit()).resume();
