import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/lib/clock.ts';
import type { StreamEvent } from '../../src/lib/server/core.ts';
import { lineOf } from '../../src/lib/server/event-data.ts';
import { EventResponse } from '../../src/lib/server/http/event-response.ts';

/** An event response, the reader's end of it, and what was written in between. */
async function openResponse() {
  const http = createServer();
  onTestFinished(() => void http.close());
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const request = get({ port: (http.address() as AddressInfo).port, host: '127.0.0.1', agent: false });
  const reading = once(request, 'response');
  const [, response] = (await once(http, 'request')) as [IncomingMessage, ServerResponse];
  const written: Uint8Array[] = [];
  const write = response.write.bind(response) as (...args: unknown[]) => boolean;
  response.write = (...args: unknown[]) => {
    written.push(args[0] as Uint8Array);
    return write(...args);
  };
  const sink = new EventResponse(response, {}, systemClock);
  const text = async (): Promise<string> => {
    const [incoming] = (await reading) as [IncomingMessage];
    let all = '';
    for await (const piece of incoming.setEncoding('utf8')) all += piece;
    return all;
  };
  return { sink, written, text };
}

function push(id: string, frame: Uint8Array): StreamEvent {
  return { event: 'push', id, data: frame };
}

function textOf({ event, id, data }: StreamEvent): string {
  return `id: ${id}\nevent: ${event}\ndata: ${lineOf(data)}\n\n`;
}

describe('An event response', () => {
  it('writes small events of one turn together', async () => {
    const { sink, written, text } = await openResponse();
    const events = ['a', 'b', 'c'].map((id, index) => push(id, new Uint8Array([index])));
    for (const event of events) sink.send(event);
    expect(sink.unsentBytes).toBe(events.map(textOf).join('').length);
    sink.close();
    expect(await text()).toBe(events.map(textOf).join(''));
    expect(written).toHaveLength(1);
    expect([sink.unsentBytes, sink.takenBytes]).toEqual([0, events.map(textOf).join('').length]);
  });

  it('shares the bytes of a frame with all who are sent it', async () => {
    const [one, other] = [await openResponse(), await openResponse()];
    const frame = new Uint8Array(30_000).fill(7);
    one.sink.send(push('a', frame));
    other.sink.send(push('b', frame));
    for (const { sink } of [one, other]) sink.close();
    expect(await one.text()).toBe(textOf(push('a', frame)));
    expect(await other.text()).toBe(textOf(push('b', frame)));
    const [large, again] = [one, other].map(({ written }) => written.find(({ length }) => length > 30_000));
    expect(large).toBeDefined();
    expect(large).toBe(again);
  });

  it('writes what is large in pieces, so that progress can be seen', async () => {
    const { sink, written, text } = await openResponse();
    const events = [push('a', new Uint8Array(150_000)), push('b', new Uint8Array(10))];
    for (const event of events) sink.send(event);
    sink.close();
    expect(await text()).toBe(events.map(textOf).join(''));
    expect(Math.max(...written.map(({ length }) => length))).toBe(65_536);
  });
});
