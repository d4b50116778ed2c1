import { IncomingMessage, ServerResponse } from 'node:http';
import { PassThrough } from 'node:stream';
import { bodyTaken } from './body.ts';
import type { Listener } from './listener.ts';

/** Of a connection, which a `Response` has none of. */
const hopByHop = new Set(['connection', 'keep-alive', 'transfer-encoding']);
/** A `Response` of these has no body, not even an empty one. */
const bodyless = new Set([101, 204, 205, 304]);

/**
 * The listener behind the web's interface: a request is put in Node's clothes, so that routes, middleware and
 * `authenticate` are the same code either way.
 *
 * @returns Resolves with the head; the body, an event stream too, follows as it is read.
 * @throws {TypeError} `body_taken`, by a promise that rejects.
 */
export function fetchOf(listener: Listener): (request: Request) => Promise<Response> {
  return (request) =>
    new Promise((resolve) => {
      if (request.bodyUsed) throw bodyTaken();
      const incoming = new WebRequest(request);
      const response = new WebResponse(incoming, resolve);
      // An adapter whose reader has gone aborts the request or cancels the body.
      request.signal.addEventListener('abort', () => response.destroy(request.signal.reason));
      if (request.signal.aborted) response.destroy();
      else listener(incoming, response);
    });
}

class WebRequest extends IncomingMessage {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;

  constructor({ method, url, headers, body }: Request) {
    // No connection: what Node asks of one, whether it can be read, this says.
    super(new PassThrough() as never);
    const { pathname, search, host } = new URL(url);
    this.method = method;
    this.url = pathname + search;
    this.httpVersion = '1.1';
    [this.httpVersionMajor, this.httpVersionMinor] = [1, 1];
    this.headers = { host, ...Object.fromEntries(headers) };
    this.rawHeaders = Object.entries(this.headers).flatMap(([name, value]) => [name, String(value)]);
    this.#reader = body?.getReader();
    if (!this.#reader) this.#end();
  }

  override _read(size: number): void {
    // Node holds a message back until it is read for the first time.
    super._read(size);
    this.#reader?.read().then(
      ({ done, value }) => {
        if (done) this.#end();
        else this.push(value);
      },
      (error: unknown) => this.destroy(error as Error),
    );
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#reader?.cancel().catch(() => undefined);
    callback(error);
  }

  #end(): void {
    this.complete = true;
    this.push(null);
  }
}

interface Piece {
  readonly bytes: Uint8Array;
  readonly taken: ((error?: Error) => void) | undefined;
}

class WebResponse extends ServerResponse {
  readonly #resolve: (response: Response) => void;
  readonly #pieces: Piece[] = [];
  #hasEnded = false;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  /** Set while the reader waits for a piece. */
  #wanted: (() => void) | undefined;

  constructor(request: IncomingMessage, resolve: (response: Response) => void) {
    super(request);
    this.#resolve = resolve;
  }

  override writeHead(status: number, ...rest: unknown[]): this {
    const headers = rest.find((each) => typeof each === 'object' && each !== null) ?? {};
    for (const [name, value] of headerPairs(headers)) this.setHeader(name, value as string);
    super.writeHead(status);
    const body = bodyless.has(status) || this.req.method === 'HEAD' ? null : this.#body();
    const own = Object.entries(this.getHeaders()).filter(([name]) => !hopByHop.has(name));
    const pairs = own.flatMap(([name, value]) => [value].flat().map((each): [string, string] => [name, String(each)]));
    this.#resolve(new Response(body, { status, headers: pairs }));
    return this;
  }

  override flushHeaders(): void {
    if (!this.headersSent) this.writeHead(this.statusCode);
  }

  override write(chunk: unknown, ...rest: unknown[]): boolean {
    this.flushHeaders();
    const taken = rest.find((each) => typeof each === 'function') as Piece['taken'];
    const encoding = rest.find((each) => typeof each === 'string') as BufferEncoding | undefined;
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk, encoding) : (chunk as Uint8Array);
    this.#pieces.push({ bytes, taken });
    this.#feed();
    return this.#pieces.length === 0;
  }

  override end(...args: unknown[]): this {
    const [chunk] = args;
    const done = args.find((each) => typeof each === 'function') as (() => void) | undefined;
    if (done) this.once('finish', done);
    this.flushHeaders();
    if (typeof chunk === 'string' || chunk instanceof Uint8Array) {
      this.write(chunk, ...args.slice(1).filter((each) => each !== done));
    }
    this.#hasEnded = true;
    this.finished = true;
    this.#feed();
    return this;
  }

  override destroy(error?: Error): this {
    if (this.destroyed) return this;
    this.destroyed = true;
    const gone = error ?? new Error('the response was cut off');
    // Nobody hears it; but an adapter writes it, and Response.error() has a status that none can be written with.
    if (!this.headersSent) this.#resolve(new Response(null, { status: 408 }));
    else if (!this.#isDone) this.#fail(gone);
    for (const { taken } of this.#pieces.splice(0)) taken?.(gone);
    this.emit('close');
    return this;
  }

  get #isDone(): boolean {
    return this.#hasEnded && this.#pieces.length === 0;
  }

  #body(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () =>
          new Promise<void>((resolve) => {
            this.#wanted = resolve;
            this.#feed();
          }),
        cancel: () => {
          this.destroy();
        },
      },
      // Nothing is taken before it is asked for, so that a slow reader is seen as one.
      { highWaterMark: 0 },
    );
  }

  /** Hands over what is wanted: a piece that is not empty, or all where there is no body. */
  #feed(): void {
    const controller = this.#controller;
    while (this.#pieces.length > 0 && (this.#wanted || !controller) && !this.destroyed) {
      const { bytes, taken } = this.#pieces.shift() as Piece;
      if (bytes.length > 0) {
        controller?.enqueue(bytes);
        this.#wanted?.();
        this.#wanted = undefined;
      }
      taken?.();
      this.emit('drain');
    }
    if (!this.#isDone || this.destroyed) return;
    this.destroyed = true;
    controller?.close();
    this.#wanted?.();
    this.emit('finish');
    this.emit('close');
  }

  #fail(error: Error): void {
    try {
      this.#controller?.error(error);
    } catch {
      // The reader has cancelled: nobody is left to be told.
    }
  }
}

/** As Node takes them: an object, names and values in turn, or pairs. */
function headerPairs(headers: object): readonly (readonly [string, unknown])[] {
  if (!Array.isArray(headers)) return Object.entries(headers);
  const flat = headers.flat();
  return flat.flatMap((name, index) => (index % 2 === 0 ? [[String(name), flat[index + 1]] as const] : []));
}
