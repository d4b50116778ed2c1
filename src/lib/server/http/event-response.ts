import type { ServerResponse } from 'node:http';
import type { Clock } from '../../clock.ts';
import { eventText, heartbeatText, idText } from '../../sse/event-text.ts';
import type { EventSink, StreamEvent } from '../core.ts';
import { lineOf } from '../event-data.ts';

/** What is handed to the socket at once; the next piece follows when it has been taken, so that progress can be seen. */
const pieceBytes = 65_536;
/** For the last bytes of a stream that has ended; then the connection is cut. */
const lingerMs = 5000;

/** Pieces up to this are copied together: one write of one buffer costs less than one of several. */
const joinedBytes = 8192;

const nobody = (): void => {};
const heartbeat = Buffer.from(heartbeatText);

/** What is sent of a frame after an event's id. All streams that get the same frame share these bytes. */
const bodies = new WeakMap<Uint8Array, Buffer>();

/** A text/event-stream as a sink. */
export class EventResponse implements EventSink {
  onDrain: () => void = nobody;
  takenBytes = 0;
  unsentBytes = 0;
  private readonly response: ServerResponse;
  private readonly clock: Clock;
  /** Until it is written. */
  private head: Readonly<Record<string, string>> | undefined;
  /** What waits for the piece that is being written. */
  private waiting: Buffer[] | undefined;
  /** A piece is on its way, or will be at the end of this turn. */
  private isWriting = false;
  private isClosed = false;

  /** @param head Headers beside those of a stream. */
  constructor(response: ServerResponse, head: Readonly<Record<string, string>>, clock: Clock) {
    this.response = response;
    this.head = head;
    this.clock = clock;
  }

  send(event: StreamEvent): void {
    const { id } = event;
    if (id !== undefined) this.write(Buffer.from(idText(id), 'latin1'));
    this.write(bodyOf(event));
  }

  heartbeat(): void {
    this.write(heartbeat);
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    // Refused before `hello`: whoever opened the session answers in another way.
    if (!this.response.headersSent) return;
    this.clock.after(lingerMs, () => this.response.destroy());
    if (!this.isWriting) this.response.end();
  }

  private write(part: Buffer): void {
    if (this.isClosed || this.response.destroyed) return;
    if (this.head !== undefined) this.writeHead(this.head);
    this.unsentBytes += part.length;
    this.waiting ??= [];
    this.waiting.push(part);
    if (this.isWriting) return;
    this.isWriting = true;
    // What else is sent in this turn goes out with it.
    process.nextTick(writePieceOf, this);
  }

  private writeHead(head: Readonly<Record<string, string>>): void {
    this.head = undefined;
    // No chunks: an event is then one write to the socket, not three. The price is that a connection ends with its stream,
    // which is what a stream's end nearly always is.
    this.response.useChunkedEncodingByDefault = false;
    this.response.writeHead(200, {
      ...head,
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-cache, no-transform',
      'X-Accel-Buffering': 'no',
      'X-Content-Type-Options': 'nosniff',
    });
    this.response.socket?.setTimeout(0);
  }

  /** Once for each time that `isWriting` becomes true. */
  writePiece(): void {
    const { waiting, response } = this;
    if (waiting === undefined || response.destroyed) return;
    const { parts, bytes } = takePiece(waiting);
    const last = parts.pop() as Buffer;
    response.cork();
    for (const part of parts) response.write(part);
    response.write(last, (error) => {
      // The response's `close` event ends the session.
      if (!error) this.taken(bytes);
    });
    response.uncork();
  }

  private taken(bytes: number): void {
    this.takenBytes += bytes;
    this.unsentBytes -= bytes;
    if (this.waiting !== undefined && this.waiting.length > 0) {
      this.writePiece();
      return;
    }
    this.waiting = undefined;
    this.isWriting = false;
    if (this.isClosed) this.response.end();
    else this.onDrain();
  }
}

/** One for all of them, so that a stream has none of its own. */
function writePieceOf(response: EventResponse): void {
  response.writePiece();
}

function bodyOf({ event, data }: StreamEvent): Buffer {
  if (typeof data === 'string') return Buffer.from(eventText({ event, data }));
  const known = bodies.get(data);
  if (known !== undefined) return known;
  const body = Buffer.from(eventText({ event, data: lineOf(data) }));
  bodies.set(data, body);
  return body;
}

/** Events that waited together go out together; a large one goes out in pieces. @param waiting Not empty. */
function takePiece(waiting: Buffer[]): { readonly parts: Buffer[]; readonly bytes: number } {
  let count = 0;
  let bytes = 0;
  for (const { length } of waiting) {
    if (count > 0 && bytes + length > pieceBytes) break;
    bytes += length;
    count++;
  }
  const first = waiting[0] as Buffer;
  if (first.length > pieceBytes) {
    waiting[0] = first.subarray(pieceBytes);
    return { parts: [first.subarray(0, pieceBytes)], bytes: pieceBytes };
  }
  const parts = waiting.splice(0, count);
  return { parts: count > 2 && bytes <= joinedBytes ? [Buffer.concat(parts, bytes)] : parts, bytes };
}
