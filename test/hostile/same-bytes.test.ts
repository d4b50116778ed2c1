import { describe, expect, it } from 'vitest';
import { encodeCursor, nameHash } from '../../src/lib/server/cursor.ts';
import { nowhere } from '../../src/lib/server/journal.ts';
import { memoryJournal } from '../../src/lib/server/journals/memory.ts';
import { note } from '../server/app.ts';
import { wait } from '../server/creating.ts';
import { type ReadEvent, said } from '../server/event-reader.ts';
import { creates, fourResultsAndAPush, serve } from '../server/harness.ts';
import { ManualClock } from '../server/manual-clock.ts';
import { newId, serveLibrary } from '../uploads/harness.ts';
import { RawSocket } from './raw-socket.ts';

const hers = '00000000000000a1';
const nobodys = '00000000000000b7';

/** All bytes of an answer to luis but the date, which is everybody's. */
async function bytesFor(
  url: string,
  line: string,
  headers: Readonly<Record<string, string>> = {},
  body: Uint8Array = new Uint8Array(),
): Promise<string> {
  const socket = new RawSocket(url);
  const { pathname } = new URL(url);
  const [method, path] = line.split(' ');
  socket.head(`${method} ${pathname}${path}`, {
    'x-user': 'luis',
    Connection: 'close',
    'Content-Length': String(body.length),
    ...headers,
  });
  socket.send(body);
  return (await socket.end()).replace(/^Date: .*\r\n/im, '');
}

describe("What is another user's is answered with the bytes of what does not exist", () => {
  it('an outbox: to new packets, to questions about old ones, to acknowledgements', async () => {
    const server = await serve();
    const ana = server.sender('ana', hers);
    await ana.post([creates(1, note('a')), creates(2, note('b'))], wait);
    const place = `${ana.place.epoch}.${ana.place.seq}.${ana.place.tag}`;
    const elsewhere = `${nowhere.epoch}.${nowhere.seq}.${nowhere.tag}`;
    const ask = (outbox: string, seqs: readonly number[], headers: Readonly<Record<string, string>>) => {
      const frame = server.sender('luis', outbox).frame(
        seqs.map((seq) => creates(seq, note('x'))),
        { first: seqs[0] ?? 3, oldest: seqs[0] ?? 3 },
      );
      const own = { 'Content-Type': 'application/crudp', 'CRUDP-User': 'luis', 'CRUDP-Contract': '3', ...headers };
      return bytesFor(server.url, 'POST /sync', own, frame);
    };
    for (const [seqs, headers] of [
      [[3], { 'CRUDP-After': place, 'CRUDP-Tag': '000000000000000c' }],
      [[1, 2], { 'CRUDP-After': place, 'CRUDP-Tag': ana.place.tag }],
      [[], { 'CRUDP-After': place }],
      [[], { 'CRUDP-After': elsewhere }],
      // The last: it makes the outbox his.
      [[3], { 'CRUDP-After': elsewhere, 'CRUDP-Tag': '000000000000000c' }],
    ] as const) {
      const answer = await ask(hers, seqs, headers);
      expect(answer).toMatch(/^HTTP\/1\.1 (202|409) /);
      expect(answer).toBe(await ask(nobodys, seqs, headers));
    }
  });

  it('a cursor, and the outbox of a stream', async () => {
    const journal = memoryJournal();
    const server = await serve({ journal, pollMs: 1 });
    await fourResultsAndAPush(server);
    const reader = await server.events(`outbox=${hers}&after=x`);
    await reader.next();
    const cursor = (await reader.take(5)).at(-1)?.id as string;
    const names = ['all', 'role:writer'];
    const shared = await Promise.all(
      names.map(async (name) => ({ hash: nameHash(name), position: await journal.end(name) })),
    );
    const position = await journal.end('user:ana');
    expect(encodeCursor(journal.epoch, [{ hash: nameHash('user:ana'), position }, ...shared])).toBe(cursor);

    const poll = (outbox: string, after?: string) =>
      bytesFor(server.url, `GET /events?outbox=${outbox}`, {
        Accept: 'application/json',
        ...(after !== undefined && { 'Last-Event-ID': after }),
      });
    const anothers = { hash: nameHash('user:zoe'), position: { ...position, mark: '00000000' } };
    const forged = encodeCursor(journal.epoch, [anothers, ...shared]);
    expect(await poll(hers)).toBe(await poll(nobodys));
    expect(await poll(nobodys, cursor)).toBe(await poll(nobodys, forged));
    expect(await poll(hers, cursor)).toMatch(/^HTTP\/1\.1 200 [\s\S]*"event":"hello"/);
  });

  it('a ReqID', async () => {
    const server = await serve();
    await server.sender('ana', hers).post([creates(1, note('a', 'crash'))], wait);
    expect(await server.server.packets.list({ user: 'ana' })).toHaveLength(1);
    const { packets } = server.server;
    for (const act of [packets.runAgain, packets.discard]) {
      const outcomes = [];
      for (const outbox of [hers, nobodys]) {
        const key = { user: 'luis', reqId: `${outbox}.1` as const };
        outcomes.push(await act(key).catch((error: Error) => error.message.replaceAll(outbox, '…')));
      }
      expect(outcomes[0]).toEqual(outcomes[1]);
    }
    expect(await server.server.packets.list({ user: 'ana' })).toHaveLength(1);
  });

  it('an upload', async () => {
    const { as, url } = await serveLibrary();
    const [made, none] = [newId(), newId()];
    await as('ana').create(made, 10);
    await as('ana').patch(made, 0, 'abcde');
    const ask = async (line: string, id: string, headers: Readonly<Record<string, string>>, body = '') => {
      const own = { 'Tus-Resumable': '1.0.0', ...headers };
      const answer = await bytesFor(url, `${line} /uploads/${id}`.trim(), own, new TextEncoder().encode(body));
      return answer.replaceAll(id, '…');
    };
    const patch = { 'Content-Type': 'application/offset+octet-stream', 'Upload-Offset': '5' };
    for (const [line, headers, body] of [
      ['HEAD', {}, ''],
      ['PATCH', patch, 'fghij'],
      ['DELETE', {}, ''],
    ] as const) {
      expect(await ask(line, made, headers, body)).toBe(await ask(line, none, headers, body));
    }
    expect(await as('ana').offset(made)).toBe(5);
  });
});

