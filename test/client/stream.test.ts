import { describe, expect, it } from 'vitest';
import type { PollAnswer } from '../../src/lib/client/transport.ts';
import { codec, FakeServer, noNetwork, refusal } from './fake-server.ts';
import { app, bench, connected, Note, note, route, settle, stored } from './harness.ts';
import { JumpingClock } from './jumping-clock.ts';

describe('Stream', () => {
  it('begins at the end, then resumes behind what is stored', async () => {
    const { server, clock, events, page, client } = bench();
    const first = await server.opened(0);
    expect(first.cursor).toBeNull();
    expect(first.outbox).toMatch(/^[0-9a-f]{16}$/);
    const push = server.pushEvent({ route: route.create, records: [stored('1')] });
    first.send(push);
    await settle();
    expect(events).toMatchObject([{ kind: 'push', handler: 'notes', action: 'create', result: [stored('1')] }]);
    first.break();
    await settle();
    clock.advance(1000);
    expect((await server.opened(1)).cursor).toBe(push.id);
    await client.close();
    page();
    // Behind the second stream's hello.
    expect((await server.opened(2)).cursor).toBe('cursor-3');
  });

  it('resumes behind hello if nothing else has come', async () => {
    const { server, clock } = bench();
    const first = await server.opened(0);
    await settle();
    first.end();
    await settle();
    clock.advance(1000);
    expect((await server.opened(1)).cursor).toBe('cursor-1');
  });

  it('keeps nobody waiting: results of what was sent before it are asked for', async () => {
    const server = new FakeServer(app);
    server.greets = false;
    const { client } = bench({ server });
    const operation = client.notes.create(note('1'));
    await operation.accepted;
    const stream = await server.opened(0);
    const { outbox } = (await server.post(0)).batch;
    server.results.set(`${outbox}.1`, { seq: 1, route: route.create, status: 0, message: '', records: [stored('1')] });
    stream.send(server.helloEvent());
    expect(await operation.result).toEqual([stored('1')]);
    expect(server.posts.map(({ seqs, tag }) => [seqs, tag !== ''])).toEqual([
      [[1], true],
      [[1], true],
    ]);
  });

  it('that opens again means that the network is back: what waits is sent at once', async () => {
    const { client, server, clock } = await connected({ random: (count) => new Uint8Array(count).fill(255) });
    server.script.push(noNetwork, noNetwork, noNetwork, noNetwork);
    const operation = client.notes.create(note('1'));
    for (const waitMs of [0, 1000, 2000, 4000]) {
      clock.advance(waitMs);
      await settle();
    }
    expect(server.posts).toHaveLength(4);
    server.current.break();
    await settle();
    // The next try of its own accord is 8 s away.
    clock.advance(1000);
    await operation.accepted;
    expect(server.streams).toHaveLength(2);
  });

  it('that opens again does not shorten the pause that the server has asked for', async () => {
    const { client, server, clock } = await connected();
    server.script.push(refusal(503, 'busy', { retryAfterMs: 60_000 }));
    client.notes.create(note('1'));
    await server.post(0);
    await settle();
    server.current.end();
    await settle();
    clock.advance(1000);
    await server.opened(1);
    await settle();
    expect(server.posts).toHaveLength(1);
    client.retry();
    await server.post(1);
  });

  it('that falls silent for two and a half heartbeats is given up', async () => {
    const server = new FakeServer(app);
    server.hello = { heartbeatMs: 4000 };
    const { clock } = bench({ server });
    const first = await server.opened(0);
    await settle();
    clock.advance(9999);
    expect(first.signal.aborted).toBe(false);
    first.alive();
    clock.advance(9999);
    expect(first.signal.aborted).toBe(false);
    clock.advance(1);
    expect(first.signal.aborted).toBe(true);
    await settle();
    clock.advance(1000);
    await server.opened(1);
  });

  it('that brings no hello in 10 s gives way to long polls', async () => {
    const server = new FakeServer(app);
    server.greets = false;
    const { client, clock, events } = bench({ server });
    await server.opened(0);
    let answers = 0;
    server.poll = async (request, signal) => {
      server.polls.push(request);
      if (++answers > 2)
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('end'))));
      const list = [server.helloEvent()];
      if (answers === 2) list.push(server.pushEvent({ route: route.create, records: [stored('polled')] }));
      return { isServer: true, status: 200, events: list };
    };
    clock.advance(10_000);
    await settle();
    clock.advance(1000);
    await settle();
    expect(client.status.getSnapshot().stream).toBe('polling');
    expect(server.polls.map(({ cursor }) => cursor)).toEqual([null, 'cursor-1', 'cursor-3']);
    expect(events).toMatchObject([{ kind: 'push', result: [stored('polled')] }]);
    expect(server.streams).toHaveLength(1);
  });

  it('that somebody has just asked to replace says nothing of what comes through', async () => {
    const server = new FakeServer(app);
    server.greets = false;
    const { client, clock } = bench({ server });
    await server.opened(0);
    client.retry();
    clock.advance(10_000);
    await server.opened(1);
    expect(server.streams).toHaveLength(2);
    expect(client.status.getSnapshot().stream).toBe('connecting');
  });

  it('is tried again after ten minutes of polls, however the clock jumps', async () => {
    const server = new FakeServer(app);
    server.greets = false;
    const clock = new JumpingClock();
    bench({ server, clock });
    await server.opened(0);
    let open: (answer: PollAnswer) => void = () => {};
    server.poll = () =>
      new Promise((resolve) => {
        open = resolve;
      });
    clock.advance(10_000);
    await settle();
    clock.advance(1000);
    await settle();
    clock.jump(-31_536_000_000);
    clock.advance(589_000);
    open({ isServer: true, status: 200, events: [server.helloEvent()] });
    await settle();
    expect(server.streams).toHaveLength(1);
    clock.advance(10_000);
    open({ isServer: true, status: 200, events: [server.helloEvent()] });
    await settle();
    clock.advance(60_000);
    await settle();
    expect(server.streams).toHaveLength(2);
  });

  it('that was asked for before somebody signed in says nothing of who that is', async () => {
    const server = new FakeServer(app);
    server.greets = false;
    const { client } = bench({ server });
    const first = await server.opened(0);
    client.authenticated();
    first.send(server.helloEvent({ user: 'luis' }));
    const second = await server.opened(1);
    second.send(server.helloEvent());
    await client.notes.create(note('1')).accepted;
    expect(client.status.getSnapshot()).toMatchObject({ stream: 'open' });
  });

  it('of another user is closed, and the queue is held', async () => {
    const server = new FakeServer(app);
    server.hello = { user: 'luis' };
    const { client, clock, events } = bench({ server });
    const first = await server.opened(0);
    first.send(server.pushEvent({ route: route.create, records: [stored('not ours')] }));
    await settle();
    expect(first.signal.aborted).toBe(true);
    expect(client.status.getSnapshot()).toMatchObject({ state: 'held', reason: 'wrong_user' });
    await client.notes.create(note('1')).saved;
    clock.advance(600_000);
    await settle();
    expect(server.posts).toEqual([]);
    expect(server.streams).toHaveLength(1);
    expect(events.map(({ kind }) => kind)).toEqual(['queued']);
  });

  it('that is refused for want of credentials waits for them', async () => {
    const server = new FakeServer(app);
    server.greets = false;
    const { client, clock } = bench({ server });
    (await server.opened(0)).end({ status: 401 });
    await settle();
    expect(client.status.getSnapshot()).toMatchObject({ state: 'needs-auth' });
    clock.advance(3_600_000);
    await settle();
    expect(server.streams).toHaveLength(1);
    server.greets = true;
    client.authenticated();
    await server.opened(1);
    await settle();
    expect(client.status.getSnapshot()).toMatchObject({ state: 'idle', stream: 'open' });
  });

  it('is opened again after bye', async () => {
    const { server, clock } = bench();
    const first = await server.opened(0);
    first.send({ event: 'bye', data: '{"reason":"drain"}' });
    first.end();
    await settle();
    clock.advance(1000);
    await server.opened(1);
  });

  it('waits as long as a busy server asks', async () => {
    const server = new FakeServer(app);
    server.greets = false;
    const { clock } = bench({ server });
    (await server.opened(0)).end({ status: 429, retryAfterMs: 30_000 });
    await settle();
    clock.advance(29_999);
    await settle();
    expect(server.streams).toHaveLength(1);
    clock.advance(1);
    await server.opened(1);
  });

  it('that the server has no room for is done without: results are asked for', async () => {
    const server = new FakeServer(app);
    server.greets = false;
    const { client, clock } = bench({ server });
    (await server.opened(0)).end({ status: 429, retryAfterMs: 600_000 });
    await settle();
    expect(client.status.getSnapshot().stream).toBe('refused');
    const operation = client.notes.create(note('1'));
    await operation.accepted;
    const outbox = server.posts[0]?.batch.outbox;
    server.results.set(`${outbox}.1`, { seq: 1, route: 4, status: 0, message: '', records: [stored('1')] });
    clock.advance(60_000);
    expect(await operation.result).toEqual([stored('1')]);
    expect(server.streams).toHaveLength(1);
  });

  it('that has a gap says so, and pending results are asked for', async () => {
    const { client, server, clock, gaps } = bench();
    const operation = client.notes.create(note('1'));
    await operation.accepted;
    await server.opened(0);
    await settle();
    expect(gaps).toEqual([]);
    const outbox = server.posts[0]?.batch.outbox;
    server.results.set(`${outbox}.1`, { seq: 1, route: 4, status: 0, message: '', records: [stored('1')] });
    server.hello = { recovered: false };
    server.current.break();
    await settle();
    clock.advance(1000);
    expect(await operation.result).toEqual([stored('1')]);
    expect(gaps).toEqual(['gap']);
  });

  it('changes with the outbox that asks', async () => {
    const { client, server } = bench();
    const first = await server.opened(0);
    await client.notes.create(note('1')).accepted;
    server.places.clear();
    await client.notes.create(note('2')).accepted;
    const second = await server.opened(1);
    expect(second.outbox).toBe(server.posts.at(-1)?.batch.outbox);
    expect(second.outbox).not.toBe(first.outbox);
    expect(first.signal.aborted).toBe(true);
  });

  it('is closed while the client is switched off, and with it', async () => {
    const { client, server } = bench();
    const first = await server.opened(0);
    client.setOnline(false);
    await settle();
    expect(first.signal.aborted).toBe(true);
    expect(client.status.getSnapshot()).toMatchObject({ state: 'offline', reason: 'switched_off', stream: 'closed' });
    client.setOnline(true);
    const second = await server.opened(1);
    await client.close();
    expect(second.signal.aborted).toBe(true);
    expect(client.status.getSnapshot()).toMatchObject({ state: 'closed', stream: 'closed' });
  });

  it('outlives a listener that throws', async () => {
    const { client, server, errors, events } = bench();
    const failure = new Error('of the application');
    client.notes.on('create', () => {
      throw failure;
    });
    await server.send(server.pushEvent({ route: route.create, records: [stored('1')] }));
    await server.send(server.pushEvent({ route: route.create, records: [stored('2')] }));
    await settle();
    expect(errors).toEqual([failure, failure]);
    expect(events).toHaveLength(2);
  });

  it('reports a push that nobody can read', async () => {
    const { server, errors } = bench();
    const stranger = { inputs: new Map(), outputs: new Map([[80, Note]]) };
    const frame = codec.encodePush(stranger, { packets: [{ route: 80, records: [stored('1')] }] });
    await server.send(server.event('push', btoa(String.fromCharCode(...frame))));
    await settle();
    expect(errors).toMatchObject([{ code: 'unreadable' }]);
  });
});
