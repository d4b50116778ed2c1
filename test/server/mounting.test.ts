import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { implement } from '../../src/lib/server/implement.ts';
import { nowhere } from '../../src/lib/server/journal.ts';
import { memoryJournal } from '../../src/lib/server/journals/memory.ts';
import { crudpServer } from '../../src/lib/server/server.ts';
import { app, note, notes } from './app.ts';
import { codec, creates, serve } from './harness.ts';

const own = { codec, journal: memoryJournal(), authenticate: () => null };

describe('Mounting', () => {
  it('lets other paths through to the application', async () => {
    const { server } = await serve();
    const http = createServer((request, response) =>
      server.listener(request, response, () => response.end(`page ${request.url}`)),
    );
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void http.close());
    const origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    for (const path of ['/', '/apis', '/other/api/sync', '/api.html', '//api/sync']) {
      expect(await (await fetch(origin + path)).text()).toBe(`page ${path}`);
    }
    expect((await fetch(`${origin}/api/sync`, { method: 'POST' })).status).toBe(401);
  });

  it('runs middleware before every route, and stops where one answers or fails', async () => {
    const seen: string[] = [];
    const { url, logged } = await serve({
      middleware: [
        (request, _response, next) => {
          seen.push(`1 ${request.method}`);
          request.headers['x-user'] = 'by middleware';
          next();
        },
        async (request, response, next) => {
          if (request.headers['x-stop']) response.writeHead(418).end();
          else if (request.headers['x-throw']) throw new Error('secret');
          else next(request.headers['x-fail'] && new Error('secret'));
        },
      ],
    });
    const post = (headers: Record<string, string>) => fetch(`${url}/sync`, { method: 'POST', headers });
    expect((await post({})).status).toBe(415);
    expect((await post({ 'x-stop': '1' })).status).toBe(418);
    for (const header of ['x-throw', 'x-fail']) {
      const failed = await post({ [header]: '1' });
      expect([failed.status, await failed.text()]).toEqual([500, expect.not.stringContaining('secret')]);
    }
    expect(await logged('failed')).toMatchObject({ where: '/api/sync', error: new Error('secret') });
    expect(seen).toHaveLength(4);
  });

  it('answers 500 where authenticate fails or gives no identity', async () => {
    for (const authenticate of [
      () => Promise.reject(new Error('secret')),
      () => ({ user: '' }),
      () => ({ user: 'ana', roles: [1] as unknown as string[] }),
      // A token without an end, in milliseconds: a stream would never end, either.
      () => ({ user: 'ana', expiresAt: Number(undefined) * 1000 }),
      () => ({ user: 'ana', expiresAt: '2031-01-01' as unknown as number }),
    ]) {
      const { sender, log } = await serve({ authenticate });
      const answer = await sender().post([creates(1, note('a'))]);
      expect([answer.status, answer.json]).toEqual([500, { code: 'internal', message: expect.any(String) }]);
      expect(log).toContainEqual(expect.objectContaining({ event: 'failed', where: '/api/sync' }));
    }
  });

  it('logs what fails, also where nobody waits for the answer any more', async () => {
    let fail = (_: Error): void => {};
    let askedFor = (_: IncomingMessage): void => {};
    const asked = new Promise<IncomingMessage>((resolve) => {
      askedFor = resolve;
    });
    const { url, logged } = await serve({
      authenticate: (request) => {
        askedFor(request);
        return new Promise((_, reject) => {
          fail = reject;
        });
      },
    });
    const abort = new AbortController();
    const answer = fetch(`${url}/events?outbox=${'1'.repeat(16)}`, { signal: abort.signal });
    const { socket } = await asked;
    abort.abort();
    await expect(answer).rejects.toThrow();
    if (!socket.destroyed) await once(socket, 'close');
    fail(new Error('no database'));
    expect(await logged('failed')).toMatchObject({ where: '/api/events', error: new Error('no database') });
  });

  it('refuses credentials that have ended', async () => {
    const { sender, url } = await serve({ authenticate: () => ({ user: 'ana', expiresAt: Date.now() - 1 }) });
    expect((await sender().post([])).status).toBe(401);
    expect((await fetch(`${url}/events?outbox=${'1'.repeat(16)}`)).status).toBe(401);
  });
});

describe('The log hook', () => {
  it('breaks nothing where it is broken', async () => {
    const warnings: string[] = [];
    const listen = ({ message }: Error) => warnings.push(message);
    process.on('warning', listen);
    onTestFinished(() => void process.off('warning', listen));
    const { sender } = await serve({
      log() {
        throw new Error('no space');
      },
    });
    const { results } = await sender().post([creates(1, note('a'))], { headers: { Prefer: 'wait=20' } });
    expect(results).toMatchObject([{ status: 0 }]);
    expect(warnings[0]).toBe('the log hook failed: Error: no space');
  });

  it('breaks nothing where it rejects', async () => {
    const warnings: string[] = [];
    const listen = ({ message }: Error) => warnings.push(message);
    process.on('warning', listen);
    onTestFinished(() => void process.off('warning', listen));
    const log = () => Promise.reject(new Error('no room'));
    const server = crudpServer(app, { ...own, journal: memoryJournal(), log }).use(notes([]));
    await server.start();
    await server.close();
    await vi.waitFor(() => expect(warnings).toContain('the log hook failed: Error: no room'));
  });

  it('is console.error for failures, where there is none', async () => {
    const said = vi.spyOn(console, 'error').mockReturnValue();
    onTestFinished(() => said.mockRestore());
    const server = crudpServer(app, { ...own, journal: memoryJournal() }).use(notes([]));
    const request = {
      identity: { user: 'ana', roles: ['writer'] },
      boundUser: 'ana',
      contract: 1,
      after: nowhere,
      tag: 'ab'.repeat(8),
      waitMs: 20_000,
    };
    const packets = [creates(1, note('a')), creates(2, note('b', 'crash'))];
    const frame = codec.encodeRequest(app, { outbox: '00000000000000a1', first: 1, oldest: 0, packets });
    // Without HTTP, too.
    expect(await server.core.sync({ ...request, frame })).toMatchObject({ status: 202, packets: 2, appended: 2 });
    expect(await server.core.sync({ ...request, boundUser: 'luis', frame })).toMatchObject({ status: 403, packets: 0 });
    await server.close();
    expect(said.mock.calls.map(([text]) => text)).toEqual(['[crudp] handler_failed']);
  });
});

