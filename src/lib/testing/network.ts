import { refusalOf } from '../client/http-refusal.ts';
import type { StreamEnd, StreamSink, SyncAnswer, Transport } from '../client/transport.ts';
import { uploadOverHttp } from '../client/uploads/http-upload.ts';
import type { Contract } from '../contract/contract.ts';
import type { EventSink, ServerCore } from '../server/core.ts';
import { lineOf } from '../server/event-data.ts';
import type { Identity } from '../server/journal.ts';
import { RequestRefused } from '../server/refused.ts';
import type { CrudpServer } from '../server/server.ts';

/** Says who uploads: there is no HTTP to sign in by. */
export const testUserHeader = 'crudp-test-user';

/** What lies between the clients and the server of one process: nothing, and sometimes not even that. */
export class Network {
  private readonly core: ServerCore;
  private readonly fetch: (request: Request) => Promise<Response>;
  private readonly url: string;
  private down = new AbortController();
  private isDown = false;

  constructor({ core, fetch }: Pick<CrudpServer<Contract>, 'core' | 'fetch'>, base: string) {
    this.core = core;
    this.fetch = fetch;
    this.url = `http://test${base}`;
  }

  /** Requests fail from now on, those under way too: their answers are lost. */
  disconnect(): void {
    this.isDown = true;
    this.down.abort();
  }

  connect(): void {
    this.isDown = false;
    this.down = new AbortController();
  }

  /** A user's way to the server. Frames are bytes, answers go through JSON, as over HTTP. */
  transport(identity: Identity): Transport {
    return {
      sync: async ({ user, ...request }, signal): Promise<SyncAnswer> => {
        const lost = this.lost(signal);
        const reply = await this.core.sync({ ...request, identity, boundUser: user, signal: lost });
        lost.throwIfAborted();
        const { status, retryAfterSeconds } = reply;
        return {
          isServer: true,
          status,
          json: JSON.parse(JSON.stringify(reply.json)),
          ...(retryAfterSeconds !== undefined && { retryAfterMs: retryAfterSeconds * 1000 }),
        };
      },
      stream: async (request, sink, signal): Promise<StreamEnd> => {
        const lost = this.lost(signal);
        const events = new StreamEvents(sink);
        try {
          const session = await this.core.subscribe({ ...request, identity }, events);
          const close = (): void => session.close();
          lost.addEventListener('abort', close);
          if (lost.aborted) close();
        } catch (error) {
          if (error instanceof RequestRefused) return { isServer: true, status: error.httpStatus };
          throw error;
        }
        await events.ended;
        lost.throwIfAborted();
        return { isServer: true, status: 200 };
      },
      // Never needed: a stream in the same process always begins at once.
      poll: () => Promise.reject(new Error('no long polls in one process')),
      upload: (request, signal) => {
        const lost = this.lost(signal);
        const own: typeof fetch = async (input, init) => {
          lost.throwIfAborted();
          const response = await this.fetch(new Request(input, { ...init, duplex: 'half' } as RequestInit));
          lost.throwIfAborted();
          return response;
        };
        const headers = () => ({ [testUserHeader]: identity.user });
        const options = { url: this.url, fetch: own, headers, credentials: 'omit', refusalOf } as const;
        return uploadOverHttp(options, request, lost);
      },
    };
  }

  private lost(signal: AbortSignal): AbortSignal {
    if (this.isDown) throw new Error('the network is down');
    return AbortSignal.any([signal, this.down.signal]);
  }
}

/** A stream's events, handed over as they come: nothing is ever unsent. */
class StreamEvents implements EventSink {
  readonly unsentBytes = 0;
  readonly takenBytes = 0;
  onDrain: () => void = () => {};
  readonly ended: Promise<void>;
  private readonly sink: StreamSink;
  private end: () => void = () => {};

  constructor(sink: StreamSink) {
    this.sink = sink;
    this.ended = new Promise((resolve) => {
      this.end = resolve;
    });
  }

  send(event: Parameters<EventSink['send']>[0]): void {
    this.sink.event({ ...event, data: lineOf(event.data) });
    this.sink.alive();
  }

  heartbeat(): void {
    this.sink.alive();
  }

  close(): void {
    this.end();
  }
}
