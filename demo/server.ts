import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { crudpServer } from 'crudp/server';
import { type SqliteDatabase, sqliteJournal } from 'crudp/sqlite';
import { uploads } from 'crudp/uploads';
import Database from 'libsql';
import { answerAsset } from './assets.ts';
import { createSessions } from './authenticate.ts';
import { app } from './contract.ts';
import { openReader } from './database.ts';
import { openLog } from './log.ts';
import { clients } from './modules/clients.ts';
import { documents } from './modules/documents.ts';
import { invoices } from './modules/invoices.ts';
import { answerSession } from './session-routes.ts';

// The demo in one process: the page, its sign-in, and CRUDP below /api. PORT and DATA say where.
const port = Number(process.env.PORT ?? 8080);
const folder = process.env.DATA ?? 'data';
const kept = join(folder, 'documents');
mkdirSync(kept, { recursive: true });

const path = join(folder, 'app.db');
const log = openLog(join(folder, 'server.log'));
const sessions = createSessions(secretIn(join(folder, 'session.key')), Date.now);
const db = new Database(path);
// Its types know less of better-sqlite3's interface than the library has.
const reader = openReader(db as unknown as SqliteDatabase);

const crudp = crudpServer(app, {
  base: '/api',
  journal: sqliteJournal(path, { driver: 'libsql' }),
  authenticate: (request) => sessions.read(request),
  uploads: uploads({ directory: join(folder, 'uploads') }),
  log: log.write,
}).use(clients(reader), invoices(reader), documents(reader, kept));

const http = createServer((request, response) => {
  crudp.listener(request, response, () => {
    answer(request, response).catch((error: unknown) => {
      console.error(error);
      response.destroy();
    });
  });
});

function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [path = '/'] = (request.url ?? '/').split('?');
  return path === '/session'
    ? answerSession(request, response, sessions)
    : answerAsset(request.method ?? 'GET', path, response);
}

http.once('error', (error) => {
  console.error(`The demo can't listen on port ${port} (${error.message}). Another one: PORT=8081 npm start`);
  process.exit(1);
});

await crudp.start();
http.listen(port, () => {
  const url = `http://localhost:${(http.address() as AddressInfo).port}`;
  log.write({ event: 'listening', at: Date.now(), url });
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, async () => {
    http.close();
    await crudp.close();
    // Browsers keep connections open that would hold the process for seconds.
    http.closeAllConnections();
    db.close();
    await log.close();
  });
}

/** Made once, so that a restart signs nobody out. */
function secretIn(file: string): Uint8Array {
  try {
    writeFileSync(file, randomBytes(32), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return readFileSync(file);
}
