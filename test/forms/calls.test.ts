import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { readdir, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import Libsql from 'libsql';
import { describe, expect, it } from 'vitest';
import { sqliteJournal } from '../../src/lib/server/journals/sqlite.ts';
import { temporaryFolder } from '../uploads/harness.ts';
import { serveForms } from './app.ts';

const run = promisify(execFile);
const json = { 'Content-Type': 'application/json' };

async function answerOf(response: Response): Promise<[number, Record<string, unknown>]> {
  return [response.status, (await response.json()) as Record<string, unknown>];
}

function sha256Of(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

function formOf(texts: Readonly<Record<string, string>>): FormData {
  const form = new FormData();
  for (const [name, text] of Object.entries(texts)) form.append(name, text);
  return form;
}

const filled: readonly (readonly [string, string])[] = [
  ['name', 'Ana'],
  ['age', '33'],
  ['price', '1.50'],
  ['big', '9007199254740993'],
  ['active', 'on'],
  ['at', '2026-01-02T03:04:05Z'],
  ['stamp', '2026-01-02T03:04:05Z'],
  ['tags', 'a'],
  ['tags', 'b'],
  ['raw', 'AQID'],
  ['extra', '{"deep":[1]}'],
  ['note', ''],
  ['count', ''],
  ['parent', ''],
  ['lines[0][sku]', 'x'],
  ['lines[0][qty]', '1'],
  ['lines[1].sku', 'y'],
  ['lines[1].qty', '2'],
  ['csrf', 'whatever else a form has'],
];

const read = {
  name: 'Ana',
  age: 33,
  price: 1.5,
  big: 9007199254740993n,
  active: true,
  at: new Date('2026-01-02T03:04:05Z'),
  stamp: Date.parse('2026-01-02T03:04:05Z'),
  state: 'draft',
  tags: ['a', 'b'],
  raw: Uint8Array.of(1, 2, 3),
  extra: { deep: [1] },
  note: '',
  parent: null,
  lines: [
    { sku: 'x', qty: 1 },
    { sku: 'y', qty: 2 },
  ],
};

const answered = { ...read, big: '9007199254740993', at: '2026-01-02T03:04:05.000Z', raw: 'AQID' };

describe('A call by form', () => {
  it('runs the handler with the records that a packet would bring, whichever form it is', async () => {
    const { post, seen } = await serveForms();
    const multipart = new FormData();
    for (const [name, value] of filled) multipart.append(name, value);
    const urlencoded = new URLSearchParams(filled.map(([name, value]) => [name, value]));
    for (const body of [multipart, urlencoded]) {
      seen.length = 0;
      expect(await answerOf(await post('things/create', body))).toEqual([200, { records: [answered] }]);
      expect(seen).toEqual([[read], { reqId: '', attempt: 1, method: 'POST' }]);
    }
  });

  it('runs it with JSON too, one record or many', async () => {
    const { post, seen } = await serveForms();
    const { state: _, ...sent } = answered;
    for (const body of [sent, [sent, sent]]) {
      seen.length = 0;
      const records = [body].flat().map(() => answered);
      expect(await answerOf(await post('things/create', JSON.stringify(body), json))).toEqual([200, { records }]);
      expect(seen[0]).toEqual(records.map(() => read));
    }
    expect(await answerOf(await post('things/read', undefined))).toEqual([
      200,
      { records: [{ name: 'a', scan: { name: 's', type: '', size: 2, upload: '', content: 'AQI=' } }] },
    ]);
  });

  it('has files, streamed by way of the disk and gone after it', async () => {
    const directory = await temporaryFolder();
    const { post, seen } = await serveForms({ forms: { directory } });
    const [scan, one, two] = [randomBytes(3_000_000), randomBytes(70_000), randomBytes(10)];
    const form = new FormData();
    form.append('title', 'é');
    form.append('pages', new File([one], 'uno ñ.png', { type: 'image/png' }));
    form.append('scan', new File([scan], 'scan.pdf', { type: 'application/pdf' }));
    form.append('pages', new File([two], '2.png', { type: 'image/png' }));
    const [status, { records }] = await answerOf(await post('documents/create', form));
    expect([status, records]).toEqual([200, [sha256Of(scan), sha256Of(one), sha256Of(two)]]);
    expect(seen).toEqual([
      { name: 'scan.pdf', type: 'application/pdf', size: 3_000_000 },
      { name: 'uno ñ.png', type: 'image/png', size: 70_000 },
      { name: '2.png', type: 'image/png', size: 10 },
    ]);
    await expect.poll(() => readdir(directory)).toEqual([]);
    const bare = new FormData();
    for (const each of [one, two]) bare.append('photo', new File([each], 'p.png'));
    const answer = await answerOf(await post('photos/create', bare));
    expect(answer).toEqual([200, { records: [sha256Of(one), sha256Of(two)] }]);
    const content = scan.subarray(0, 1000).toString('base64');
    const inline = JSON.stringify({ title: '', pages: [{ name: 'a.bin', content }] });
    expect(await answerOf(await post('documents/create', inline, json))).toEqual([
      200,
      { records: [sha256Of(scan.subarray(0, 1000))] },
    ]);
  });

  it('is made by curl, and by a form that has a place for a file and none in it', async () => {
    const { url } = await serveForms();
    const path = join(await temporaryFolder(), 'scan.pdf');
    await writeFile(path, 'hello');
    const curl = async (...args: string[]) => {
      const { stdout } = await run('curl', ['-sS', '-H', 'Authorization: Bearer x', ...args]);
      return JSON.parse(stdout);
    };
    const target = `${url}/documents/create`;
    expect(await curl('-F', 'title=a', '-F', `scan=@${path};type=application/pdf`, target)).toEqual({
      records: [sha256Of(Buffer.from('hello'))],
    });
    expect(await curl('--json', '{"title":"a","pages":[]}', target)).toEqual({ records: [] });
    const boundary = '----x';
    const part = (head: string, text: string) =>
      `--${boundary}\r\nContent-Disposition: form-data; ${head}\r\n\r\n${text}\r\n`;
    const body = `${part('name="title"', 'a')}${part('name="scan"; filename=""\r\nContent-Type: application/octet-stream', '')}--${boundary}--\r\n`;
    const type = `Content-Type: multipart/form-data; boundary=${boundary}`;
    expect(await curl('-H', type, '--data-binary', body, target)).toEqual({ records: [] });
  });

  it('goes on to where the handler sends it', async () => {
    const { post } = await serveForms();
    const away = await post('things/update', new URLSearchParams({ name: 'away' }));
    expect([away.status, away.headers.get('location')]).toEqual([303, '/thanks']);
    const own = await post('things/update', new URLSearchParams({ name: 'own' }));
    expect([own.status, await own.text()]).toEqual([418, 'tea']);
  });

  it('says what came of it as a client would hear it, and never more', async () => {
    const { post, log } = await serveForms({ handlerTimeoutMs: 60_000 });
    const update = (name: string) => post('things/update', new URLSearchParams({ name }));
    expect(await answerOf(await update('fine'))).toEqual([200, { records: [] }]);
    expect(await answerOf(await update('sold'))).toEqual([422, { code: 'sold_out', message: 'come back tomorrow' }]);
    const issues = [{ path: [0, 'name'], message: 'taken' }];
    expect(await answerOf(await update('taken'))).toEqual([409, { code: 'conflict', message: 'taken', issues }]);
    const crash = await answerOf(await update('crash'));
    expect(crash).toEqual([500, { code: 'internal', message: 'the server failed; its log says why' }]);
    expect(JSON.stringify(log.map((entry) => ('error' in entry ? String(entry.error) : '')))).toContain('secret');
    const later = await update('later');
    expect([later.headers.get('retry-after'), await answerOf(later)]).toMatchObject([
      '2',
      [503, { code: 'retry_later' }],
    ]);
    expect(await answerOf(await post('things/delete', '1', json))).toMatchObject([403, { code: 'denied' }]);
    const wrong = await answerOf(await post('things/create', JSON.stringify({ ...answered, age: 256, at: 'x' }), json));
    expect(wrong).toMatchObject([422, { code: 'invalid', issues: [{ path: [0, 'age'] }, { path: [0, 'at'] }] }]);
    expect(await answerOf(await post('things/create', '{', json))).toMatchObject([400, { code: 'bad_json' }]);
    expect(await answerOf(await post('things/nothing', '{}', json))).toMatchObject([404, { code: 'unsupported' }]);
    expect(await answerOf(await post('__proto__/create', '{}', json))).toMatchObject([404, { code: 'unsupported' }]);
    expect(await answerOf(await post('things', '{}', json))).toMatchObject([404, { code: 'not_found' }]);
    expect((await post('things/update', 'x', { 'Content-Type': 'text/plain' })).status).toBe(415);
    const gzip = { ...json, 'Content-Encoding': 'gzip' };
    expect(await answerOf(await post('things/update', 'x', gzip))).toMatchObject([415, { code: 'unsupported_media' }]);
    const identity = { ...json, 'Content-Encoding': 'identity' };
    expect((await post('things/update', '{"name":"a"}', identity)).status).toBe(200);
    const open = { 'Content-Type': 'multipart/form-data; boundary=x' };
    expect(await answerOf(await post('things/update', '--x\r\n', open))).toMatchObject([400, { code: 'bad_form' }]);
    const unbound = { 'Content-Type': 'multipart/form-data' };
    expect(await answerOf(await post('things/update', '--x', unbound))).toMatchObject([400, { code: 'bad_form' }]);
  });

  it("is nobody else's: from pages of the same origin or with a bearer token", async () => {
    const { url } = await serveForms();
    const post = (headers: Record<string, string>) =>
      // By hand: fetch has a mind of its own about these headers.
      new Promise<number>((resolve, reject) => {
        const sent = request(
          `${url}/things/update`,
          { method: 'POST', headers: { ...json, ...headers } },
          (response) => {
            response.resume();
            resolve(response.statusCode ?? 0);
          },
        );
        sent.on('error', reject).end('{"name":"x"}');
      });
    const { origin } = new URL(url);
    expect(await post({})).toBe(403);
    expect(await post({ Authorization: 'Basic eDp5' })).toBe(403);
    expect(await post({ Origin: 'https://evil.example' })).toBe(403);
    expect(await post({ Origin: 'null' })).toBe(403);
    expect(await post({ 'Sec-Fetch-Site': 'cross-site', Authorization: 'Bearer x' })).toBe(403);
    expect(await post({ 'Sec-Fetch-Site': 'same-site' })).toBe(403);
    expect(await post({ Origin: origin })).toBe(200);
    expect(await post({ 'Sec-Fetch-Site': 'same-origin' })).toBe(200);
    expect(await post({ Authorization: 'Bearer x' })).toBe(200);
  });

  it('has no more parts, files, bytes and letters than are allowed', async () => {
    const limits = { maxParts: 6, maxFiles: 2, maxFileBytes: 1000, maxFieldBytes: 100 };
    const directory = await temporaryFolder();
    const { post } = await serveForms({ forms: { ...limits, directory }, maxBatchBytes: 5000 });
    const form = ({ fields = 1, files = 0, bytes = 1, letters = 1 }) => {
      const data = new FormData();
      data.append('title', 'x'.repeat(letters));
      for (let i = 1; i < fields; i++) data.append(`other${i}`, '');
      for (let i = 0; i < files; i++) data.append('pages', new File([new Uint8Array(bytes)], 'a'));
      return post('documents/create', data);
    };
    const code = async (facts: Parameters<typeof form>[0]) => {
      const [status, { code }] = await answerOf(await form(facts));
      return status === 200 ? 200 : `${status} ${code}`;
    };
    for (const [facts, over, expected] of [
      [{ fields: 5 }, 'fields', '413 too_many_parts'],
      [{ files: 1 }, 'files', '413 too_many_parts'],
      [{ files: 1, bytes: 999 }, 'bytes', '413 too_large'],
      [{ letters: 99 }, 'letters', '413 too_large'],
    ] as const) {
      const at = (more: number) => ({ ...facts, [over]: ((facts as Record<string, number>)[over] as number) + more });
      expect([await code(at(0)), await code(at(1)), await code(at(2))], over).toEqual([200, 200, expected]);
    }
    const urlencoded = new URLSearchParams(Array.from({ length: 7 }, (_, i) => [`x${i}`, '']));
    expect(await answerOf(await post('documents/create', urlencoded))).toMatchObject([413, { code: 'too_many_parts' }]);
    const text = JSON.stringify({ title: 'x'.repeat(5000), pages: [] });
    expect(await answerOf(await post('documents/create', text, json))).toMatchObject([413, { code: 'too_large' }]);
    await expect.poll(() => readdir(directory)).toEqual([]);
  });

  it.each([-1, 0, 1])('has texts of maxBatchBytes together, tried at %d', async (more) => {
    const { post } = await serveForms({ maxBatchBytes: 1000 });
    const texts = { name: 'a'.repeat(200), x: 'b'.repeat(300), y: 'c'.repeat(494 + more) };
    for (const body of [new URLSearchParams(texts), formOf(texts)]) {
      expect((await post('things/update', body)).status).toBe(more > 0 ? 413 : 200);
    }
  });

  it.each([
    ['multipart/form-data; boundary=b', 'x'],
    ['application/x-www-form-urlencoded', '&'],
  ])('is cut where it has no end, and nothing in it (%s)', async (type, nothing) => {
    const { post } = await serveForms({ maxBatchBytes: 1000, forms: { maxParts: 1, maxFiles: 1, maxFileBytes: 1000 } });
    let pieces = 0;
    const body = new ReadableStream({
      pull(controller) {
        if (++pieces === 1000) controller.close();
        else controller.enqueue(Buffer.from(nothing.repeat(100_000)));
      },
    });
    const answer = await answerOf(await post('things/update', body, { 'Content-Type': type }));
    expect(answer).toMatchObject([413, { code: 'too_large' }]);
    expect(pieces).toBeLessThan(1000);
  });

  it('is refused where it comes too slowly, and a file with a name that is a path', async () => {
    const { post } = await serveForms({ slowBodyMs: 50 });
    const boundary = 'x';
    const slow = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode(`--${boundary}\r\n`)),
    });
    const type = { 'Content-Type': `multipart/form-data; boundary=${boundary}` };
    expect(await answerOf(await post('things/update', slow, type))).toMatchObject([408, { code: 'too_slow' }]);
    const inline = (name: string) => JSON.stringify({ title: '', pages: [{ name, content: 'AQID' }] });
    expect(await answerOf(await post('documents/create', inline('../a'), json))).toMatchObject([
      422,
      { code: 'invalid', issues: [{ path: [0, 'pages', 0, 'name'] }] },
    ]);
  });

  it('has effects and pushes as a packet has', async () => {
    const folder = await temporaryFolder();
    const file = join(folder, 'app.db');
    const journal = sqliteJournal(file, { driver: Libsql, thread: false });
    const { post, server } = await serveForms({ journal });
    await server.start();
    const db = new Libsql(file);
    db.exec('CREATE TABLE names (name TEXT PRIMARY KEY)');
    const update = () => post('things/update', new URLSearchParams({ name: 'effect' }));
    expect((await update()).status).toBe(200);
    expect(await answerOf(await update())).toMatchObject([409, { code: 'conflict' }]);
    expect(db.prepare('SELECT name FROM names').all()).toEqual([{ name: 'effect' }]);
    db.close();
    expect((await journal.end('user:ana')).offset).toBe(1);
  });

  it('may end while the server closes, and is told to when that takes long', async () => {
    const { post, server, log } = await serveForms({ graceMs: 50 });
    const answer = post('things/update', new URLSearchParams({ name: 'slow' }));
    await expect.poll(() => log.some(({ event }) => event === 'handler_started')).toBe(true);
    await server.close();
    expect(await answerOf(await answer)).toMatchObject([503, { code: 'draining' }]);
    expect((await post('things/update', new URLSearchParams({ name: 'fine' }))).status).toBe(503);
  });
});
