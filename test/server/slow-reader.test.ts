import { connect, type Socket } from 'node:net';
import { createParser } from 'eventsource-parser';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { EventSink, StreamEvent } from '../../src/lib/server/core.ts';
import { lineOf } from '../../src/lib/server/event-data.ts';
import { memoryJournal } from '../../src/lib/server/journals/memory.ts';
import { note, route } from './app.ts';
import { pushedIn, resultsIn } from './event-reader.ts';
import { serve, type TestServer } from './harness.ts';
import { ManualClock } from './manual-clock.ts';

const outbox = '00000000000000a1';
const identity = { user: 'ana', roles: [] };

/** A sink that takes nothing until it is told to. */
class HeldSink implements EventSink {
  onDrain: () => void = () => {};
  takenBytes = 0;
  unsentBytes = 0;
  isClosed = false;
  beats = 0;
  readonly events: (StreamEvent & { readonly data: string })[] = [];
  private resolve: () => void = () => {};

  send(event: StreamEvent): void {
    const data = lineOf(event.data);
    this.events.push({ ...event, data });
    this.unsentBytes += data.length;
    this.resolve();
  }

  heartbeat(): void {
    this.beats++;
  }

  close(): void {
    this.isClosed = true;
    this.resolve();
  }

  take(bytes: number): void {
    this.unsentBytes -= bytes;
    this.takenBytes += bytes;
    if (this.unsentBytes === 0) this.onDrain();
  }

  async until(fits: () => boolean): Promise<void> {
    while (!fits()) {
      await new Promise<void>((resolve) => {
        this.resolve = resolve;
      });
    }
  }
}

const kilobytes = (count: number) => 'x'.repeat(count * 1024);

function pushTo(server: TestServer, id: string, text: string): Promise<void> {
  return server.server.push({ user: 'ana' }, 'notes.create', [note(id, text)]);
}

/** A connection that asks for the stream and reads only when told to. */
async function slowSocket({ url }: TestServer): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.pause();
  socket.write(`GET /api/events?outbox=${outbox} HTTP/1.0\r\nHost: x\r\nx-user: ana\r\n\r\n`);
  return socket;
}

