import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { crudpServer, implement } from '../../../src/server.ts';
import { sqliteJournal } from '../../../src/sqlite.ts';
import { app } from './contract.ts';

/** What has come of the numbers, each with how often. */
export interface Told {
  /** By the page: on the browser's disk. */
  readonly saved: Map<number, number>;
  /** By the handler. */
  readonly effects: Map<number, number>;
  /** By the page, one entry for each of its lives. */
  readonly confirmed: Map<string, number>;
  readonly rejected: Map<string, number>;
  /** Lives of the page that had their outbox in memory: the browser refused to store it. */
  readonly unstored: Map<number, number>;
  /** Lives of the page whose browser had thrown away what was stored before. */
  readonly lost: Map<number, number>;
}

/** A server with its page, which outlives the browsers. */
export interface KillServer {
  readonly url: string;
  readonly told: Told;
  /** Resolves when so many more of a kind have been told, or when the page's outbox is `empty`. */
  next(what: keyof Told | 'empty', count?: number): Promise<void>;
  openStreams(): Promise<number>;
  close(): Promise<void>;
}

export async function startKillServer(): Promise<KillServer> {
  const folder = mkdtempSync(join(tmpdir(), 'crudp-kill-server-'));
  const scripts = new Map(await Promise.all(['page', 'worker'].map(bundled)));
  const told: Told = {
    saved: new Map(),
    effects: new Map(),
    confirmed: new Map(),
    rejected: new Map(),
    unstored: new Map(),
    lost: new Map(),
  };
  const waiting = new Map<string, { left: number; resolve: () => void }>();
  const hear = (what: keyof Told | 'empty'): void => {
    const waiter = waiting.get(what);
    if (!waiter || --waiter.left > 0) return;
    waiting.delete(what);
    waiter.resolve();
  };
  const tell = <K>(what: keyof Told, counts: Map<K, number>, key: K): void => {
    counts.set(key, (counts.get(key) ?? 0) + 1);
    hear(what);
  };

  const server = crudpServer(app, {
    journal: sqliteJournal(join(folder, 'app.db'), { driver: 'libsql' }),
    authenticate: () => ({ user: 'ana' }),
    // Every life of the browser leaves a stream that nobody has closed.
    maxStreamsPerUser: 1000,
  });
  server.use(
    implement(app, {
      marks: {
        access: { create: 'authenticated' },
        create: (_, records) => {
          for (const { n } of records) tell('effects', told.effects, n);
        },
      },
    }),
  );
  // One whose answer got lost is sent again.
  const reports = new Set<string>();
  const http = createServer((request, response) => {
    server.listener(request, response, () => {
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
      const n = Number(searchParams.get('n'));
      const what = pathname.slice(1);
      if (what === 'saved') tell(what, told.saved, n);
      const life = searchParams.get('life');
      if (what === 'unstored' || what === 'lost') tell(what, told[what], Number(life));
      const report = `${life} ${searchParams.get('report')}`;
      if ((what === 'confirmed' || what === 'rejected') && !reports.has(report)) {
        reports.add(report);
        tell(what, told[what], `${n} in life ${life}`);
      }
      if (what === 'empty') hear('empty');
      const script = scripts.get(what);
      response.setHeader('Content-Type', script ? 'text/javascript' : 'text/html; charset=utf-8');
      response.end(
        script ?? '<!doctype html><title>numbers</title><body><script type="module" src="/page.js"></script>',
      );
    });
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  await server.start();
  return {
    url: `http://localhost:${(http.address() as AddressInfo).port}`,
    told,
    openStreams: async () => Number(/^crudp_streams_open (\d+)$/m.exec(await server.metrics())?.[1]),
    next: (what, count = 1) => new Promise((resolve) => waiting.set(what, { left: count, resolve })),
    async close() {
      http.closeAllConnections();
      http.close();
      await server.close();
      await rm(folder, { recursive: true });
    },
  };
}

async function bundled(name: string): Promise<[path: string, script: string]> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, `${name}.ts`)],
    bundle: true,
    format: 'esm',
    target: 'es2022',
    write: false,
  });
  return [`${name}.js`, outputFiles[0]?.text ?? ''];
}
