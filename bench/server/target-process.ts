// A server to be measured, in a process of its own: target-process.ts KIND FOLDER. Says its port to its parent, and does
// what it is told.
//   accept       crudp that runs nothing: what is measured is the way onto the disk
//   run          crudp whose handlers write a row each
//   streams      crudp with a journal in memory: what is measured is the streams
//   per-post     the baseline of acceptance: one JSON POST an operation, one commit each, on the same driver and disk
//   bare-posts   node:http that stores nothing and answers as crudp would: how late the load generator and the machine are
//   bare-streams the baseline of streams: node:http that writes the same bytes
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import Database from 'libsql';
import { type Context, crudpServer, implement, memoryJournal } from '../../src/server.ts';
import { sqliteJournal } from '../../src/sqlite.ts';
import { app } from './contract.ts';
import type { Answer, Order } from './orders.ts';

const [kind, folder = ''] = process.argv.slice(2);
const file = join(folder, `${kind}.db`);

type Records = readonly ReturnType<typeof import('./contract.ts').sale>[];

function store({ effect }: Context<typeof app>, records: Records): void {
  for (const { id, article, quantity, price } of records) {
    effect('INSERT INTO sales (id, article, quantity, price) VALUES (?, ?, ?, ?)', [id, article, quantity, price]);
  }
}

const access = { create: 'authenticated' } as const;

function crudp(journal: Parameters<typeof crudpServer>[1]['journal'], concurrency?: number) {
  return crudpServer(app, {
    journal,
    authenticate: ({ headers }) => ({ user: String(headers['x-user']) }),
    maxQueuedPackets: Number.POSITIVE_INFINITY,
    log: () => {},
    ...(concurrency !== undefined && { concurrency }),
  }).use(
    implement(app, {
      undeclared: { access, create: store },
      ahead: { access, ahead: ['create'], create: store },
      coalesced: { access, coalesce: ['create'], create: store },
    }),
  );
}

/** Rows in the journal's own file, as an application has them. */
function withSales(path: string): string {
  const db = new Database(path);
  db.exec('CREATE TABLE IF NOT EXISTS sales (id INTEGER, article TEXT, quantity INTEGER, price REAL)');
  db.close();
  return path;
}

function onePostEach(): RequestListener {
  const db = new Database(withSales(file));
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  const insert = db.prepare('INSERT INTO sales (id, article, quantity, price) VALUES (?, ?, ?, ?)');
  return (request, response) => {
    let text = '';
    request.setEncoding('utf8');
    request.on('data', (part: string) => {
      text += part;
    });
    request.on('end', () => {
      const { id, article, quantity, price } = JSON.parse(text);
      insert.run(id, article, quantity, price);
      response.writeHead(202, { 'Content-Type': 'application/json' }).end('{"accepted":1}');
    });
  };
}

function onlyAnswers(): RequestListener {
  return (request, response) => {
    request.resume();
    request.on('end', () => {
      // The load generator's tags are sequence numbers.
      const accepted = Number.parseInt(String(request.headers['crudp-tag']), 16);
      const answer = JSON.stringify({ epoch: '0123456789abcdef', accepted });
      response.writeHead(202, { 'Content-Type': 'application/json' }).end(answer);
    });
  };
}

let push: (text: string) => void | Promise<void> = () => {};

function bareStreams(): RequestListener {
  const open = new Set<ServerResponse>();
  push = (text) => {
    // What crudp sends of it: an id, the event, a frame of about the text's length in base64.
    const event = `id: 0123456789abcdef.all-1-01234567\nevent: push\ndata: ${Buffer.from(text.padEnd(text.length + 40)).toString('base64')}\n\n`;
    for (const response of open) response.write(event);
  };
  return (_request: IncomingMessage, response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache, no-transform' });
    response.write('event: hello\ndata: {"epoch":"0123456789abcdef","user":"u","contract":1,"recovered":false}\n\n');
    open.add(response);
    response.on('close', () => open.delete(response));
  };
}

async function listenerOf(): Promise<RequestListener> {
  if (kind === 'per-post') return onePostEach();
  if (kind === 'bare-posts') return onlyAnswers();
  if (kind === 'bare-streams') return bareStreams();
  const isStreams = kind === 'streams';
  const journal = isStreams ? memoryJournal() : sqliteJournal(withSales(file), { driver: 'libsql' });
  const server = crudp(journal, kind === 'accept' ? 0 : undefined);
  await server.start();
  push = (text) => server.push('all', 'news.read', [{ text }]);
  return server.listener;
}

const delay = monitorEventLoopDelay({ resolution: 1 });
const listener = await listenerOf();
const http = createServer(listener);
const say = (answer: Answer): void => void process.send?.(answer);

process.on('message', async (order: Order) => {
  switch (order.kind) {
    case 'memory':
      // The first collection leaves pages to be swept and given back by other threads; what is held is known after that.
      globalThis.gc?.();
      await setTimeout(300);
      globalThis.gc?.();
      say({ kind: 'memory', bytes: process.memoryUsage.rss() });
      return;
    case 'watch-loop':
      delay.reset();
      delay.enable();
      return;
    case 'loop':
      say({ kind: 'loop', ms: [50, 99, 99.9].map((percent) => delay.percentile(percent) / 1e6) });
      return;
    case 'push': {
      const sentAt = process.hrtime.bigint();
      await push(order.text);
      say({ kind: 'pushed', sentAt: String(sentAt) });
    }
  }
});
// Its parent has gone: nobody measures any more.
process.on('disconnect', () => process.exit());
http.keepAliveTimeout = 120_000;
http.listen({ port: 0, host: '127.0.0.1', backlog: 16_384 }, () => {
  say({ kind: 'ready', port: (http.address() as AddressInfo).port });
});
