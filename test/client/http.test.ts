import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent, fetch as undiciFetch } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { crudpClient } from '../../src/lib/client/client.ts';
import type { CrudpEvent } from '../../src/lib/client/events.ts';
import type { ClientOptions } from '../../src/lib/client/options.ts';
import { memoryStorage } from '../../src/lib/client/storages/memory.ts';
import { ManualClock } from '../../src/lib/testing/manual-clock.ts';
import { app, note } from '../server/app.ts';
import { serve, type TestServer } from '../server/harness.ts';

function clientOf({ url }: Pick<TestServer, 'url'>, options: Partial<ClientOptions> = {}) {
  const client = crudpClient(app, {
    url,
    user: 'ana',
    storage: memoryStorage(),
    headers: () => ({ 'x-user': options.user ?? 'ana', 'x-roles': 'writer' }),
    ...options,
  });
  onTestFinished(() => client.close());
  return client;
}

describe('A client over HTTP', () => {
  it("gets results by the stream, with the platform's fetch and with undici's", async () => {
    const server = await serve();
    const agent = new Agent({ keepAliveTimeout: 1000 });
    onTestFinished(() => agent.destroy());
    const viaUndici = ((url: string, init: object) =>
      undiciFetch(url, { ...init, dispatcher: agent })) as unknown as typeof fetch;
    for (const options of [{}, { fetch: viaUndici }]) {
      const client = clientOf(server, options);
      const operations = client.notes.createEach(Array.from({ length: 20 }, (_, i) => note(String(i), 'ñ', i)));
      expect(await Promise.all(operations.map(({ result }) => result))).toEqual(
        operations.map((_, i) => [note(String(i), 'ñ', i)]),
      );
      expect(await client.notes.read({ text: 'x' }).result).toEqual([note('found', 'x')]);
      await expect(client.notes.create(note('1', 'taken')).result).rejects.toMatchObject({ code: 'id_taken' });
      expect(await client.outbox.list()).toEqual([]);
    }
    const accepted = server.log.filter((entry) => entry.event === 'answered' && entry.status === 202);
    expect(accepted.length).toBeLessThan(12);
  });

  it('hears pushes and what the user does elsewhere', async () => {
    const server = await serve();
    const [phone, laptop, luis] = [clientOf(server), clientOf(server), clientOf(server, { user: 'luis' })];
    const heard: CrudpEvent[] = [];
    const all = new Promise<void>((resolve) => {
      const listen = (event: CrudpEvent): void => {
        if (heard.push(event) === 2) resolve();
      };
      laptop.notes.on('create', listen);
      luis.notes.on('create', listen);
    });
    await server.logged('stream_opened', ({ user }) => user === 'luis');
    while (server.log.filter(({ event }) => event === 'stream_opened').length < 3) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    await phone.notes.create(note('luis', 'push')).result;
    await all;
    expect(heard.map(({ kind }) => kind).sort()).toEqual(['push', 'remote']);
  });

  it('needs credentials, and goes on with them', async () => {
    const server = await serve();
    let isSignedIn = false;
    const client = clientOf(server, { headers: () => (isSignedIn ? { 'x-user': 'ana', 'x-roles': 'writer' } : []) });
    const needed = new Promise<void>((resolve) => {
      client.status.subscribe(() => {
        if (client.status.getSnapshot().state === 'needs-auth') resolve();
      });
    });
    const operation = client.notes.create(note('1'));
    await needed;
    isSignedIn = true;
    client.authenticated();
    expect(await operation.result).toEqual([note('1')]);
  });

  it('is held where somebody else is signed in', async () => {
    const server = await serve();
    const client = clientOf(server, { headers: { 'x-user': 'luis' } });
    const held = new Promise<void>((resolve) => {
      client.status.subscribe(() => {
        if (client.status.getSnapshot().reason === 'wrong_user') resolve();
      });
    });
    await client.notes.create(note('1')).saved;
    await held;
    expect(server.ran).toEqual([]);
    expect(await client.outbox.list()).toHaveLength(1);
  });

  it('sends under names that no header can hold', async () => {
    const server = await serve();
    const user = 'Ñandú 用户';
    const client = clientOf(server, { user, headers: { 'x-user': 'ana' } });
    const held = new Promise<void>((resolve) => {
      client.status.subscribe(() => {
        if (client.status.getSnapshot().reason === 'wrong_user') resolve();
      });
    });
    await client.notes.create(note('1')).saved;
    await held;
  });

  it('takes a captive portal for no network, and goes on behind it', async () => {
    const server = await serve();
    let isPortal = true;
    const portal = createServer((request, response) => {
      if (!isPortal) {
        server.http.emit('request', request, response);
        return;
      }
      response.writeHead(200, { 'Content-Type': 'text/html' }).end('<h1>Welcome to our hotel</h1>');
    });
    await new Promise<void>((resolve) => portal.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      portal.closeAllConnections();
      portal.close();
    });
    const client = clientOf({ url: `http://127.0.0.1:${(portal.address() as AddressInfo).port}/api` });
    const unreachable = new Promise<void>((resolve) => {
      client.status.subscribe(() => {
        if (client.status.getSnapshot().reason === 'unreachable') resolve();
      });
    });
    const operation = client.notes.create(note('1'));
    await unreachable;
    isPortal = false;
    client.retry();
    expect(await operation.result).toEqual([note('1')]);
  });

  it('finds out about a server that has gone, and comes back to it', async () => {
    const server = await serve();
    const client = clientOf(server);
    await client.notes.create(note('1')).result;
    server.http.closeAllConnections();
    const operation = client.notes.create(note('2'));
    client.retry();
    expect(await operation.result).toEqual([note('2')]);
    expect(server.ran).toHaveLength(2);
  });

  it('reads by long polls where a stream does not come through', async () => {
    const server = await serve({ pollMs: 50 });
    const clock = new ManualClock();
    let streams = 0;
    const swallowing: typeof fetch = (input, init) => {
      if (new Headers(init?.headers).get('accept') !== 'text/event-stream') return fetch(input, init);
      streams++;
      return new Promise((_, reject) => init?.signal?.addEventListener('abort', () => reject(new Error('aborted'))));
    };
    const client = clientOf(server, { fetch: swallowing, clock });
    const operation = client.notes.create(note('1'));
    await operation.saved;
    while (client.status.getSnapshot().stream !== 'polling') {
      clock.advance(100);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await operation.result).toEqual([note('1')]);
    expect(await client.notes.create(note('2')).result).toEqual([note('2')]);
    expect(streams).toBe(1);
  });
});
