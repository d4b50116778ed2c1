import { randomBytes } from 'node:crypto';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Libsql from 'libsql';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { crudpClient } from '../../src/lib/client/client.ts';
import type { Storage } from '../../src/lib/client/storage.ts';
import { memoryStorage } from '../../src/lib/client/storages/memory.ts';
import { sqliteJournal } from '../../src/lib/server/journals/sqlite.ts';
import { cuttable } from './cuttable.ts';
import { type LibraryServer, library, serveLibrary, sha256Of, temporaryFolder } from './harness.ts';

interface ClientFacts {
  readonly user?: string;
  readonly storage?: Storage;
  readonly online?: boolean;
}

function clientOf(
  { url }: Pick<LibraryServer, 'url'>,
  { user = 'ana', storage = memoryStorage(), online = true }: ClientFacts = {},
) {
  const errors: unknown[] = [];
  const client = crudpClient(library, {
    url,
    user,
    storage,
    online,
    headers: { 'x-user': user },
    onError: (error) => void errors.push(error),
  });
  onTestFinished(() => client.close());
  return { ...client, errors };
}

function file(content: Uint8Array, name = 'scan.pdf', type = 'application/pdf'): File {
  return new File([new Uint8Array(content)], name, { type });
}

describe('A client with files', () => {
  it('sends small ones in the packet and large ones by upload, and the handler sees no difference', async () => {
    const server = await serveLibrary();
    const client = clientOf(server);
    const [small, large] = [randomBytes(65_536), randomBytes(65_537)];
    const operation = client.photos.create([file(small, 'a.png', 'image/png'), new Blob([new Uint8Array(large)])]);
    expect(operation.progress.getSnapshot()).toEqual({
      bytes: 0,
      total: 65_537,
      files: [{ name: '', bytes: 0, total: 65_537 }],
    });
    expect(await operation.result).toEqual([sha256Of(small), sha256Of(large)]);
    expect(server.seen).toMatchObject([
      { name: 'a.png', type: 'image/png', size: 65_536, sha256: sha256Of(small) },
      { name: '', type: '', size: 65_537, sha256: sha256Of(large) },
    ]);
    expect(operation.progress.getSnapshot()).toMatchObject({ bytes: 65_537 });
    expect(client.errors).toEqual([]);
  });

  it('has them in lists, in structs and left out, each with its own progress', async () => {
    const server = await serveLibrary();
    const client = clientOf(server);
    const contents = [1, 2, 3].map((each) => randomBytes(each * 100_000));
    const [page, other, image] = contents.map((content, index) => file(content, `${index}.png`, 'image/png'));
    const operation = client.documents.create({
      title: 'a',
      pages: [page as File, other as File],
      parts: [{ label: 'x', image: image as File }],
    });
    const steps: number[] = [];
    operation.progress.subscribe(() => steps.push(operation.progress.getSnapshot().bytes));
    await operation.result;
    expect(server.seen.map(({ sha256 }) => sha256)).toEqual(contents.map(sha256Of));
    expect(operation.progress.getSnapshot()).toEqual({
      bytes: 600_000,
      total: 600_000,
      files: [100_000, 200_000, 300_000].map((bytes, index) => ({ name: `${index}.png`, bytes, total: bytes })),
    });
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
    expect(steps.at(-1)).toBe(600_000);
  });

  it('keeps them while it is offline and when the page goes, in the order of the calls', async () => {
    const server = await serveLibrary();
    const storage = memoryStorage();
    const first = clientOf(server, { storage, online: false });
    const [large, small] = [randomBytes(300_000), randomBytes(10)];
    await first.photos.create(file(large)).saved;
    await first.photos.create(file(small)).saved;
    const entries = await first.outbox.list();
    expect(entries.map(({ progress }) => progress)).toEqual([
      { bytes: 0, total: 300_000, files: [{ name: 'scan.pdf', bytes: 0, total: 300_000 }] },
      undefined,
    ]);
    await first.close();
    const second = clientOf(server, { storage });
    const heard: unknown[] = [];
    second.photos.on('create', (event) => {
      if (event.kind === 'confirmed') heard.push(event.result);
    });
    await expect.poll(() => heard.length, { timeout: 10_000 }).toBe(2);
    expect(heard.sort()).toEqual([[sha256Of(large)], [sha256Of(small)]].sort());
    // Nothing of them is left on the device.
    const rows = await storage.connect(() => {}).read((tx) => tx.list('files', { prefix: ['ana'] }));
    expect(rows).toEqual([]);
  });

  it('goes on where the connection was cut, and in the next server', async () => {
    const folder = await temporaryFolder();
    const directory = join(folder, 'uploads');
    const journal = () => sqliteJournal(join(folder, 'app.db'), { driver: Libsql, thread: false });
    const first = await serveLibrary({ directory, journal: journal() });
    const way = await cuttable(first.url);
    const client = clientOf({ url: `http://127.0.0.1:${way.port}/api` });
    const content = randomBytes(9_000_000);
    way.cutAfter(3_000_000);
    const operation = client.photos.create(file(content));
    const steps: number[] = [];
    operation.progress.subscribe(() => steps.push(operation.progress.getSnapshot().bytes));
    await expect.poll(() => way.cuts, { timeout: 10_000 }).toBe(1);
    await first.server.close();
    const second = await serveLibrary({ directory, journal: journal() });
    way.leadTo(second.url);
    client.retry();
    expect(await operation.result).toEqual([sha256Of(content)]);
    expect([first.seen.length, second.seen.length]).toEqual([0, 1]);
    for (const [index, bytes] of steps.entries()) {
      expect((steps[index - 1] ?? 0) - bytes).toBeLessThanOrEqual(4_194_304);
    }
  });

  it('judges them before they are saved', async () => {
    const server = await serveLibrary();
    const client = clientOf(server);
    const bad = client.photos.create(file(randomBytes(1), '../x'));
    await expect(bad.saved).rejects.toMatchObject({ code: 'invalid', issues: [{ path: [0, 'name'] }] });
    const none = client.documents.create({ title: '', pages: ['x' as never], parts: [] });
    await expect(none.saved).rejects.toMatchObject({ code: 'invalid', issues: [{ path: [0, 'pages', 0] }] });
    const broken = Object.assign(new Blob(['x']), {
      arrayBuffer: () => Promise.reject(new DOMException('gone', 'NotReadableError')),
    });
    const unreadable = client.photos.create(broken);
    await expect(unreadable.saved).rejects.toMatchObject({ code: 'file_unreadable' });
    await expect(client.photos.create(file(randomBytes(3))).result).resolves.toHaveLength(1);
  });

  it('gives up the upload of a packet that was taken back', async () => {
    const server = await serveLibrary();
    const storage = memoryStorage();
    const client = clientOf(server, { storage, online: false });
    const operation = client.photos.create(file(randomBytes(100_000)));
    await operation.saved;
    expect(await operation.cancel()).toBe(true);
    const rows = await storage.connect(() => {}).read((tx) => tx.list('files', { prefix: ['ana'] }));
    expect(rows).toEqual([]);
  });

  it('hears from the server that a file is too large for it', async () => {
    const server = await serveLibrary({ uploadOptions: { maxFileBytes: 100_000 } });
    const client = clientOf(server);
    const operation = client.photos.create(file(randomBytes(100_001)));
    await expect(operation.result).rejects.toMatchObject({ code: 'invalid' });
    await expect(client.photos.create(file(randomBytes(100_000))).result).resolves.toHaveLength(1);
  });

  // Lost by the server before the request that is named: what it has answered until then no longer holds.
  it.each(['HEAD', 'PATCH'])(
    'starts again from 0 where the server has lost what it had, before a %s',
    async (method) => {
      const directory = await temporaryFolder();
      const asked: string[] = [];
      let isLost = false;
      const server = await serveLibrary({
        directory,
        authenticate(request) {
          if (!isLost && request.method === method && asked.includes('PATCH')) {
            isLost = true;
            for (const name of readdirSync(directory)) {
              if (name !== 'secret') rmSync(join(directory, name), { recursive: true });
            }
          }
          asked.push(String(request.method));
          return { user: String(request.headers['x-user']) };
        },
      });
      const way = await cuttable(server.url);
      const client = clientOf({ url: `http://127.0.0.1:${way.port}/api` });
      const content = randomBytes(100_000);
      way.cutAfter(50_000);
      const operation = client.photos.create(file(content));
      await expect.poll(() => way.cuts).toBe(1);
      client.retry();
      expect(await operation.result).toEqual([sha256Of(content)]);
      expect(isLost).toBe(true);
    },
  );

  it('asks for its headers before each request, however long one file takes', async () => {
    let token = 0;
    const used = new Set<unknown>();
    const server = await serveLibrary({
      // Each token is good for one request.
      authenticate({ headers }) {
        const isFresh = !used.has(headers['x-token']);
        used.add(headers['x-token']);
        return isFresh ? { user: 'ana' } : null;
      },
    });
    const client = crudpClient(library, {
      url: server.url,
      user: 'ana',
      storage: memoryStorage(),
      headers: () => ({ 'x-user': 'ana', 'x-token': String(++token) }),
      onError: () => {},
    });
    onTestFinished(() => client.close());
    const content = randomBytes(9_000_000);
    const operation = client.photos.create(file(content));
    expect(await operation.result).toEqual([sha256Of(content)]);
    expect(client.status.getSnapshot().state).not.toBe('needs-auth');
  });

  it('refuses what its transport cannot upload', async () => {
    const refused = () => Promise.reject(new Error('not reached'));
    const transport = { sync: refused, stream: refused, poll: refused };
    const client = crudpClient(library, { user: 'ana', storage: memoryStorage(), transport, online: false });
    onTestFinished(() => client.close());
    const large = client.photos.create(file(randomBytes(65_537), 'film.mp4'));
    await expect(large.saved).rejects.toMatchObject({ code: 'too_large' });
    await client.photos.create(file(randomBytes(65_536))).saved;
  });

  it('asks for new credentials, and goes on with them', async () => {
    let isSignedIn = true;
    const server = await serveLibrary({
      authenticate: ({ headers, url }) =>
        isSignedIn || !url?.includes('uploads') ? { user: String(headers['x-user']) } : null,
    });
    const client = clientOf(server);
    isSignedIn = false;
    const content = randomBytes(100_000);
    const operation = client.photos.create(file(content));
    await expect.poll(() => client.status.getSnapshot().state).toBe('needs-auth');
    isSignedIn = true;
    client.authenticated();
    expect(await operation.result).toEqual([sha256Of(content)]);
  });

  it.each(['uploader.ts', 'http-upload.ts'])(
    'keeps them while %s cannot be fetched, and goes on when it can',
    async (name) => {
      const path = `../../src/lib/client/uploads/${name}`;
      const failed = vi.fn();
      vi.resetModules();
      vi.doMock(path, () => {
        failed();
        throw new TypeError('Failed to fetch dynamically imported module');
      });
      onTestFinished(() => void vi.doUnmock(path));
      const { crudpClient: freshClient } = await import('../../src/lib/client/client.ts');
      const server = await serveLibrary();
      const onError = vi.fn();
      const client = freshClient(library, {
        url: server.url,
        user: 'ana',
        storage: memoryStorage(),
        headers: { 'x-user': 'ana' },
        onError,
      });
      onTestFinished(() => client.close());
      const content = randomBytes(100_000);
      const operation = client.photos.create(file(content));
      await operation.accepted;
      await expect.poll(() => failed.mock.calls.length).toBeGreaterThan(0);
      vi.doUnmock(path);
      expect(await operation.result).toEqual([sha256Of(content)]);
    },
  );
});
