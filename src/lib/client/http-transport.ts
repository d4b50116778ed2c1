import { createParser, type EventSourceMessage } from 'eventsource-parser';
import type { HttpOptions } from './http-options.ts';
import { refusalOf } from './http-refusal.ts';
import type { PollAnswer, Refusal, ServerEvent, StreamEnd, StreamSink, SyncAnswer, Transport } from './transport.ts';

/** Characters that the parser may collect for one event: a frame of 8 MiB as base64, and then some. */
const maxEventUnits = 16_777_216;

export function httpTransport(options: HttpOptions): Transport {
  const { url, fetch, headers, credentials } = options;
  const base = url.replace(/\/+$/, '');

  const request = async (path: string, own: Record<string, string>, init: RequestInit): Promise<Response> => {
    const all = new Headers(await headers());
    for (const [name, value] of Object.entries(own)) all.set(name, value);
    return fetch(`${base}/${path}`, { credentials, cache: 'no-store', ...init, headers: all });
  };

  const events = (
    { outbox, cursor }: { outbox: string; cursor: string | null },
    accept: string,
    signal: AbortSignal,
  ) => {
    const own = { Accept: accept, ...(cursor !== null && { 'Last-Event-ID': cursor }) };
    return request(`events?outbox=${outbox}`, own, { signal });
  };

  return {
    async sync({ user, contract, after, tag, waitMs, frame }, signal): Promise<SyncAnswer> {
      const own = {
        'Content-Type': 'application/crudp',
        'CRUDP-User': encodeURIComponent(user),
        'CRUDP-Contract': String(contract),
        'CRUDP-After': `${after.epoch}.${after.seq}.${after.tag}`,
        ...(tag !== '' && { 'CRUDP-Tag': tag }),
        ...(waitMs > 0 && { Prefer: `wait=${Math.ceil(waitMs / 1000)}` }),
      };
      const response = await request('sync', own, { method: 'POST', body: frame, signal });
      return { ...refusalIn(response), json: parsed(await response.text()) };
    },

    async stream(asked, sink, signal): Promise<StreamEnd> {
      const response = await events(asked, 'text/event-stream', signal);
      const refusal = refusalIn(response);
      const isStream = response.headers.get('content-type')?.startsWith('text/event-stream');
      if (!refusal.isServer || response.status !== 200 || !isStream || !response.body) {
        await response.body?.cancel();
        return { ...refusal, ...(response.status === 200 && { isServer: false }) };
      }
      await readEvents(response.body, sink, signal);
      return refusal;
    },

    async poll(asked, signal): Promise<PollAnswer> {
      const response = await events(asked, 'application/json', signal);
      const json = parsed(await response.text());
      return { ...refusalIn(response), events: Array.isArray(json) ? json.filter(isEvent) : [] };
    },

    async upload(request, signal) {
      // With the tus client: only where there is something for it to do, and a network.
      const { uploadOverHttp } = await import('./uploads/http-upload.ts');
      return uploadOverHttp({ ...options, refusalOf }, request, signal);
    },
  };
}

async function readEvents(body: ReadableStream<Uint8Array>, sink: StreamSink, signal: AbortSignal): Promise<void> {
  const parser = createParser({
    maxBufferSize: maxEventUnits,
    onEvent: ({ event = 'message', id, data }: EventSourceMessage) =>
      sink.event({ event, data, ...(id !== undefined && { id }) }),
  });
  const decoder = new TextDecoder();
  const reader = body.getReader();
  // Not every fetch ends a body that is being read when its signal is aborted.
  const stop = (): void => void reader.cancel().catch(() => undefined);
  signal.addEventListener('abort', stop);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done || signal.aborted) return;
      sink.alive();
      parser.feed(decoder.decode(value, { stream: true }));
    }
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
  }
}

function refusalIn({ status, headers }: Response): Refusal {
  return refusalOf(status, (name) => headers.get(name));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isEvent(value: unknown): value is ServerEvent {
  const { event, data, id } = (value ?? {}) as Record<string, unknown>;
  return typeof event === 'string' && typeof data === 'string' && (id === undefined || typeof id === 'string');
}
