import { createServer, type Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import express from 'express';
import { Hono } from 'hono';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { CrudpServer } from '../../src/lib/server/server.ts';
import { type app, note } from './app.ts';
import { creating, wait } from './creating.ts';
import { EventReader } from './event-reader.ts';
import { codec, creates, Sender, serve } from './harness.ts';

type Mount = (server: CrudpServer<typeof app>) => Server;

/** A page beside the server's routes, in each framework. */
const mounts: [name: string, mount: Mount][] = [
  [
    'node:http',
    (server) => createServer((request, response) => server.listener(request, response, () => response.end('page'))),
  ],
  [
    'Express',
    (server) => {
      const site = express();
      site.use(server.listener);
      site.get('/page', (_request, response) => {
        response.send('page');
      });
      return createServer(site);
    },
  ],
  [
    'Hono',
    (server) => {
      const site = new Hono();
      site.all('/api/*', (context) => server.fetch(context.req.raw));
      site.get('/page', (context) => context.text('page'));
      return createAdaptorServer({ fetch: site.fetch }) as Server;
    },
  ],
];

describe.each(mounts)('A server in %s', (_, mount) => {
  it('takes batches, answers with results, and leaves other paths alone', async () => {
    const server = await serve({ mount });
    const { status, headers, results } = await server
      .sender()
      .post([creates(1, note('a')), creates(2, note('b'))], wait);
    expect([status, headers.get('crudp')]).toEqual([202, '1']);
    expect(results).toMatchObject([
      { status: 0, records: [note('a')] },
      { status: 0, records: [note('b')] },
    ]);
    expect(await (await fetch(new URL('/page', server.url))).text()).toBe('page');
  });

  it('streams, and says goodbye', async () => {
    const server = await serve({ mount });
    const events = await server.events('outbox=00000000000000a1');
    expect(events.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(await events.next()).toMatchObject({ event: 'hello' });
    await server.sender().post([creates(1, note('a', 'push all')), creates(2, note('b'.repeat(200_000)))]);
    const [first, push, second] = await events.take(3);
    expect([first?.event, push?.event, second?.event]).toEqual(['results', 'push', 'results']);
    const { results } = codec.decodeResponse((await import('./app.ts')).app, Buffer.from(second?.data ?? '', 'base64'));
    expect(results).toMatchObject([{ seq: 2, records: [note('b'.repeat(200_000))] }]);
    const closed = server.server.close();
    expect(await events.next()).toMatchObject({ event: 'bye', data: '{"reason":"drain"}' });
    expect(await events.next()).toBeNull();
    await closed;
  });

  it('hears that a stream has gone', async () => {
    const server = await serve({ mount });
    const events = await server.events('outbox=00000000000000a1');
    await events.next();
    events.close();
    expect(await server.logged('stream_closed')).toMatchObject({ reason: 'gone' });
  });

  it('answers a long poll', async () => {
    const server = await serve({ mount });
    await server.sender().post([creates(1, note('a'))], wait);
    const headers = { accept: 'application/json', 'x-user': 'ana' };
    const poll = async (after: string) =>
      (await fetch(`${server.url}/events?outbox=00000000000000a1&after=${after}`, { headers })).json();
    expect(await poll('x')).toMatchObject([{ event: 'hello' }, { event: 'results' }]);
    const [{ id }] = (await poll('')) as [{ id: string }];
    const later = poll(id);
    await server.logged('stream_opened', ({ recovered }) => recovered);
    await server.sender('ana', '00000000000000a2').post([creates(1, note('b'))]);
    expect(await later).toMatchObject([{ event: 'hello' }, { event: 'results' }]);
  });

  it('refuses as it should', async () => {
    const server = await serve({ mount, maxBatchBytes: 1000 });
    const status = async (path: string, init: RequestInit = {}) => {
      const response = await fetch(`${server.url}${path}`, init);
      await response.text();
      return response.status;
    };
    const headers = { 'x-user': 'ana', 'content-type': 'application/crudp' };
    expect(await status('/sync', { method: 'POST' })).toBe(401);
    expect(await status('/sync', { headers })).toBe(405);
    expect(await status('/nothing', { headers })).toBe(404);
    expect(await status('/sync', { method: 'OPTIONS', headers })).toBe(204);
    expect(await status('/sync', { headers: { ...headers, origin: 'https://evil.example' } })).toBe(403);
    const large = { ...headers, 'crudp-user': 'ana', 'crudp-contract': '3', 'crudp-after': '0.0.0' };
    expect(await status('/sync', { method: 'POST', headers: large, body: new Uint8Array(1500) })).toBe(413);
  });
});

describe('A server below another path', () => {
  it.each<[string, Mount]>([
    [
      'Express, behind a proxy',
      ({ listener }) => createServer(express().set('trust proxy', true).use('/v1', listener)),
    ],
    ['Hono', ({ fetch: answer }) => createAdaptorServer({ fetch: new Hono().mount('/v1', answer).fetch }) as Server],
  ])('takes batches and streams in %s', async (_, mount) => {
    const server = await serve({ mount });
    const url = new URL('/v1/api', server.url).href;
    const { results } = await new Sender(url, 'ana', '00000000000000a1').post([creates(1, note('a'))], wait);
    expect(results).toMatchObject([{ status: 0 }]);
    const stream = await EventReader.open(`${url}/events?outbox=00000000000000a1`, { 'x-user': 'ana' });
    expect(await stream.next()).toMatchObject({ event: 'hello' });
    expect((await fetch(`${url.replace('/v1', '/v2')}/sync`, { method: 'POST' })).status).toBe(404);
  });
});

describe('A server behind a body parser', () => {
  const headers = { 'x-user': 'ana', authorization: 'Bearer x' };
  const behind = (parser: express.RequestHandler) =>
    serve({
      modules: [creating((_, records) => records)],
      mount: ({ listener }) => createServer(express().use(parser, listener)),
    });
  const call = async (url: string, type: string, body: string) => {
    const init = { method: 'POST', headers: { ...headers, 'content-type': type }, body };
    const response = await fetch(`${url}/call/notes/create`, init);
    return [response.status, await response.json()];
  };

  it('says so where it gets nothing to read any more, and takes the rest', async () => {
    const server = await behind(express.json());
    expect((await server.sender().post([creates(1, note('a'))], wait)).results).toMatchObject([{ status: 0 }]);
    expect(await call(server.url, 'application/json', JSON.stringify(note('a')))).toMatchObject([
      500,
      { code: 'internal' },
    ]);
    expect(await server.logged('failed')).toMatchObject({
      error: { message: expect.stringContaining('[body_taken]') },
    });
    const form = 'application/x-www-form-urlencoded';
    expect(await call(server.url, form, 'id=a&text=&stars=0')).toEqual([200, { records: [note('a')] }]);
    const other = await behind(express.urlencoded());
    expect(await call(other.url, form, 'id=a')).toMatchObject([500, { code: 'internal' }]);
  });

  it('never calls a frame broken for it, which would cost the client its packets', async () => {
    const server = await behind(express.raw({ type: () => true }));
    expect((await server.sender().post([creates(1, note('a'))])).status).toBe(500);
  });

  it('rejects where it is given a request of the web that was read', async () => {
    const { server } = await serve();
    const used = new Request('http://app.example/api/sync', { method: 'POST', body: 'x' });
    await used.text();
    await expect(server.fetch(used)).rejects.toThrow('[body_taken]');
  });
});

describe('server.fetch', () => {
  const request = (path: string, init: RequestInit = {}) =>
    new Request(`http://app.example/api${path}`, { ...init, headers: { 'x-user': 'ana', ...init.headers } });

  it('gives a stream in pieces, all of it', async () => {
    const server = await serve({ maxUnsentBytes: 100_000 });
    const response = await server.server.fetch(request('/events?outbox=00000000000000a1'));
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    const packets = [1, 2, 3, 4, 5, 6].map((seq) => creates(seq, note('x'.repeat(30_000))));
    await server.sender().post(packets, wait);
    let bytes = 0;
    let chunks = 0;
    while (bytes < 6 * 40_000) {
      const { value, done } = await reader.read();
      if (done) break;
      bytes += value.length;
      chunks++;
    }
    expect(bytes).toBeGreaterThan(6 * 40_000);
    expect(chunks).toBeGreaterThan(2);
    await reader.cancel();
    expect(await server.logged('stream_closed')).toMatchObject({ reason: 'gone' });
  });

  it('ends with its request', async () => {
    const server = await serve();
    const abort = new AbortController();
    const response = await server.server.fetch(request('/events?outbox=00000000000000a1', { signal: abort.signal }));
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    abort.abort();
    await expect(reader.read()).rejects.toMatchObject({ name: 'AbortError' });
    expect(await server.logged('stream_closed')).toMatchObject({ reason: 'gone' });
  });

  it('opens nothing for a request that was given up before', async () => {
    const server = await serve();
    const given = request('/events?outbox=00000000000000a1', { signal: AbortSignal.abort() });
    expect((await server.server.fetch(given)).status).toBe(408);
    expect(server.log).toEqual([]);
  });

  it('answers what an adapter can write where the request is given up before its answer', async () => {
    const said = vi.spyOn(console, 'error').mockReturnValue();
    onTestFinished(() => said.mockRestore());
    let asked = (): void => {};
    const isAsked = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const answers: Promise<Response>[] = [];
    const server = await serve({
      authenticate: () => {
        asked();
        return new Promise(() => {});
      },
      mount: ({ fetch: handle }) => {
        const answer = (request: Request) => {
          const response = handle(request);
          answers.push(response);
          return response;
        };
        return createAdaptorServer({ fetch: answer }) as Server;
      },
    });
    const abort = new AbortController();
    const posted = fetch(`${server.url}/sync`, { method: 'POST', body: 'x', signal: abort.signal });
    await isAsked;
    abort.abort();
    await expect(posted).rejects.toThrow();
    expect((await answers[0])?.status).toBe(408);
    await new Promise((resolve) => setImmediate(resolve));
    expect(said.mock.calls).toEqual([]);
  });

  it('answers 408 where the body breaks off', async () => {
    const server = await serve();
    const headers = { 'content-type': 'application/crudp', 'crudp-user': 'ana', 'crudp-contract': '3' };
    const body = new ReadableStream({
      pull(controller) {
        controller.error(new Error('gone'));
      },
    });
    const init = { method: 'POST', body, duplex: 'half', headers: { ...headers, 'crudp-after': '0.0.0' } };
    expect((await server.server.fetch(request('/sync', init as RequestInit))).status).toBe(408);
  });

  it('answers HEAD and 204 without a body', async () => {
    const server = await serve();
    const options = await server.server.fetch(request('/sync', { method: 'OPTIONS' }));
    expect([options.status, options.body]).toEqual([204, null]);
    const head = await server.server.fetch(request('/sync', { method: 'HEAD' }));
    expect([head.status, head.body]).toEqual([405, null]);
  });
});
