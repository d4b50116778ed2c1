import { execFile, execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { FileStore } from '@tus/file-store';
import { Upload } from 'tus-js-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { uploads } from '../../src/lib/uploads/uploads.ts';
import { ManualClock } from '../server/manual-clock.ts';
import { type LibraryUser, newId, serveLibrary, sha256Of, temporaryFolder, uploaded } from './harness.ts';

const photos = 8;
const run = promisify(execFile);

async function codeOf(response: Response): Promise<[number, unknown]> {
  const { status } = response;
  return [status, ((await response.json()) as { code: unknown }).code];
}

/** @param size What is announced. */
function byTus(ana: LibraryUser, id: string, content: Buffer, size = content.length): Promise<void> {
  return new Promise((resolve, reject) => {
    new Upload(content, {
      endpoint: `${ana.url}/uploads`,
      headers: { 'x-user': ana.user },
      metadata: { id },
      uploadSize: size,
      chunkSize: 65_536,
      retryDelays: null,
      onSuccess: () => resolve(),
      onError: reject,
    }).start();
  });
}

describe('The tus protocol', () => {
  it('is spoken with tus-js-client', async () => {
    const { as } = await serveLibrary();
    const ana = as();
    const content = randomBytes(300_000);
    const id = newId();
    await byTus(ana, id, content);
    expect(await ana.send(photos, [uploaded(id, content.length)], 20)).toMatchObject({ records: [sha256Of(content)] });
  });

  it('is spoken with curl, which goes on where it was cut off', async () => {
    const { as } = await serveLibrary();
    const ana = as();
    const content = randomBytes(100_000);
    const path = join(await temporaryFolder(), 'scan.pdf');
    await writeFile(path, content);
    const id = newId();
    const curl = async (...args: string[]) =>
      (await run('curl', ['-sS', '-i', '-H', `x-user: ${ana.user}`, '-H', 'Tus-Resumable: 1.0.0', ...args])).stdout;
    const metadata = `Upload-Metadata: id ${Buffer.from(id).toString('base64')}`;
    const made = await curl('-X', 'POST', '-H', 'Upload-Length: 100000', '-H', metadata, `${ana.url}/uploads`);
    const [, location = ''] = /location: (\S+)/i.exec(made) ?? [];
    const target = new URL(location, `${ana.url}/uploads`).href;
    const send = (offset: number, bytes: Buffer) =>
      writeFile(path, bytes).then(() =>
        curl(
          ...['-X', 'PATCH', '-H', `Upload-Offset: ${offset}`, '-H', 'Content-Type: application/offset+octet-stream'],
          ...['--data-binary', `@${path}`, target],
        ),
      );
    expect(await send(0, content.subarray(0, 40_000))).toMatch(/204[\s\S]*upload-offset: 40000/i);
    expect(await curl('--head', target)).toMatch(/upload-offset: 40000/i);
    expect(await send(40_000, content.subarray(40_000))).toMatch(/204/);
    expect(await ana.send(photos, [uploaded(id, 100_000)], 20)).toMatchObject({ records: [sha256Of(content)] });
  });

  it('is spoken behind the web interface too', async () => {
    const { as, server } = await serveLibrary();
    const ana = as();
    const id = newId();
    const request = (method: string, path: string, headers: Record<string, string>, body?: Uint8Array<ArrayBuffer>) =>
      server.fetch(
        new Request(`http://x/api/uploads${path}`, {
          method,
          headers: { 'x-user': 'ana', 'tus-resumable': '1.0.0', ...headers },
          ...(body && { body }),
        }),
      );
    const metadata = `id ${Buffer.from(id).toString('base64')}`;
    const made = await request('POST', '', { 'upload-length': '5', 'upload-metadata': metadata });
    expect([made.status, made.headers.get('location')]).toEqual([201, `uploads/${id}`]);
    const type = { 'content-type': 'application/offset+octet-stream' };
    const sent = await request('PATCH', `/${id}`, { ...type, 'upload-offset': '0' }, Uint8Array.of(1, 2, 3, 4, 5));
    expect([sent.status, sent.headers.get('upload-offset')]).toEqual([204, '5']);
    expect(await ana.offset(id)).toBe(5);
  });

  it('lets an upload be made again whose answer was lost: what has come stays', async () => {
    const { as } = await serveLibrary();
    const ana = as();
    const id = newId();
    await ana.create(id, 10);
    await ana.patch(id, 0, 'abcde');
    expect((await ana.create(id, 10)).status).toBe(201);
    expect(await ana.offset(id)).toBe(5);
    expect(await codeOf(await ana.create(id, 11))).toEqual([409, 'upload_exists']);
    const creation = { 'Upload-Length': '10', 'Upload-Metadata': `id ${Buffer.from(id).toString('base64')}` };
    const type = { 'Content-Type': 'application/offset+octet-stream' };
    expect(await codeOf(await ana.tus('POST', '', { ...creation, ...type }, 'zzz'))).toEqual([409, 'offset_mismatch']);
    expect(await codeOf(await ana.patch(id, 0, 'zzz'))).toEqual([409, 'offset_mismatch']);
    expect((await ana.patch(id, 5, 'fghij')).status).toBe(204);
    expect(await ana.send(photos, [uploaded(id, 10)], 20)).toMatchObject({
      records: [sha256Of(Buffer.from('abcdefghij'))],
    });
  });

  it('stands before any tus store that can be read', async () => {
    const directory = await temporaryFolder();
    const store = new FileStore({ directory, expirationPeriodInMilliseconds: 3_600_000 });
    const { as } = await serveLibrary({ uploads: uploads({ store, secret: randomBytes(16), maxFileBytes: 1000 }) });
    const ana = as();
    const id = newId();
    expect((await ana.create(id, 10)).status).toBe(201);
    await ana.patch(id, 0, 'abcde');
    expect((await ana.create(id, 10)).status).toBe(201);
    expect([await ana.offset(id), await as('eva').offset(id)]).toEqual([5, null]);
    await ana.patch(id, 5, 'fghij');
    const sha256 = sha256Of(Buffer.from('abcdefghij'));
    expect(await ana.send(photos, [uploaded(id, 10)], 20)).toMatchObject({ records: [sha256] });
    await expect.poll(() => ana.offset(id)).toBeNull();
  });

  it('needs a secret for such a store that nobody can guess', () => {
    const store = new FileStore({ directory: tmpdir() });
    const facts = { clock: new ManualClock(), onComplete: () => {}, onError: () => {} };
    const opening = uploads({ store, secret: new Uint8Array(15) }).open(facts);
    return expect(opening).rejects.toThrow('[bad_option] a secret has at least 16 bytes');
  });

  it('gives a user no more room than there is, whatever has come yet, and however many ask at once', async () => {
    const { as } = await serveLibrary({ uploadOptions: { maxBytesPerUser: 1000 } });
    const ana = as();
    const answers = await Promise.all([300, 300, 300, 300].map((size) => ana.create(newId(), size)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 201, 429]);
    expect((await ana.create(newId(), 101)).status).toBe(429);
    const deferred = { 'Upload-Defer-Length': '1', 'Upload-Metadata': `id ${Buffer.from(newId()).toString('base64')}` };
    expect(await codeOf(await ana.tus('POST', '', deferred))).toEqual([400, 'bad_upload']);
    expect((await ana.create(newId(), 100)).status).toBe(201);
    expect((await as('luis').create(newId(), 1000)).status).toBe(201);
  });

  it('takes no part in a content coding: its bytes would be kept as they came', async () => {
    const ana = (await serveLibrary()).as();
    const id = newId();
    await ana.create(id, 10);
    const part = {
      'Upload-Offset': '0',
      'Content-Type': 'application/offset+octet-stream',
      'Content-Encoding': 'gzip',
    };
    expect(await codeOf(await ana.tus('PATCH', `/${id}`, part, 'abcde'))).toEqual([415, 'unsupported_media']);
    expect(await ana.offset(id)).toBe(0);
  });

  it('answers what it does not take with a code', async () => {
    const { as, url } = await serveLibrary({ uploadOptions: { maxFileBytes: 100, maxUploadsPerUser: 2 } });
    const ana = as();
    const id = newId();
    expect(await codeOf(await fetch(`${url}/uploads`, { method: 'POST' }))).toEqual([401, 'unauthenticated']);
    expect(await codeOf(await ana.create('../../x', 1))).toEqual([400, 'bad_upload']);
    expect(await codeOf(await ana.create(id, 101))).toEqual([413, 'too_large']);
    expect(await codeOf(await ana.tus('POST', '', { 'Upload-Length': '1' }))).toEqual([400, 'bad_upload']);
    expect(await codeOf(await ana.tus('POST', '', { 'Tus-Resumable': '0.2.2' }))).toEqual([400, 'bad_upload']);
    expect(await codeOf(await ana.patch(id, 0, 'x'))).toEqual([404, 'not_found']);
    expect(await codeOf(await ana.patch('..%2f..%2fsecret', 0, 'x'))).toEqual([404, 'not_found']);
    expect(await codeOf(await ana.tus('GET', `/${id}`))).toEqual([405, 'method_not_allowed']);
    expect((await ana.create(id, 100)).status).toBe(201);
    expect(await codeOf(await ana.tus('GET', `/${id}`))).toEqual([405, 'method_not_allowed']);
    expect(await codeOf(await ana.patch(id, 0, 'x'.repeat(101)))).toEqual([413, 'too_large']);
    expect(await ana.offset(id)).toBeLessThanOrEqual(100);
    expect((await ana.create(newId(), 100)).status).toBe(201);
    expect(await codeOf(await ana.create(newId(), 1))).toEqual([429, 'too_many_uploads']);
    expect((await as('eva').create(newId(), 1)).status).toBe(201);
    expect((await ana.tus('DELETE', `/${id}`)).status).toBe(204);
    expect(await ana.offset(id)).toBeNull();
    const origin = await ana.tus('POST', '', { Origin: 'https://evil.example', 'Upload-Length': '1' });
    expect(await codeOf(origin)).toEqual([403, 'foreign_origin']);
  });

  it('takes no bytes that are not those of a declared hash', async () => {
    const { as } = await serveLibrary();
    const ana = as();
    const content = Buffer.from('hello');
    const id = newId();
    await ana.create(id, 5, { sha256: sha256Of(Buffer.from('jello')) });
    expect(await codeOf(await ana.patch(id, 0, content))).toEqual([460, 'hash_mismatch']);
    expect(await ana.offset(id)).toBeNull();
    await ana.create(id, 5, { sha256: sha256Of(content).toUpperCase() });
    expect((await ana.patch(id, 0, content)).status).toBe(204);
    expect(await codeOf(await ana.tus('DELETE', `/${id}`))).toEqual([409, 'upload_complete']);
  });

  it('lets one of two writers through at a time, and mixes nothing', async () => {
    const { as } = await serveLibrary();
    const ana = as();
    const content = randomBytes(3_000_000);
    const id = newId();
    await ana.create(id, content.length);
    const both = await Promise.all([1, 2].map(() => ana.patch(id, 0, new Uint8Array(content))));
    expect(both.map(({ status }) => status).sort()).toEqual([204, 409]);
    expect(await ana.send(photos, [uploaded(id, content.length)], 20)).toMatchObject({ records: [sha256Of(content)] });
  });

  it('takes an upload over from a writer that has gone silent', async () => {
    const { as, url } = await serveLibrary();
    const ana = as();
    const id = newId();
    await ana.create(id, 10);
    const silent = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode('abc')),
    });
    const first = fetch(`${url}/uploads/${id}`, {
      method: 'PATCH',
      headers: {
        'x-user': 'ana',
        'Tus-Resumable': '1.0.0',
        'Upload-Offset': '0',
        'Content-Type': 'application/offset+octet-stream',
      },
      body: silent,
      duplex: 'half',
    } as RequestInit).catch(() => undefined);
    await expect.poll(() => ana.offset(id), { timeout: 15_000 }).toBe(3);
    expect((await ana.patch(id, 3, 'defghij')).status).toBe(204);
    await first;
    const sha256 = sha256Of(Buffer.from('abcdefghij'));
    expect(await ana.send(photos, [uploaded(id, 10)], 20)).toMatchObject({ records: [sha256] });
  });

  it('forgets what nobody has added to for a day, and what nobody has come for in thirty', async () => {
    const clock = new ManualClock(Date.now());
    const directory = await temporaryFolder();
    const { as } = await serveLibrary({ clock, directory });
    const ana = as();
    const [unfinished, fresh, finished] = [newId(), newId(), newId()];
    for (const id of [unfinished, fresh, finished]) await ana.create(id, 5);
    await ana.patch(unfinished, 0, 'ab');
    await ana.patch(finished, 0, 'abcde');
    const hour = 3_600_000;
    clock.advance(23 * hour);
    await ana.patch(fresh, 0, 'abc');
    // The bytes came at the clock's time.
    await touch(directory, 3, clock.now());
    const offsets = async () => [await ana.offset(unfinished), await ana.offset(fresh), await ana.offset(finished)];
    expect(await offsets()).toEqual([2, 3, 5]);
    // In small steps: it is looked every hour, and the next hour begins when that is done.
    const later = (ms: number) => () => {
      clock.advance(ms);
      return offsets();
    };
    await expect.poll(later(hour / 6), { interval: 5, timeout: 10_000 }).toEqual([null, 3, 5]);
    await expect.poll(later(24 * hour), { interval: 5, timeout: 5000 }).toEqual([null, null, null]);
    expect((await ana.create(unfinished, 5)).status).toBe(201);
    expect(await ana.offset(unfinished)).toBe(0);
  });

  it('says 507 on a full disk, and goes on where it stood once there is room', async (context) => {
    const folder = await temporaryFolder();
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', folder], { stdio: 'ignore' });
    } catch {
      return context.skip('a small volume cannot be mounted here');
    }
    onTestFinished(() => void execFileSync('umount', ['-l', folder]));
    const { as } = await serveLibrary({ directory: join(folder, 'uploads') });
    const ana = as();
    const content = randomBytes(1_500_000);
    const id = newId();
    await ana.create(id, content.length);
    await mkdir(join(folder, 'other'));
    await writeFile(join(folder, 'other', 'ballast'), randomBytes(1_200_000));
    expect(await codeOf(await ana.patch(id, 0, new Uint8Array(content)))).toEqual([507, 'storage_full']);
    const offset = (await ana.offset(id)) as number;
    expect(offset).toBeGreaterThan(0);
    expect(await codeOf(await ana.patch(id, offset, new Uint8Array(content).subarray(offset)))).toEqual([
      507,
      'storage_full',
    ]);
    execFileSync('rm', [join(folder, 'other', 'ballast')]);
    const stands = (await ana.offset(id)) as number;
    expect((await ana.patch(id, stands, new Uint8Array(content).subarray(stands))).status).toBe(204);
    expect(await ana.send(photos, [uploaded(id, content.length)], 20)).toMatchObject({ records: [sha256Of(content)] });
  });

  it('gives no file to anybody, and takes uploads of a listed origin', async () => {
    const { as, url } = await serveLibrary({ origins: ['https://shop.example'] });
    const preflight = await fetch(`${url}/uploads`, {
      method: 'OPTIONS',
      headers: { Origin: 'https://shop.example', 'Access-Control-Request-Headers': 'tus-resumable, upload-length' },
    });
    expect(preflight.headers.get('access-control-allow-headers')).toBe('tus-resumable, upload-length');
    expect(preflight.headers.get('access-control-allow-methods')).toContain('PATCH');
    const made = await as().tus('POST', '', {
      Origin: 'https://shop.example',
      'Upload-Length': '1',
      'Upload-Metadata': `id ${Buffer.from(newId()).toString('base64')}`,
    });
    expect(made.headers.get('access-control-allow-origin')).toBe('https://shop.example');
    expect(made.headers.get('access-control-expose-headers')).toContain('Upload-Offset');
    expect(made.headers.get('crudp')).toBe('1');
  });
});

/** By size: a file system's clock ticks too seldom to tell which was written last. */
async function touch(directory: string, size: number, at: number): Promise<void> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !/\.json$|^secret$/.test(entry.name));
  for (const path of files.map(({ parentPath, name }) => join(parentPath, name))) {
    if ((await stat(path)).size === size) await utimes(path, at / 1000, at / 1000);
  }
}
