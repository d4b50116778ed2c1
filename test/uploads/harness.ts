import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { portableCodec } from '../../src/lib/codec/portable-codec.ts';
import { contract, handler } from '../../src/lib/contract/contract.ts';
import type { FileValue, ReceivedFile } from '../../src/lib/contract/file.ts';
import { shape } from '../../src/lib/contract/shape.ts';
import { file, list, optional, string, struct } from '../../src/lib/contract/types.ts';
import { implement } from '../../src/lib/server/implement.ts';
import { memoryJournal } from '../../src/lib/server/journals/memory.ts';
import type { ServerLogEntry } from '../../src/lib/server/log.ts';
import type { ServerOptions } from '../../src/lib/server/options.ts';
import { type CrudpServer, crudpServer } from '../../src/lib/server/server.ts';
import type { Uploads } from '../../src/lib/server/uploads.ts';
import { type DirectoryUploadsOptions, uploads } from '../../src/lib/uploads/uploads.ts';

export const codec = portableCodec();

/** Files in every place that a shape has for them. */
export const library = contract(
  { version: 1 },
  {
    documents: handler(1, {
      create: {
        in: shape({
          title: string(),
          scan: optional(file()),
          pages: list(file()),
          parts: list(struct({ label: string(), image: file() })),
        }),
      },
    }),
    photos: handler(2, { create: { in: file(), out: string() }, update: { in: file() } }),
  },
);

/** A file as a handler has seen it. */
export interface Seen {
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly sha256: string;
  readonly attempt: number;
}

export interface LibraryServer {
  readonly url: string;
  readonly server: CrudpServer<typeof library>;
  readonly directory: string;
  readonly seen: readonly Seen[];
  readonly log: readonly ServerLogEntry[];
  as(user?: string): LibraryUser;
}

