import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { portableCodec } from '../../src/lib/codec/portable-codec.ts';
import type { BatchResponse, RequestPacket } from '../../src/lib/packet.ts';
import type { Implementation } from '../../src/lib/server/implement.ts';
import { nowhere, type Place } from '../../src/lib/server/journal.ts';
import { memoryJournal } from '../../src/lib/server/journals/memory.ts';
import type { ServerLogEntry } from '../../src/lib/server/log.ts';
import type { ServerOptions } from '../../src/lib/server/options.ts';
import { type CrudpServer, crudpServer } from '../../src/lib/server/server.ts';
import { app, note, notes } from './app.ts';
import { EventReader } from './event-reader.ts';
import { ManualClock } from './manual-clock.ts';

export const codec = portableCodec();

const defaultGraceMs = 1000;

export interface ServeOptions extends Partial<ServerOptions> {
  readonly modules?: readonly Implementation<typeof app>[];
  /** Default: the listener alone. */
  readonly mount?: (server: CrudpServer<typeof app>) => Server;
}

/** A server on a real socket, with its log to wait on. Ends with the test. */
export interface TestServer {
  readonly url: string;
  readonly http: Server;
  readonly server: CrudpServer<typeof app>;
  readonly log: readonly ServerLogEntry[];
  /** ReqIDs in the order in which `notes.create` ran. */
  readonly ran: readonly string[];
  /** The first entry of this kind that fits, logged before or still to come. */
  logged<E extends ServerLogEntry['event']>(event: E, fits?: (entry: EntryOf<E>) => boolean): Promise<EntryOf<E>>;
  sender(user?: string, outbox?: string): Sender;
  events(query: string, headers?: Record<string, string>): Promise<EventReader>;
}

type EntryOf<E> = Extract<ServerLogEntry, { event: E }>;

export async function serve({ modules, mount, ...options }: ServeOptions = {}): Promise<TestServer> {
  const log: ServerLogEntry[] = [];
  const listeners = new Set<() => void>();
  const ran: string[] = [];
  const server = crudpServer(app, {
    journal: memoryJournal({ ...(options.clock && { clock: options.clock }) }),
    authenticate: ({ headers }) =>
      headers['x-user'] === undefined
        ? null
        : { user: String(headers['x-user']), roles: String(headers['x-roles'] ?? 'writer').split(',') },
    codec,
    graceMs: defaultGraceMs,
    ...options,
    log(entry) {
      options.log?.(entry);
      log.push(entry);
      for (const listener of [...listeners]) listener();
    },
  });
  server.use(...(modules ?? [notes(ran)]));
  const http = mount ? mount(server) : createServer(server.listener);
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/api`;
  onTestFinished(async () => {
    http.closeAllConnections();
    http.close();
    const closed = server.close();
    const { clock, graceMs = defaultGraceMs } = options;
    if (clock instanceof ManualClock) {
      // Nobody else moves it past the time that a hanging handler is given.
      await Promise.race([closed, clock.armed(2 * graceMs)]);
      clock.advance(2 * graceMs);
    }
    await closed;
  });
  return {
    url,
    http,
    server,
    log,
    ran,
    logged: (event, fits = () => true) =>
      new Promise((resolve) => {
        const look = (): void => {
          const found = log.find(
            (entry): entry is EntryOf<typeof event> => entry.event === event && fits(entry as EntryOf<typeof event>),
          );
          if (!found) return;
          listeners.delete(look);
          resolve(found);
        };
        listeners.add(look);
        look();
      }),
    sender: (user = 'ana', outbox = '00000000000000a1') => new Sender(url, user, outbox),
    events: (query, headers = {}) => EventReader.open(`${url}/events?${query}`, { 'x-user': 'ana', ...headers }),
  };
}

export interface SyncAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly json: Record<string, unknown>;
  /** Of `results`, where there are any. */
  readonly results: BatchResponse['results'];
}

export interface PostOptions {
  readonly after?: Place;
  readonly tag?: string;
  readonly oldest?: number;
  readonly first?: number;
  readonly headers?: Record<string, string>;
}

let tags = 0;

/** A client's side of an outbox, as plain as can be: it believes what it is told. */
export class Sender {
  readonly user: string;
  readonly outbox: string;
  place: Place = nowhere;
  private readonly url: string;

  constructor(url: string, user: string, outbox: string) {
    this.url = url;
    this.user = user;
    this.outbox = outbox;
  }

  /** Posts packets; where they are accepted, the place moves on. */
  async post(packets: readonly RequestPacket[], options: PostOptions = {}): Promise<SyncAnswer> {
    const tag = options.tag ?? (++tags).toString(16).padStart(16, '0');
    const answer = await this.postFrame(this.frame(packets, options), {
      ...headersOf(options.after ?? this.place, packets.length > 0 ? tag : ''),
      ...options.headers,
    });
    const { epoch, accepted } = answer.json;
    if (answer.status === 202 && packets.length > 0 && accepted === packets.at(-1)?.seq) {
      this.place = { epoch: String(epoch), seq: Number(accepted), tag };
    }
    return answer;
  }

  frame(packets: readonly RequestPacket[], { oldest, first }: PostOptions = {}): Uint8Array<ArrayBuffer> {
    const start = first ?? packets[0]?.seq ?? this.place.seq + 1;
    return codec.encodeRequest(app, { outbox: this.outbox, first: start, oldest: start - (oldest ?? 1), packets });
  }

  async postFrame(body: Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}): Promise<SyncAnswer> {
    const response = await fetch(`${this.url}/sync`, {
      method: 'POST',
      body,
      headers: {
        'Content-Type': 'application/crudp',
        'CRUDP-User': encodeURIComponent(this.user),
        'CRUDP-Contract': '3',
        'x-user': this.user,
        ...headersOf(nowhere, ''),
        ...headers,
      },
    });
    const text = await response.text();
    const json = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
    const { results } = json;
    const decoded =
      typeof results === 'string' ? codec.decodeResponse(app, Buffer.from(results, 'base64')).results : [];
    return { status: response.status, headers: response.headers, json, results: decoded };
  }
}

function headersOf({ epoch, seq, tag }: Place, frameTag: string): Record<string, string> {
  return { 'CRUDP-After': `${epoch}.${seq}.${tag}`, ...(frameTag !== '' && { 'CRUDP-Tag': frameTag }) };
}

/** A packet that creates notes. */
export function creates(seq: number, ...records: readonly unknown[]): RequestPacket {
  return { seq, route: 4, records };
}

/** Four entries in ana's log, one in everybody's. */
export async function fourResultsAndAPush(server: TestServer): Promise<void> {
  const packets = [1, 2, 3, 4].map((seq) => creates(seq, note(`n${seq}`, seq === 3 ? 'push all' : '')));
  await server.sender().post(packets, { headers: { Prefer: 'wait=20' } });
}
