import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../clock.ts';
import { RequestRefused } from '../refused.ts';

export interface BodyLimits extends BodyTimes {
  /** Bytes of a whole body. */
  readonly maxBatchBytes: number;
}

export interface BodyTimes {
  readonly clock: Clock;
  /** A body has this long, and `msPerByte` more for each byte that has come. */
  readonly slowBodyMs: number;
}

interface Sides {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** 2 kB a second, less than a telephone at the edge of its network: whoever is slower holds a connection, and sends nothing. */
const msPerByte = 0.5;

/**
 * Reads a whole request body, counting: an announced length is believed only where it is too much.
 *
 * A body somewhat too large is read to its end and dropped, so that the sender, who may not look for an answer before he
 * has sent all, gets it. Beyond twice the limit, or when time is over, the connection is given up with the answer.
 *
 * @throws {RequestRefused} 413 `too_large`; 408 `too_slow`; 408 `aborted`, which hardly anybody hears.
 * @throws {TypeError} As `refuseTaken`.
 */
export async function readBody(sides: Sides, limits: BodyLimits): Promise<Uint8Array> {
  const { maxBatchBytes: maxBytes } = limits;
  const { request } = sides;
  refuseTaken(request);
  let bytes = 0;
  const isHopeless = () => bytes > 2 * maxBytes || Number(request.headers['content-length'] ?? 0) > 2 * maxBytes;
  const chunks: Buffer[] = [];
  if (!isHopeless()) {
    for await (const chunk of bodyOf(sides, limits)) {
      bytes += chunk.length;
      if (bytes <= maxBytes) chunks.push(chunk);
      else chunks.length = 0;
      if (isHopeless()) break;
    }
  }
  const hasRest = isHopeless();
  if (hasRest) giveUp(sides);
  if (hasRest || bytes > maxBytes) {
    throw new RequestRefused(413, 'too_large', `a body has at most ${maxBytes} bytes`, { body: { maxBytes } });
  }
  const [only] = chunks;
  return only && chunks.length === 1 ? only : Buffer.concat(chunks, bytes);
}

/**
 * A request's body as it comes, for as long as it has.
 *
 * @throws {RequestRefused} 408 `too_slow`; 408 `aborted`.
 */
export async function* bodyOf(sides: Sides, limits: BodyTimes): AsyncGenerator<Buffer, void> {
  let bytes = 0;
  const deadline = new Deadline(limits, () => bytes);
  try {
    // Left alive when the loop is left: destroying the request would take the answer's connection away.
    for await (const chunk of timely(sides.request.iterator({ destroyOnReturn: false }), deadline)) {
      bytes += chunk.length;
      yield chunk;
    }
  } catch (cause) {
    if (cause instanceof RequestRefused) {
      giveUp(sides);
      throw cause;
    }
    throw new RequestRefused(408, 'aborted', `the body ended early: ${String(cause)}`);
  } finally {
    deadline.cancel();
  }
}

/**
 * A body that a parser in front of the server has read looks like an empty one: a call without records, a frame of no bytes,
 * for which a client would give its packets up.
 *
 * @throws {TypeError} `body_taken`.
 */
export function refuseTaken({ readableDidRead }: IncomingMessage): void {
  if (readableDidRead) throw bodyTaken();
}

/** Nothing is unpacked here: a bomb is small until then. @throws {RequestRefused} 415 `unsupported_media`. */
export function refuseCoding(coding: string): void {
  if (coding === '' || coding.toLowerCase() === 'identity') return;
  throw new RequestRefused(415, 'unsupported_media', 'bodies are sent without content coding');
}

export function bodyTaken(): TypeError {
  return new TypeError('[body_taken] somebody has read the body before: body parsers come after this server');
}

export function giveUp({ request, response }: Sides): void {
  if (request.httpVersionMajor === 1) response.setHeader('Connection', 'close');
}

/** The time that a body has: the more of it has come, the longer. */
class Deadline {
  /** Rejects when it is over. */
  readonly over: Promise<never>;
  cancel: () => void = () => {};

  constructor({ clock, slowBodyMs }: BodyTimes, received: () => number) {
    // Counted by timers: a clock that is set back would give a sender who sends nothing another hour.
    let spentMs = 0;
    this.over = new Promise((_, reject) => {
      const look = (): void => {
        const leftMs = slowBodyMs + msPerByte * received() - spentMs;
        if (leftMs <= 0) reject(new RequestRefused(408, 'too_slow', 'the body came too slowly'));
        else {
          const timer = clock.after(leftMs, () => {
            spentMs += leftMs;
            look();
          });
          this.cancel = () => timer.cancel();
        }
      };
      look();
    });
    // Mostly nobody waits for it any more.
    this.over.catch(() => undefined);
  }
}

async function* timely(body: AsyncIterableIterator<Buffer>, deadline: Deadline): AsyncGenerator<Buffer, void> {
  for (;;) {
    const next = body.next();
    // Given up, the connection ends, and the reading with it.
    next.catch(() => undefined);
    const { done, value } = await Promise.race([next, deadline.over]);
    if (done) return;
    yield value;
  }
}
