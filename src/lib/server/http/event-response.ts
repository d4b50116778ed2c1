import type { ServerResponse } from 'node:http';
import type { Clock } from '../../clock.ts';
import { eventText, heartbeatText } from '../../sse/event-text.ts';
import type { EventSink, StreamEvent } from '../core.ts';

/** What is handed to the socket at once; the next piece follows when it has been taken, so that progress can be seen. */
const pieceBytes = 65_536;
/** For the last bytes of a stream that has ended; then the connection is cut. */
const lingerMs = 5000;

const nobody = (): void => {};

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
  private isWriting = false;
  private isClosed = false;

  /** @param head Headers beside those of a stream. */
  constructor(response: ServerResponse, head: Readonly<Record<string, string>>, clock: Clock) {
    this.response = response;
    this.head = head;
    this.clock = clock;
  }

  send(event: StreamEvent): void {
    this.write(eventText(event));
  }

  heartbeat(): void {
    this.write(heartbeatText);
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    // Refused before `hello`: whoever opened the session answers in another way.
    if (!this.response.headersSent) return;
    this.clock.after(lingerMs, () => this.response.destroy());
    if (!this.isWriting) this.response.end();
  }

  private write(text: string): void {
    if (this.isClosed || this.response.destroyed) return;
    if (this.head !== undefined) this.writeHead(this.head);
    const bytes = Buffer.from(text);
    this.unsentBytes += bytes.length;
    if (!this.isWriting && bytes.length <= pieceBytes) this.writePiece(bytes);
    else {
      this.waiting ??= [];
      this.waiting.push(bytes);
      if (!this.isWriting) this.writePiece(takePiece(this.waiting));
    }
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

  private writePiece(piece: Buffer): void {
    this.isWriting = true;
    this.response.write(piece, (error) => {
      this.isWriting = false;
      // The response's `close` event ends the session.
      if (error) return;
      this.takenBytes += piece.length;
      this.unsentBytes -= piece.length;
      const { waiting } = this;
      if (waiting !== undefined && waiting.length > 0) this.writePiece(takePiece(waiting));
      else {
        this.waiting = undefined;
        if (this.isClosed) this.response.end();
        else this.onDrain();
      }
    });
  }
}

/** Small events that waited together go out together; a large one goes out in pieces. @param waiting Not empty. */
function takePiece(waiting: Buffer[]): Buffer {
  const [first] = waiting;
  if (first && first.length > pieceBytes) {
    waiting[0] = first.subarray(pieceBytes);
    return first.subarray(0, pieceBytes);
  }
  let count = 0;
  let bytes = 0;
  for (const { length } of waiting) {
    if (bytes + length > pieceBytes) break;
    bytes += length;
    count++;
  }
  if (count === 1) return waiting.shift() as Buffer;
  return Buffer.concat(waiting.splice(0, count), bytes);
}
