import { createParser } from 'eventsource-parser';
import { onTestFinished } from 'vitest';
import { portableCodec } from '../../src/lib/codec/portable-codec.ts';
import { app } from './app.ts';

export interface ReadEvent {
  readonly event: string;
  readonly id: string | undefined;
  readonly data: string;
}

/** Reads an event stream at the test's own pace. */
export class EventReader {
  readonly response: Response;
  comments = 0;
  private readonly abort: AbortController;
  private readonly body: ReadableStreamDefaultReader<Uint8Array>;
  private readonly events: ReadEvent[] = [];
  private readonly parser = createParser({
    onEvent: ({ event = '', id, data }) => this.events.push({ event, id, data }),
    onComment: () => {
      this.comments++;
    },
  });
  private readonly text = new TextDecoder();

  static async open(url: string, headers: Record<string, string>): Promise<EventReader> {
    const abort = new AbortController();
    const response = await fetch(url, { headers: { Accept: 'text/event-stream', ...headers }, signal: abort.signal });
    const reader = new EventReader(response, abort);
    onTestFinished(() => reader.close());
    return reader;
  }

  private constructor(response: Response, abort: AbortController) {
    this.response = response;
    this.abort = abort;
    this.body = (response.body as ReadableStream<Uint8Array>).getReader();
  }

  /** The next event; null when the stream has ended. */
  async next(): Promise<ReadEvent | null> {
    while (this.events.length === 0) {
      const { done, value } = await this.body.read();
      if (done) return null;
      this.parser.feed(this.text.decode(value, { stream: true }));
    }
    return this.events.shift() ?? null;
  }

  async take(count: number): Promise<ReadEvent[]> {
    const taken: ReadEvent[] = [];
    while (taken.length < count) {
      const event = await this.next();
      if (!event) throw new Error(`the stream ended after ${taken.length} of ${count} events`);
      taken.push(event);
    }
    return taken;
  }

  /** Reads on until so many heartbeats have come. */
  async beats(count: number): Promise<void> {
    while (this.comments < count) {
      const { done, value } = await this.body.read();
      if (done) throw new Error('the stream ended');
      this.parser.feed(this.text.decode(value, { stream: true }));
    }
  }

  close(): void {
    this.abort.abort();
  }
}

const codec = portableCodec();

/** ReqID and status of each result of an event. */
export function resultsIn({ event, data }: ReadEvent): string[] {
  if (event !== 'results') throw new Error(`${event} is no results`);
  const { outbox, results } = codec.decodeResponse(app, Buffer.from(data, 'base64'));
  return results.map(({ seq, status }) => `${outbox.slice(-2)}.${seq} ${status}`);
}

/** Ids of the notes that were pushed. */
export function pushedIn({ event, data }: ReadEvent): string[] {
  if (event !== 'push') throw new Error(`${event} is no push`);
  const { packets } = codec.decodePush(app, Buffer.from(data, 'base64'));
  return packets.flatMap(({ records }) => (records as { id: string }[]).map(({ id }) => id));
}

/** What hello and bye say. */
export function said({ event, data }: ReadEvent): unknown {
  return event === 'hello' || event === 'bye' ? JSON.parse(data) : event;
}

/** An event in one line. */
export function shown(event: ReadEvent): string {
  return event.event === 'push' ? `push ${pushedIn(event).join()}` : resultsIn(event).join();
}
