import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { portableCodec } from '../../src/lib/codec/portable-codec.ts';
import { contract, handler } from '../../src/lib/contract/contract.ts';
import { shape } from '../../src/lib/contract/shape.ts';
import {
  bool,
  bytes,
  date,
  enumOf,
  f64,
  file,
  i64,
  int,
  json,
  list,
  nullable,
  optional,
  string,
  struct,
  symbol,
  timestamp,
  u8,
  withDefault,
} from '../../src/lib/contract/types.ts';
import { implement } from '../../src/lib/server/implement.ts';
import { memoryJournal } from '../../src/lib/server/journals/memory.ts';
import type { ServerLogEntry } from '../../src/lib/server/log.ts';
import type { ServerOptions } from '../../src/lib/server/options.ts';
import { type CrudpServer, crudpServer } from '../../src/lib/server/server.ts';

/** Every type that a form may have to be read as. */
export const everything = shape({
  name: string(),
  age: u8(),
  price: f64(),
  big: i64(),
  active: bool(),
  at: date(),
  stamp: timestamp(),
  state: withDefault(enumOf('draft', 'sent'), 'draft'),
  tags: list(symbol()),
  raw: bytes(),
  extra: json(),
  note: optional(string()),
  count: optional(int()),
  parent: nullable(int()),
  lines: list(struct({ sku: string(), qty: u8() })),
});

export const forms = contract(
  { version: 1, errors: { sold_out: 300 } },
  {
    things: handler(1, {
      create: { in: everything, out: everything },
      update: { in: shape({ name: string() }) },
      delete: { in: int() },
      read: { out: shape({ name: string(), scan: file() }) },
    }),
    documents: handler(2, {
      create: { in: shape({ title: string(), scan: optional(file()), pages: list(file()) }), out: string() },
    }),
    photos: handler(3, { create: { in: file(), out: string() } }),
  },
);

export interface FormServer {
  readonly url: string;
  readonly server: CrudpServer<typeof forms>;
  readonly log: readonly ServerLogEntry[];
  /** What handlers were given. */
  readonly seen: unknown[];
  post(path: string, body: BodyInit | undefined, headers?: Record<string, string>): Promise<Response>;
}

export async function serveForms(options: Partial<ServerOptions> = {}): Promise<FormServer> {
  const log: ServerLogEntry[] = [];
  const seen: unknown[] = [];
  const server = crudpServer(forms, {
    journal: memoryJournal(),
    codec: portableCodec(),
    authenticate: ({ headers }) => ({ user: headers.authorization ? 'ana' : 'cookie', roles: ['writer'] }),
    graceMs: 500,
    log: (entry) => void log.push(entry),
    ...options,
  });
  server.use(
    implement(forms, {
      things: {
        access: { create: 'writer', update: 'writer', delete: 'admin', read: 'public' },
        create(ctx, things) {
          seen.push(things, { reqId: ctx.reqId, attempt: ctx.attempt, method: ctx.http?.request.method });
          return things;
        },
        async update(ctx, [thing]) {
          const name = thing?.name;
          if (name === 'sold') throw ctx.fail('sold_out', { message: 'come back tomorrow' });
          if (name === 'taken') throw ctx.fail('conflict', { path: [0, 'name'], message: 'taken' });
          if (name === 'crash') throw new Error('secret: 1234');
          if (name === 'later') throw ctx.retryAfter(1500);
          if (name === 'slow') await new Promise((_, reject) => ctx.signal.addEventListener('abort', reject));
          if (name === 'effect') {
            ctx.effect('INSERT INTO names VALUES (?)', [name]);
            ctx.push({ user: ctx.user }, 'documents.create', ['told']);
          }
          if (name === 'away') ctx.http?.response.setHeader('Location', '/thanks');
          if (name === 'own') ctx.http?.response.writeHead(418).end('tea');
        },
        delete() {},
        read: () => [{ name: 'a', scan: { name: 's', type: '', size: 2, upload: '', content: Uint8Array.of(1, 2) } }],
      },
      documents: {
        access: { create: 'authenticated' },
        async create(_, documents) {
          const [document] = documents;
          const files = document ? [...(document.scan ? [document.scan] : []), ...document.pages] : [];
          seen.push(...files.map(({ name, type, size }) => ({ name, type, size })));
          return files.map(({ sha256 }) => sha256);
        },
      },
      photos: {
        access: { create: 'authenticated' },
        create: (_, photos) => photos.map(({ sha256 }) => sha256),
      },
    }),
  );
  const http = createServer(server.listener);
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    http.closeAllConnections();
    http.close();
    await server.close();
  });
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/api/call`;
  const post = (path: string, body: BodyInit | undefined, headers: Record<string, string> = {}) =>
    fetch(`${url}/${path}`, {
      method: 'POST',
      headers: { Authorization: 'Bearer token', ...headers },
      ...(body !== undefined && { body, duplex: 'half' }),
      redirect: 'manual',
    });
  return { url, server, log, seen, post };
}
