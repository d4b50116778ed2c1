import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import Libsql from 'libsql';
import { describe, expect, it } from 'vitest';
import { sqliteJournal } from '../../src/lib/server/journals/sqlite.ts';
import { inPacket, newId, serveLibrary, sha256Of, temporaryFolder, uploaded } from './harness.ts';

const documents = 4;
const photos = 8;
const photosUpdate = 10;

async function filesIn(directory: string): Promise<string[]> {
  const all = await readdir(directory, { recursive: true, withFileTypes: true });
  return all.filter((entry) => entry.isFile() && entry.name !== 'secret').map(({ name }) => name);
}

describe('Files of a packet', () => {
  it('come in the packet as they come by upload: with their facts and a hash of this server', async () => {
    const { as, seen, directory } = await serveLibrary();
    const ana = as();
    const [small, large] = [randomBytes(1000), randomBytes(300_000)];
    const file = await ana.upload(large);
    const result = await ana.send(photos, [inPacket(small), file], 20);
    expect(result).toMatchObject({ status: 0, records: [sha256Of(small), sha256Of(large)] });
    expect(seen).toEqual([
      { name: 'photo.jpg', type: 'image/jpeg', size: 1000, sha256: sha256Of(small), attempt: 1 },
      { name: 'scan.pdf', type: 'application/pdf', size: 300_000, sha256: sha256Of(large), attempt: 1 },
    ]);
    await expect.poll(() => filesIn(directory)).toEqual([]);
  });

  it('hold their packet until all of them are there, and nobody else', async () => {
    const { as, seen } = await serveLibrary();
    const ana = as();
    const contents = [1, 2, 3, 4].map((size) => randomBytes(size * 1000));
    const files = contents.map((content) => uploaded(newId(), content.length));
    const [scan, first, second, image] = files;
    const record = { title: 'a', scan, pages: [first, second], parts: [{ label: 'x', image }] };
    await ana.send(documents, [record]);
    expect(await ana.send(photos, [inPacket(randomBytes(10))], 20)).toMatchObject({ status: 0 });
    for (const [index, { upload, size }] of files.entries()) {
      await ana.create(upload, size);
      await ana.patch(upload, 0, new Uint8Array(contents[index] as Uint8Array).subarray(0, 500));
      expect(seen).toHaveLength(1);
      await ana.patch(upload, 500, new Uint8Array(contents[index] as Uint8Array).subarray(500));
    }
    expect(await ana.result(1)).toMatchObject({ status: 0 });
    expect(seen.slice(1).map(({ sha256 }) => sha256)).toEqual(contents.map(sha256Of));
  });

  it('are waited for again after a restart, whichever comes first', async () => {
    const folder = await temporaryFolder();
    const directory = join(folder, 'uploads');
    const journal = () => sqliteJournal(join(folder, 'app.db'), { driver: Libsql, thread: false });
    const content = randomBytes(200_000);
    const first = await serveLibrary({ directory, journal: journal() });
    const ana = first.as();
    const file = uploaded(newId(), content.length);
    await ana.send(photos, [file]);
    await ana.create(file.upload, file.size);
    await ana.patch(file.upload, 0, new Uint8Array(content).subarray(0, 70_000));
    await first.server.close();
    const second = await serveLibrary({ directory, journal: journal() });
    const again = second.as();
    expect(await again.offset(file.upload)).toBe(70_000);
    expect(second.seen).toEqual([]);
    await again.patch(file.upload, 70_000, new Uint8Array(content).subarray(70_000));
    await expect.poll(() => second.seen.map(({ sha256 }) => sha256)).toEqual([sha256Of(content)]);
  });

  it('are refused where their facts are none, with the path to them', async () => {
    const { as } = await serveLibrary({ uploadOptions: { maxFileBytes: 1000 } });
    const ana = as();
    const content = randomBytes(10);
    const there = await ana.upload(content);
    const tooLarge = await ana.send(photos, [uploaded(newId(), 1001)], 20);
    expect(JSON.parse(tooLarge?.message ?? '').issues[0].message).toBe('an upload has at most 1000 bytes');
    const wrong = {
      '[0,"name"]': [
        inPacket(content, '../../etc/passwd'),
        inPacket(content, 'a\0b'),
        inPacket(content, '..'),
        inPacket(content, 'C:\\boot.ini'),
        inPacket(content, 'é'.repeat(128)),
      ],
      '[0,"type"]': [inPacket(content, 'a', 'image'), inPacket(content, 'a', 'text/html\r\nX: y')],
      '[0,"size"]': [
        { ...inPacket(content), size: 11 },
        { ...there, size: 11 },
        { ...there, size: -1 },
      ],
      '[0,"upload"]': [uploaded('../../etc', 1), uploaded(newId(), 1001)],
      '[0,"content"]': [{ ...there, content }],
    };
    for (const [path, files] of Object.entries(wrong)) {
      for (const file of files) {
        const result = await ana.send(photos, [file], 20);
        expect([result?.status, JSON.stringify(JSON.parse(result?.message ?? '{}').issues[0].path)]).toEqual([2, path]);
      }
    }
  });

  it('of another user are as absent as if nobody had sent them', async () => {
    const { as, seen } = await serveLibrary();
    const [ana, eva] = [as('ana'), as('eva')];
    const content = randomBytes(1000);
    const file = await ana.upload(content);
    expect(await eva.send(photos, [file], 1)).toBeUndefined();
    expect(await eva.send(photos, [uploaded(newId(), 1000)], 1)).toBeUndefined();
    expect([await eva.offset(file.upload), await ana.offset(file.upload)]).toEqual([null, 1000]);
    const own = randomBytes(1000);
    await eva.create(file.upload, 1000);
    await eva.patch(file.upload, 0, new Uint8Array(own));
    await expect.poll(() => seen.map(({ sha256 }) => sha256)).toEqual([sha256Of(own)]);
    expect(await ana.send(photos, [file], 20)).toMatchObject({ status: 0, records: [sha256Of(content)] });
  });

  it('are neither read nor waited for by whom the rule refuses, and go with the refusal', async () => {
    const { as, directory } = await serveLibrary();
    const ana = as();
    const file = await ana.upload(randomBytes(1000));
    expect(await ana.send(photosUpdate, [file], 20)).toMatchObject({ status: 3 });
    await expect.poll(() => filesIn(directory)).toEqual([]);
  });

  it('can be kept: whole, in the place of what was there, twice', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'kept.bin');
    const { as, directory } = await serveLibrary({
      async onFile(file) {
        await file.keep(path);
        await file.keep(path);
      },
    });
    const ana = as();
    const [large, small] = [randomBytes(100_000), randomBytes(100)];
    await ana.send(photos, [await ana.upload(large)], 20);
    expect(sha256Of(await readFile(path))).toBe(sha256Of(large));
    await expect.poll(() => filesIn(directory)).toEqual([]);
    await ana.send(photos, [inPacket(small)], 20);
    expect(sha256Of(await readFile(path))).toBe(sha256Of(small));
    expect(await readdir(folder)).toEqual(['kept.bin']);
  });

  it('stay for an operator where the handler has failed', async () => {
    let fails = true;
    const { as, server, seen, directory } = await serveLibrary({
      log: () => {},
      onFile() {
        if (fails) throw new Error('no room in the archive');
      },
    });
    const ana = as();
    expect(await ana.send(photos, [await ana.upload(randomBytes(1000))], 20)).toMatchObject({ status: 13 });
    const [entry] = await server.packets.list();
    fails = false;
    expect(await server.packets.runAgain(entry as NonNullable<typeof entry>)).toMatchObject({ status: 0 });
    expect(seen).toHaveLength(1);
    await expect.poll(() => filesIn(directory)).toEqual([]);
  });

  it('by upload are invalid where the server takes none', async () => {
    const { as } = await serveLibrary({ uploads: null });
    const ana = as();
    expect((await ana.create(newId(), 1)).status).toBe(404);
    expect(await ana.send(photos, [uploaded(newId(), 1)], 20)).toMatchObject({ status: 2 });
    expect(await ana.send(photos, [inPacket(randomBytes(5))], 20)).toMatchObject({ status: 0 });
  });
});