describe('A slow reader', () => {
  it('is fed no more than the limit, and gets everything in order once it reads on', async () => {
    const server = await serve();
    const served: Socket[] = [];
    server.http.on('connection', (socket) => served.push(socket));
    const socket = await slowSocket(server);
    await server.logged('stream_opened');
    const count = 60;
    let most = 0;
    for (let index = 0; index < count; index++) {
      await pushTo(server, `n${index}`, kilobytes(150));
      most = Math.max(most, ...served.map(({ writableLength }) => writableLength));
    }
    const ids: string[] = [];
    const text = new TextDecoder();
    await new Promise<void>((resolve, reject) => {
      const parser = createParser({
        onEvent: ({ event = '', data }) => {
          if (event === 'push') ids.push(...pushedIn({ event, id: '', data }));
          if (ids.length === count) resolve();
        },
      });
      let isBody = false;
      socket.on('data', (bytes) => {
        most = Math.max(most, ...served.map(({ writableLength }) => writableLength));
        const chunk = text.decode(bytes, { stream: true });
        if (isBody) parser.feed(chunk);
        else parser.feed(chunk.slice(chunk.indexOf('\r\n\r\n') + 4));
        isBody = true;
      });
      socket.on('close', () => reject(new Error(`closed after ${ids.length}`)));
      socket.resume();
    });
    expect(ids).toEqual(Array.from({ length: count }, (_, index) => `n${index}`));
    // 150 KiB are about 200 KiB in base64: one event at a time is under the limit of 256 KiB.
    expect(most).toBeLessThanOrEqual(262_144);
  }, 20_000);

  it('is fed again only when nothing is unsent, a single large event also then', async () => {
    const server = await serve({ maxUnsentBytes: 2000 });
    const sink = new HeldSink();
    await server.server.core.subscribe({ identity, outbox, cursor: null }, sink);
    sink.take(sink.unsentBytes);
    for (const id of ['a', 'b', 'c']) await pushTo(server, id, kilobytes(0.5));
    await pushTo(server, 'large', kilobytes(10));
    await pushTo(server, 'd', '');
    const rounds: string[][] = [];
    for (let seen = 1; rounds.flat().length < 5; seen = sink.events.length) {
      await sink.until(() => sink.events.length > seen);
      rounds.push(sink.events.slice(seen).flatMap((event) => pushedIn({ id: '', ...event })));
      sink.take(sink.unsentBytes);
    }
    expect(rounds.flat()).toEqual(['a', 'b', 'c', 'large', 'd']);
    expect(rounds.some((ids) => ids.includes('large') && ids.length > 1)).toBe(false);
  });

  it('gets results of reads that found no room, once there is room', async () => {
    const server = await serve({ maxUnsentBytes: 2000 });
    const sink = new HeldSink();
    await server.server.core.subscribe({ identity, outbox, cursor: null }, sink);
    await pushTo(server, 'blocks', kilobytes(1.2));
    const reads = [1, 2, 3].map((seq) => ({ seq, route: route.read, records: [{ text: kilobytes(0.5) }] }));
    await server.sender().post(reads, { headers: { Prefer: 'wait=20' } });
    const results = () => sink.events.filter(({ event }) => event === 'results');
    while (results().length < 3) {
      const { length } = sink.events;
      sink.take(sink.unsentBytes);
      await sink.until(() => sink.events.length > length);
    }
    expect(results().flatMap((event) => resultsIn({ id: '', ...event }))).toEqual(['a1.1 0', 'a1.2 0', 'a1.3 0']);
  });

  it('is closed with bye when it takes nothing for 30 s, not while it takes a little', async () => {
    const clock = new ManualClock();
    const server = await serve({ clock });
    const sink = new HeldSink();
    await server.server.core.subscribe({ identity, outbox, cursor: null }, sink);
    clock.advance(29_999);
    sink.take(1);
    clock.advance(1);
    clock.advance(29_999);
    expect(sink.isClosed).toBe(false);
    expect(sink.beats).toBe(0);
    clock.advance(1);
    expect(sink.events.at(-1)).toEqual({ event: 'bye', data: '{"reason":"slow"}' });
    expect(sink.isClosed).toBe(true);
    expect(await server.logged('stream_closed')).toMatchObject({ reason: 'slow' });
  });

  it('is closed on a real socket too', async () => {
    const clock = new ManualClock();
    const server = await serve({ clock });
    await slowSocket(server);
    await server.logged('stream_opened');
    for (let index = 0; index < 60; index++) await pushTo(server, `n${index}`, kilobytes(150));
    const closed = server.logged('stream_closed').then(({ reason }) => reason);
    let reason: string | null = null;
    while (reason === null) {
      await Promise.race([clock.armed(30_000), closed]);
      clock.advance(30_000);
      reason = await Promise.race([closed, new Promise<null>((resolve) => setImmediate(resolve, null))]);
    }
    expect(reason).toBe('slow');
  }, 20_000);

  it('is told of what was trimmed behind its back by having to come again', async () => {
    const clock = new ManualClock();
    const journal = memoryJournal({ clock });
    const server = await serve({ journal, clock, maxUnsentBytes: 1000 });
    const sink = new HeldSink();
    await server.server.core.subscribe({ identity, outbox, cursor: null }, sink);
    for (const id of ['a', 'b', 'c', 'd']) await pushTo(server, id, kilobytes(0.5));
    clock.advance(1000);
    await journal.trim({ results: clock.now(), logs: clock.now() });
    sink.take(sink.unsentBytes);
    await sink.until(() => sink.isClosed);
    expect(sink.events.at(-1)).toMatchObject({ event: 'bye', data: '{"reason":"slow"}' });
    const again = new HeldSink();
    const cursor = sink.events.findLast(({ id }) => id !== undefined)?.id ?? null;
    await server.server.core.subscribe({ identity, outbox, cursor }, again);
    expect(JSON.parse(again.events[0]?.data ?? '')).toMatchObject({ recovered: false });
  });
});
