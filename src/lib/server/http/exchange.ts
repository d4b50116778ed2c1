import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Log } from '../log.ts';
import { RequestRefused } from '../refused.ts';

/** One request and its answer, with what the log is to say of it. */
export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Of the request; its origin is made up. */
  readonly url: URL;
  /**
   * What every answer carries. Kept apart from the response's own headers, which hold on to what is set one by one: a
   * stream's for as long as it is open.
   */
  readonly head: Record<string, string>;
  private readonly log: Log;
  private readonly now: () => number;
  private readonly startedAt: number;
  private goneSignal: AbortSignal | undefined;

  constructor(request: IncomingMessage, response: ServerResponse, url: URL, log: Log, now: () => number) {
    this.request = request;
    this.response = response;
    this.url = url;
    this.log = log;
    this.now = now;
    this.startedAt = now();
    // Tells the server's answers from those of whatever stands in between (C.2).
    this.head = { CRUDP: '1' };
  }

  /** Aborted when the peer has gone. */
  get gone(): AbortSignal {
    if (this.goneSignal === undefined) {
      const controller = new AbortController();
      this.onGone(() => controller.abort());
      this.goneSignal = controller.signal;
    }
    return this.goneSignal;
  }

  /** Calls back, at least once, when the peer has gone; at once, if it has. */
  onGone(listener: () => void): void {
    if (this.response.destroyed) listener();
    else this.response.on('close', listener);
  }

  /** Gives the response the head of every answer. To be called before others than this server may write one. */
  writeHead(): void {
    for (const [name, value] of Object.entries(this.head)) this.response.setHeader(name, value);
  }

  header(name: string): string {
    const value = this.request.headers[name];
    return typeof value === 'string' ? value : (value?.[0] ?? '');
  }

  answer(status: number, json: unknown, facts: AnswerFacts = {}): void {
    const { response } = this;
    if (response.headersSent || response.destroyed) return;
    const body = json === undefined ? '' : JSON.stringify(json);
    this.writeHead();
    response.statusCode = status;
    if (body !== '') response.setHeader('Content-Type', 'application/json; charset=utf-8');
    if (status !== 204) response.setHeader('Content-Length', Buffer.byteLength(body));
    response.setHeader('Cache-Control', 'no-store');
    response.setHeader('X-Content-Type-Options', 'nosniff');
    if (facts.retryAfterSeconds !== undefined) response.setHeader('Retry-After', facts.retryAfterSeconds);
    response.end(body);
    this.answered(facts.log);
  }

  /** Ends an answer whose `Location` is set, or that was given already. */
  redirect(facts?: AnswerFacts['log']): void {
    const { response } = this;
    if (!response.headersSent) {
      // A form is posted; what follows it is a page to be got.
      if (response.statusCode < 300 || response.statusCode > 399) response.statusCode = 303;
      response.setHeader('Cache-Control', 'no-store');
      response.setHeader('Content-Length', 0);
    }
    if (!response.writableEnded) response.end();
    this.answered(facts);
  }

  /** Tells the log what the answer was. */
  answered(facts: AnswerFacts['log'] = {}): void {
    this.log({
      event: 'answered',
      method: this.request.method ?? '',
      path: this.url.pathname,
      status: this.response.statusCode,
      durationMs: this.now() - this.startedAt,
      ...facts,
    });
  }

  /** Answers for whatever was thrown. Only a refusal's own words go out. */
  refuse(error: unknown): void {
    if (this.response.headersSent) {
      this.log({ event: 'failed', where: this.url.pathname, error });
      this.response.destroy();
    } else if (error instanceof RequestRefused) {
      const { httpStatus, body, code, retryAfterSeconds } = error;
      this.answer(httpStatus, body, { log: { code }, ...(retryAfterSeconds !== undefined && { retryAfterSeconds }) });
    } else {
      this.log({ event: 'failed', where: this.url.pathname, error });
      this.answer(
        500,
        { code: 'internal', message: 'the server failed; its log says why' },
        { log: { code: 'internal' } },
      );
    }
  }
}

export interface AnswerFacts {
  readonly retryAfterSeconds?: number;
  readonly log?: {
    readonly code?: string;
    readonly user?: string;
    readonly outbox?: string;
    readonly bytes?: number;
    readonly packets?: number;
    readonly appended?: number;
  };
}
