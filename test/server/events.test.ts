import { EventSource } from 'eventsource';
import { describe, expect, it, onTestFinished } from 'vitest';
import { memoryJournal } from '../../src/lib/server/journals/memory.ts';
import { note, route } from './app.ts';
import { type ReadEvent, said, shown } from './event-reader.ts';
import { creates, fourResultsAndAPush, serve } from './harness.ts';
import { ManualClock } from './manual-clock.ts';

const a1 = 'outbox=00000000000000a1';
const a2 = 'outbox=00000000000000a2';

describe('GET /events', () => {
  it('says hello first, with the headers that keep proxies out of the way', async () => {
    const { events } = await serve({ heartbeatMs: 1234 });
    const stream = await events(a1);
    expect(stream.response.status).toBe(200);
    expect(Object.fromEntries(stream.response.headers)).toMatchObject({
      'content-type': expect.stringMatching(/^text\/event-stream/),
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
      crudp: '1',
    });
    const hello = await stream.next();
    expect(hello).toMatchObject({ event: 'hello', id: expect.stringMatching(/^[\w-]{1,256}$/) });
    expect(JSON.parse(hello?.data ?? '')).toEqual({
      epoch: expect.stringMatching(/^[0-9a-f]{16}$/),
      user: 'ana',
      contract: 3,
      recovered: true,
      heartbeatMs: 1234,
    });
  });

  it('brings each result once, in order, as it comes', async () => {
    const server = await serve();
    const stream = await server.events(a1);
    await stream.next();
    await fourResultsAndAPush(server);
    const events = (await stream.take(5)).map(shown);
    expect(events.filter((text) => !text.startsWith('push'))).toEqual(['a1.1 0', 'a1.2 0', 'a1.3 0', 'a1.4 0']);
    expect(events.filter((text) => text.startsWith('push'))).toEqual(['push to all']);
  });

  it('resumes after every event, by header or by address, with exactly the rest', async () => {
    const server = await serve();
    const stream = await server.events(a1);
    const hello = (await stream.next()) as ReadEvent;
    await fourResultsAndAPush(server);
    const events = [hello, ...(await stream.take(5))];
    for (const [index, { id }] of events.entries()) {
      expect(id).toBeDefined();
      for (const again of [
        await server.events(a1, { 'Last-Event-ID': id ?? '' }),
        await server.events(`${a1}&after=${id}`),
        await server.events(`${a1}&after=${hello.id}`, { 'Last-Event-ID': id ?? '' }),
      ]) {
        expect(said((await again.next()) as ReadEvent)).toMatchObject({ recovered: true });
        const rest = events.slice(index + 1).map(shown);
        expect((await again.take(rest.length)).map(shown).sort()).toEqual(rest.sort());
        again.close();
      }
      await server.logged(
        'stream_closed',
        () => server.log.filter((e) => e.event === 'stream_closed').length > index * 3 + 2,
      );
    }
  });

  it('begins at the end without a cursor', async () => {
    const server = await serve();
    await fourResultsAndAPush(server);
    const stream = await server.events(a1);
    expect(said((await stream.next()) as ReadEvent)).toMatchObject({ recovered: true });
    await server.server.push({ user: 'ana' }, 'notes.create', [note('later')]);
    expect((await stream.take(1)).map(shown)).toEqual(['push later']);
  });

  it('brings results of reads to the asking outbox only, and not again', async () => {
    const server = await serve();
    const [asking, other] = [await server.events(a1), await server.events(a2)];
    const hello = (await asking.next()) as ReadEvent;
    await other.next();
    const read = { seq: 1, route: route.read, records: [{ text: 'x' }] };
    await server.sender().post([read, creates(2, note('b'))], { headers: { Prefer: 'wait=20' } });
    const mine = await asking.take(2);
    expect(mine.map(shown).sort()).toEqual(['a1.1 0', 'a1.2 0']);
    expect(mine.find((event) => shown(event) === 'a1.1 0')?.id).toBeUndefined();
    expect((await other.take(1)).map(shown)).toEqual(['a1.2 0']);
    const again = await server.events(a1, { 'Last-Event-ID': hello.id ?? '' });
    expect((await again.take(2)).slice(1).map(shown)).toEqual(['a1.2 0']);
  });

  it('tells a user, a role and all, and nobody else', async () => {
    const server = await serve();
    const streams = await Promise.all([
      server.events(a1, { 'x-user': 'ana', 'x-roles': 'sales' }),
      server.events(a1, { 'x-user': 'luis', 'x-roles': 'writer,sales' }),
      server.events(a1, { 'x-user': 'eva' }),
    ]);
    for (const stream of streams) await stream.next();
    const { server: app } = server;
    await app.push({ user: 'ana' }, 'notes.create', [note('to ana')]);
    await app.push({ users: ['eva', 'luis', 'eva'] }, 'notes.create', [note('to two')]);
    await app.push({ role: 'sales' }, 'notes.create', [note('to sales')]);
    await app.push('all', 'notes.create', [note('to all')]);
    const heard = await Promise.all(
      [3, 3, 2].map(async (count, i) => (await streams[i]?.take(count))?.map(shown).sort()),
    );
    expect(heard).toEqual([
      ['push to all', 'push to ana', 'push to sales'],
      ['push to all', 'push to sales', 'push to two'],
      ['push to all', 'push to two'],
    ]);
  });

  it('commits a push with its packet, and none of a packet that failed', async () => {
    const server = await serve();
    const luis = await server.events(a2, { 'x-user': 'luis' });
    await luis.next();
    await server
      .sender()
      .post([creates(1, note('luis', 'push'), note('x', 'crash')), creates(2, note('luis', 'push'))]);
    expect((await luis.take(1)).map(shown)).toEqual(['push pushed']);
    await server.server.push({ user: 'luis' }, 'notes.create', [note('end')]);
    expect((await luis.take(1)).map(shown)).toEqual(['push end']);
  });

  it('is not recovered by a cursor that is not its own, begins at the oldest, and says nothing else', async () => {
    const server = await serve();
    await fourResultsAndAPush(server);
    const luis = (await (await server.events(a2, { 'x-user': 'luis', 'x-roles': 'sales' })).next()) as ReadEvent;
    const restored = await serve({ journal: memoryJournal() });
    const elsewhere = (await (await restored.events(a1)).next()) as ReadEvent;
    const cursors = ['x', '%00', 'A'.repeat(256), 'A'.repeat(257), '-1', luis.id ?? '', elsewhere.id ?? ''];
    for (const cursor of cursors) {
      const stream = await server.events(`${a1}&after=${encodeURIComponent(cursor)}`);
      const hello = (await stream.next()) as ReadEvent;
      if (cursor === luis.id) {
        // His place in the common log is a place; ana's own log is one that his cursor never knew.
        expect(said(hello)).toMatchObject({ recovered: true, user: 'ana' });
      } else {
        expect(said(hello)).toMatchObject({ recovered: false, user: 'ana' });
        expect((await stream.take(5)).map(shown).sort()).toEqual([
          'a1.1 0',
          'a1.2 0',
          'a1.3 0',
          'a1.4 0',
          'push to all',
        ]);
      }
      stream.close();
      const closed = cursors.indexOf(cursor) + 2;
      await server.logged(
        'stream_closed',
        () => server.log.filter((e) => e.event === 'stream_closed').length >= closed - 1,
      );
    }
  });

  it('is not recovered when what it missed was trimmed, and resumes from there', async () => {
    const clock = new ManualClock();
    const journal = memoryJournal({ clock });
    const server = await serve({ journal, clock });
    const first = (await (await server.events(a1)).next()) as ReadEvent;
    await fourResultsAndAPush(server);
    clock.advance(1000);
    await journal.trim({ results: clock.now(), logs: clock.now() });
    const stream = await server.events(a1, { 'Last-Event-ID': first.id ?? '' });
    const hello = (await stream.next()) as ReadEvent;
    expect(said(hello)).toMatchObject({ recovered: false });
    await server.server.push('all', 'notes.create', [note('new')]);
    expect((await stream.take(1)).map(shown)).toEqual(['push new']);
    const again = await server.events(a1, { 'Last-Event-ID': hello.id ?? '' });
    expect((await again.take(2)).map((event) => event.event)).toEqual(['hello', 'push']);
  });

  it('wants an outbox, and someone signed in', async () => {
    const { url } = await serve();
    const get = (query: string, headers = {}) => fetch(`${url}/events${query}`, { headers });
    for (const query of ['', '?outbox=', '?outbox=A1', `?outbox=${'0'.repeat(17)}`]) {
      const answer = await get(query, { 'x-user': 'ana' });
      expect([answer.status, await answer.json()]).toEqual([400, expect.objectContaining({ code: 'bad_outbox' })]);
    }
    expect((await get(`?${a1}`)).status).toBe(401);
  });

  it('opens six streams for a user, and the seventh when one has gone', async () => {
    const server = await serve();
    const streams = await Promise.all(Array.from({ length: 6 }, () => server.events(a1)));
    const refused = await server.events(a1);
    expect([refused.response.status, refused.response.headers.get('retry-after')]).toEqual([429, '5']);
    expect((await server.events(a1, { 'x-user': 'luis' })).response.status).toBe(200);
    streams[3]?.close();
    await server.logged('stream_closed');
    expect((await server.events(a1)).response.status).toBe(200);
  });

  it('lets a stream that resumes replace the oldest of its outbox, of which nobody knows whether it lives', async () => {
    const server = await serve({ maxStreamsPerUser: 2 });
    const [oldest, other] = [await server.events(a1), await server.events(a2)];
    const { id } = (await oldest.next()) as ReadEvent;
    const resumed = await server.events(a1, { 'Last-Event-ID': id ?? '' });
    expect(resumed.response.status).toBe(200);
    expect(said((await oldest.next()) as ReadEvent)).toEqual({ reason: 'slow' });
    expect((await server.events('outbox=00000000000000a3', { 'Last-Event-ID': id ?? '' })).response.status).toBe(429);
    await server.server.push('all', 'notes.create', [note('x')]);
    for (const stream of [resumed, other]) expect((await stream.take(2)).at(-1)).toMatchObject({ event: 'push' });
  });

  it('is read by an independent client that reconnects by itself', async () => {
    const server = await serve();
    const heard: string[] = [];
    const waiting = new Set<() => void>();
    const source = new EventSource(`${server.url}/events?${a1}`, {
      fetch: (url, init) => fetch(url, { ...init, headers: { ...init?.headers, 'x-user': 'ana' } }),
    });
    onTestFinished(() => source.close());
    const hear = ({ type, data }: { type: string; data: string }) => {
      heard.push(type === 'hello' ? `hello ${JSON.parse(data).recovered}` : shown({ event: type, id: '', data }));
      for (const wake of waiting) wake();
    };
    for (const type of ['hello', 'results', 'push']) source.addEventListener(type, hear);
    const until = (count: number) =>
      new Promise<void>((resolve) => {
        waiting.add(() => heard.length >= count && resolve());
        if (heard.length >= count) resolve();
      });
    await until(1);
    await server.sender().post([creates(1, note('a'))]);
    await until(2);
    server.http.closeAllConnections();
    await server.logged('stream_closed');
    await server.server.push({ user: 'ana' }, 'notes.create', [note('missed')]);
    await until(4);
    expect(heard).toEqual(['hello true', 'a1.1 0', 'hello true', 'push missed']);
  }, 15_000);
});
