import { describe, expect, it } from 'vitest';
import { type ReadEvent, said, shown } from './event-reader.ts';
import { fourResultsAndAPush, serve, type TestServer } from './harness.ts';
import { ManualClock } from './manual-clock.ts';

const a1 = 'outbox=00000000000000a1';

describe('The life of a stream', () => {
  it('beats while nothing happens', async () => {
    const clock = new ManualClock();
    const { events } = await serve({ clock });
    const stream = await events(a1);
    await stream.next();
    for (let count = 1; count <= 3; count++) {
      clock.advance(15_000);
      await stream.beats(count);
    }
  });

  it('ends when the credentials do', async () => {
    const clock = new ManualClock();
    const authenticate = () => ({ user: 'ana', roles: [], expiresAt: clock.now() + 60_000 });
    const { events, logged } = await serve({ clock, authenticate, heartbeatMs: 3_600_000, stuckMs: 3_600_000 });
    const stream = await events(a1);
    await stream.next();
    clock.advance(59_999);
    clock.advance(1);
    expect(said((await stream.next()) as ReadEvent)).toEqual({ reason: 'auth' });
    expect(await stream.next()).toBeNull();
    expect(await logged('stream_closed')).toMatchObject({ reason: 'auth' });
  });

  it('ends when the server closes', async () => {
    const { events, server } = await serve();
    const stream = await events(a1);
    await stream.next();
    await server.close();
    expect(said((await stream.next()) as ReadEvent)).toEqual({ reason: 'drain' });
    expect(await stream.next()).toBeNull();
    expect((await events(a1)).response.status).toBe(503);
  });
});

describe('The long poll', () => {
  const asJson = { Accept: 'application/json', 'x-user': 'ana' };

  async function poll(server: TestServer, query: string): Promise<ReadEvent[]> {
    const answer = await fetch(`${server.url}/events?${query}`, { headers: asJson });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8']);
    return (await answer.json()) as ReadEvent[];
  }

  it('gives a cursor at once to who has none', async () => {
    const server = await serve();
    const [hello, ...more] = await poll(server, a1);
    expect(said(hello as ReadEvent)).toMatchObject({ user: 'ana', recovered: true });
    expect(hello?.id).toMatch(/^[\w-]+$/);
    expect(more).toEqual([]);
  });

  it('answers what comes after the cursor, at once or when it comes', async () => {
    const server = await serve();
    const [hello] = await poll(server, a1);
    const waiting = poll(server, `${a1}&after=${hello?.id}`);
    await server.logged(
      'stream_opened',
      () => server.log.filter(({ event }) => event === 'stream_opened').length === 2,
    );
    await fourResultsAndAPush(server);
    const all = (await waiting).slice(1);
    expect(all.length).toBeGreaterThan(0);
    while (all.length < 5) all.push(...(await poll(server, `${a1}&after=${all.at(-1)?.id}`)).slice(1));
    expect(all.map(shown).sort()).toEqual(['a1.1 0', 'a1.2 0', 'a1.3 0', 'a1.4 0', 'push to all']);
  });

  it('answers without events after 25 s', async () => {
    const clock = new ManualClock();
    const server = await serve({ clock });
    const [hello] = await poll(server, a1);
    const waiting = poll(server, `${a1}&after=${hello?.id}`);
    await clock.armed(25_000);
    clock.advance(25_000);
    expect((await waiting).map(({ event, id }) => [event, id])).toEqual([['hello', hello?.id]]);
  });

  it('is not stuck while it waits, however long it may', async () => {
    const clock = new ManualClock();
    const server = await serve({ clock, pollMs: 100_000 });
    const [hello] = await poll(server, a1);
    const waiting = poll(server, `${a1}&after=${hello?.id}`);
    await clock.armed(100_000);
    clock.advance(100_000);
    expect((await waiting).map(({ event }) => event)).toEqual(['hello']);
  });
});