describe('Origins', () => {
  const page = 'https://app.example';

  it.each([
    ['an origin that is not listed', { Origin: 'https://evil.example' }, 403],
    ['no origin at all, by name', { Origin: 'null' }, 403],
    ['another site, without an Origin', { 'Sec-Fetch-Site': 'cross-site' }, 403],
    ['a sister site', { 'Sec-Fetch-Site': 'same-site', Origin: 'https://x.example' }, 403],
    ['a listed origin', { 'Sec-Fetch-Site': 'cross-site', Origin: page }, 415],
    ['its own page behind a proxy', { 'Sec-Fetch-Site': 'same-origin', Origin: 'https://public.example' }, 415],
    ['a program', {}, 415],
  ] as const)('judges %s', async (_, headers, status) => {
    const { url } = await serve({ origins: [page] });
    const answer = await fetch(`${url}/sync`, { method: 'POST', headers: { ...headers, 'x-user': 'ana' } });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('crudp')).toBe('1');
    const isListed = 'Origin' in headers && headers.Origin === page;
    expect(answer.headers.get('access-control-allow-origin')).toBe(isListed ? page : null);
    expect(answer.headers.get('vary')).toBe('Origin');
    if (status === 403) expect(await answer.json()).toMatchObject({ code: 'foreign_origin' });
  });

  it('takes the origin of its own host where the browser says no more', async () => {
    const { url } = await serve();
    const answer = await fetch(`${url}/sync`, {
      method: 'POST',
      headers: { Origin: new URL(url).origin, 'x-user': 'ana' },
    });
    expect(answer.status).toBe(415);
  });

  it('answers OPTIONS of listed origins only, without asking who it is', async () => {
    const { url } = await serve({ origins: [page], authenticate: () => Promise.reject(new Error('not now')) });
    const ask = (origin: string) =>
      fetch(`${url}/sync`, {
        method: 'OPTIONS',
        headers: { Origin: origin, 'Access-Control-Request-Headers': 'crudp-user,x-csrf' },
      });
    const answer = await ask(page);
    expect(answer.status).toBe(204);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'access-control-allow-origin': page,
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'OPTIONS, POST',
      'access-control-allow-headers': 'crudp-user,x-csrf',
      crudp: '1',
    });
    expect((await ask('https://evil.example')).status).toBe(403);
  });

  it('wants origins, not addresses', () => {
    for (const origin of ['*', 'app.example', 'https://app.example/']) {
      expect(() => crudpServer(app, { ...own, origins: [origin] })).toThrow('[bad_origin]');
    }
  });
});

describe('start', () => {
  const create = () => {};

  it.each([
    ['a handler twice', [notes([]), notes([])], 'notes: it is implemented twice'],
    ['a handler that the contract lacks', [implement(app, { ghosts: { access: {} } } as never)], 'no such handler'],
    [
      'an action that the contract lacks',
      [implement(app, { later: { access: { read: 'public' }, read: create } } as never)],
      'later.read',
    ],
    ['an action without access', [implement(app, { later: { access: {}, create } } as never)], 'no access rule'],
    ['an action without any access', [implement(app, { later: { create } } as never)], 'no access rule'],
    [
      'a rule from a prototype',
      [implement(app, { later: { access: Object.create({ create: 'public' }), create } } as never)],
      'no access rule',
    ],
    ['an empty rule', [implement(app, { later: { access: { create: '' }, create } } as never)], 'no access rule'],
    [
      'a rule without an action',
      [implement(app, { later: { access: { create: 'public' } } } as never)],
      'without an action',
    ],
    ['a module of another contract', [{ contract: { ...app }, handlers: {} }], 'another contract'],
  ])('refuses %s', async (_, modules, message) => {
    const server = crudpServer(app, own).use(...(modules as ReturnType<typeof notes>[]));
    await expect(server.start()).rejects.toThrow(message);
    await expect(server.start()).rejects.toThrow('[bad_implementation]');
  });

  it('loads a codec where it is given none', async () => {
    const server = crudpServer(app, { journal: memoryJournal(), authenticate: () => null }).use(notes([]));
    await server.start();
    await server.push('all', 'notes.create', [note('a')]);
    await server.close();
  });

  it('takes no module any more', async () => {
    const { server } = await serve();
    await server.start();
    await server.start();
    expect(() => server.use(notes([]))).toThrow('[already_started]');
  });
});