export interface ServeLibraryOptions extends Partial<Omit<ServerOptions, 'uploads'>> {
  /** null: the server takes none. */
  readonly uploads?: Uploads | null;
  readonly directory?: string;
  readonly uploadOptions?: Partial<DirectoryUploadsOptions>;
  readonly port?: number;
  /** Looks at the files besides. */
  readonly onFile?: (file: ReceivedFile) => Promise<void> | void;
}

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'crudp-uploads-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A server with uploads, on a real socket. Ends with the test. */
export async function serveLibrary({
  directory,
  uploadOptions,
  port = 0,
  onFile,
  uploads: wanted,
  ...options
}: ServeLibraryOptions = {}): Promise<LibraryServer> {
  const folder = directory ?? (await temporaryFolder());
  const seen: Seen[] = [];
  const log: ServerLogEntry[] = [];
  const server = crudpServer(library, {
    journal: memoryJournal(),
    codec,
    authenticate: ({ headers }) => (headers['x-user'] ? { user: String(headers['x-user']) } : null),
    ...(wanted !== null && { uploads: wanted ?? uploads({ directory: folder, ...uploadOptions }) }),
    graceMs: 1000,
    log: (entry) => void log.push(entry),
    ...options,
  });
  const look = async (attempt: number, received: ReceivedFile) => {
    const { name, type, size, sha256 } = received;
    const content = await received.bytes();
    if (sha256 !== sha256Of(content) || size !== content.length) throw new Error('facts that are none');
    await onFile?.(received);
    seen.push({ name, type, size, sha256, attempt });
  };
  server.use(
    implement(library, {
      documents: {
        access: { create: 'authenticated' },
        async create({ attempt }, records) {
          for (const { scan, pages, parts } of records) {
            for (const each of [...(scan ? [scan] : []), ...pages, ...parts.map(({ image }) => image)]) {
              await look(attempt, each);
            }
          }
        },
      },
      photos: {
        access: { create: 'authenticated', update: () => false },
        async create({ attempt }, files) {
          for (const each of files) await look(attempt, each);
          return files.map(({ sha256 }) => sha256);
        },
        update: () => {},
      },
    }),
  );
  const http = createServer(server.listener);
  await new Promise<void>((resolve) => http.listen(port, '127.0.0.1', resolve));
  await server.start();
  onTestFinished(async () => {
    http.closeAllConnections();
    http.close();
    await server.close();
  });
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/api`;
  return { url, server, directory: folder, seen, log, as: (user = 'ana') => new LibraryUser(url, user) };
}

let outboxes = 0;

/** A user's side of the wire, as plain as can be. */
export class LibraryUser {
  readonly user: string;
  readonly url: string;
  readonly outbox = (++outboxes).toString(16).padStart(16, '0');
  private seq = 0;
  private after = '0.0.0';

  constructor(url: string, user: string) {
    this.url = url;
    this.user = user;
  }

  /** Posts a packet and waits so long for its result. @returns undefined: it has none yet. */
  async send(route: number, records: readonly unknown[], waitSeconds = 0) {
    const seq = ++this.seq;
    const tag = seq.toString(16).padStart(16, '0');
    const frame = codec.encodeRequest(library, {
      outbox: this.outbox,
      first: seq,
      oldest: seq - 1,
      packets: [{ seq, route, records }],
    });
    const json = await this.post(frame, { 'CRUDP-Tag': tag }, waitSeconds);
    this.after = `${json.epoch}.${seq}.${tag}`;
    return resultIn(json, seq);
  }

  /** Asks for a packet's result, and waits for it. */
  async result(seq = this.seq) {
    const route = 4;
    const packets = [{ seq, route, records: [{ title: '', pages: [], parts: [] }] }];
    const frame = codec.encodeRequest(library, { outbox: this.outbox, first: seq, oldest: seq - 1, packets });
    const [, , tag = ''] = this.after.split('.');
    const json = await this.post(frame, { 'CRUDP-Tag': tag }, 20);
    return resultIn(json, seq);
  }

  /** A request of the tus protocol. */
  tus(method: string, path: string, headers: Record<string, string> = {}, body?: BodyInit): Promise<Response> {
    return fetch(`${this.url}/uploads${path}`, {
      method,
      headers: { 'x-user': this.user, 'Tus-Resumable': '1.0.0', ...headers },
      ...(body !== undefined && { body, duplex: 'half' }),
    });
  }

  create(id: string, size: number, metadata: Record<string, string> = {}): Promise<Response> {
    return this.tus('POST', '', {
      'Upload-Length': String(size),
      'Upload-Metadata': Object.entries({ id, ...metadata })
        .map(([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`)
        .join(','),
    });
  }

  patch(id: string, offset: number, content: BodyInit): Promise<Response> {
    const headers = { 'Upload-Offset': String(offset), 'Content-Type': 'application/offset+octet-stream' };
    return this.tus('PATCH', `/${id}`, headers, content);
  }

  async offset(id: string): Promise<number | null> {
    const response = await this.tus('HEAD', `/${id}`);
    return response.status === 200 ? Number(response.headers.get('upload-offset')) : null;
  }

  /** A whole upload. @returns The file that a record names it by. */
  async upload(content: Uint8Array, name = 'scan.pdf', id = newId()): Promise<FileValue> {
    await this.create(id, content.length);
    await this.patch(id, 0, new Uint8Array(content));
    return uploaded(id, content.length, name);
  }

  private async post(frame: Uint8Array<ArrayBuffer>, headers: Record<string, string>, waitSeconds: number) {
    const response = await fetch(`${this.url}/sync`, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/crudp',
        'x-user': this.user,
        'CRUDP-User': this.user,
        'CRUDP-Contract': '1',
        'CRUDP-After': this.after,
        ...(waitSeconds > 0 && { Prefer: `wait=${waitSeconds}` }),
        ...headers,
      },
      body: frame,
    });
    const json = (await response.json()) as Record<string, unknown>;
    if (response.status !== 202) throw new Error(JSON.stringify(json));
    return json;
  }
}

function resultIn({ results = '' }: Record<string, unknown>, seq: number) {
  const frame = Buffer.from(String(results), 'base64');
  return frame.length === 0 ? undefined : codec.decodeResponse(library, frame).results.find((one) => one.seq === seq);
}

export function newId(): string {
  return randomBytes(16).toString('hex');
}

export function uploaded(upload: string, size: number, name = 'scan.pdf', type = 'application/pdf'): FileValue {
  return { name, type, size, upload, content: new Uint8Array() };
}

export function inPacket(content: Uint8Array, name = 'photo.jpg', type = 'image/jpeg'): FileValue {
  return { name, type, size: content.length, upload: '', content };
}

export function sha256Of(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