describe('Credentials that expire', () => {
  it('end a stream and a poll that are open, in that millisecond', async () => {
    const clock = new ManualClock();
    const authenticate = () => ({ user: 'ana', roles: [], expiresAt: clock.now() + 60_000 });
    const server = await serve({ clock, authenticate, heartbeatMs: 1e12, stuckMs: 1e12, pollMs: 1e12 });
    const stream = await server.events(`outbox=${hers}`);
    const cursor = (await stream.next())?.id as string;
    const poll = fetch(`${server.url}/events?outbox=${hers}`, {
      headers: { Accept: 'application/json', 'Last-Event-ID': cursor },
    });
    while (server.log.filter(({ event }) => event === 'stream_opened').length < 2) await turn();
    clock.advance(59_999);
    expect(server.log.filter(({ event }) => event === 'stream_closed')).toEqual([]);
    clock.advance(1);
    expect(said((await stream.next()) as ReadEvent)).toEqual({ reason: 'auth' });
    expect(await stream.next()).toBeNull();
    const events = (await (await poll).json()) as ReadEvent[];
    expect(events.map(({ event }) => event)).toEqual(['hello', 'bye']);
    expect(said(events[1] as ReadEvent)).toEqual({ reason: 'auth' });
    // Who comes again with them is told so.
    const over = await serve({ clock, authenticate: () => ({ user: 'ana', expiresAt: clock.now() }) });
    expect((await over.events(`outbox=${hers}`)).response.status).toBe(401);
  });
});

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
