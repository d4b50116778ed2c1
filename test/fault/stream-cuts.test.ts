import { expect, it } from 'vitest';
import { httpTransport } from '../../src/lib/client/http-transport.ts';
import { Stream } from '../../src/lib/client/stream.ts';
import type { ServerEvent } from '../../src/lib/client/transport.ts';
import type { Clock } from '../../src/lib/clock.ts';
import { eventText, heartbeatText } from '../../src/lib/sse/event-text.ts';
import { randomOf } from './journal-frames.ts';

/** CUT_EVERY=1 cuts after each byte of the stream; by default after every eighth, and wherever an event ends. */
const cutEvery = Number(process.env.CUT_EVERY ?? 8);
const streamBytes = 64 << 10;

/** A log: event n has the cursor `n`. */
const log = logOf(randomOf(64));
const sent = new Map(log.map((text, index) => [/data: (.*)/.exec(text)?.[1], String(index + 1)]));

function logOf(random: () => number): string[] {
  const texts: string[] = [];
  for (let bytes = 0; bytes < streamBytes; bytes += texts.at(-1)?.length ?? 0) {
    // A few bytes, or some thousand, as results come.
    const frame = Buffer.alloc(random() < 0.3 ? 12 : Math.ceil(random() * 4000), texts.length + 1);
    const event = random() < 0.5 ? 'results' : 'push';
    const text = eventText({ event, id: String(texts.length + 1), data: frame.toString('base64') });
    texts.push(random() < 0.2 ? `${heartbeatText}${text}` : text);
  }
  return texts;
}

/** The stream that a server sends to whom has come to `cursor`. Names of users are not ASCII everywhere. */
function streamFrom(cursor: number): Uint8Array {
  const hello = { epoch: 'e', user: 'ñandú', contract: 1, recovered: true, heartbeatMs: 15_000 };
  const text = eventText({ event: 'hello', id: String(cursor), data: JSON.stringify(hello) });
  return new TextEncoder().encode(text + log.slice(cursor).join(''));
}

/** A body of these bytes that then ends as connections do: well, or with an error. */
function bodyOf(bytes: Uint8Array, breaks: boolean): ReadableStream<Uint8Array> {
  return new ReadableStream({
    pull(controller) {
      if (bytes.length > 0) controller.enqueue(bytes);
      if (!breaks) controller.close();
      // In the next pull, so that what came before it is read.
      else if (bytes.length === 0) controller.error(new TypeError('terminated'));
      bytes = bytes.subarray(bytes.length);
    },
  });
}

/** Pauses between connections are over at once; nothing is ever silent for long. */
const hasty: Clock = {
  now: () => 0,
  after(delayMs, callback) {
    if (delayMs > 1000) return { cancel: () => undefined };
    const handle = setImmediate(callback);
    return { cancel: () => clearImmediate(handle) };
  },
};

/** @returns Numbers of the events that the application got of a stream that is cut after so many bytes, and its rest. */
async function readCut(whole: Uint8Array, at: number): Promise<string[]> {
  const handed: string[] = [];
  let cursor = '0';
  let connections = 0;
  const fetch = (async (_url: string, init: { headers: Headers }) => {
    const from = Number(init.headers.get('last-event-id'));
    const isFirst = connections++ === 0;
    const body = isFirst ? bodyOf(whole.subarray(0, at), at % 2 === 0) : bodyOf(streamFrom(from), false);
    return new Response(body, { headers: { 'Content-Type': 'text/event-stream', CRUDP: '1' } });
  }) as unknown as typeof globalThis.fetch;
  await new Promise<void>((resolve, reject) => {
    const stream = new Stream({
      transport: httpTransport({ url: '/api', fetch, headers: () => ({}), credentials: 'same-origin' }),
      clock: hasty,
      random: (count) => new Uint8Array(count),
      request: async () => ({ outbox: '00000000000000a1', cursor }),
      onHello: ({ user }) => user === 'ñandú',
      async onEvents(events: readonly ServerEvent[]) {
        cursor = events.findLast(({ id }) => id !== undefined)?.id ?? cursor;
        for (const { event, data } of events) if (event !== 'hello') handed.push(numberOf(data));
        if (handed.length >= log.length) stream.stop().then(resolve, reject);
      },
      onState: () => undefined,
      onNeedsAuth: () => reject(new Error('it wants credentials')),
      onError: reject,
    });
    stream.start();
  });
  return handed;
}

/** @throws {Error} where that is not what was sent. */
function numberOf(data: string): string {
  const number = sent.get(data);
  if (!number) throw new Error('an event was handed out in part');
  return number;
}

it(`a stream that is cut after any of ${streamBytes} bytes brings each event once, in order`, {
  timeout: 600_000,
}, async () => {
  const whole = streamFrom(0);
  expect(whole.length).toBeGreaterThan(streamBytes);
  const wanted = log.map((_, index) => String(index + 1));
  const text = new TextDecoder('latin1').decode(whole);
  let cuts = 0;
  for (let at = 0; at <= streamBytes; at++) {
    const isNearEnd = text.slice(Math.max(0, at - 3), at + 3).includes('\n\n');
    if (at % cutEvery !== 0 && !isNearEnd) continue;
    const handed = await readCut(whole, at);
    if (handed.join() !== wanted.join()) expect(handed, `cut after ${at} bytes`).toEqual(wanted);
    cuts++;
  }
  expect(cuts).toBeGreaterThan(streamBytes / cutEvery);
});
