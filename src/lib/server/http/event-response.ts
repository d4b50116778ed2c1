import type { ServerResponse } from 'node:http';
import type { Clock } from '../../clock.ts';
import { eventText, heartbeatText } from '../../sse/event-text.ts';
import type { EventSink, StreamEvent } from '../core.ts';

/** What is handed to the socket at once; the next piece follows when it has been taken, so that progress can be seen. */
const pieceBytes = 65_536;
/** For the last bytes of a stream that has ended; then the connection is cut. */
const lingerMs = 5000;

/** A text/event-stream as a sink. */
export class EventResponse implements EventSink {
  onDrain: () => void = () => {};
  takenBytes = 0;
  unsentBytes = 0;
  private readonly response: ServerResponse;
  private readonly clock: Clock;
  private waiting: Buffer[] = [];
  private isWriting = false;
  private isClosed = false;

  constructor(response: ServerResponse, clock: Clock) {
    this.response = response;
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
    if (!this.response.headersSent) this.writeHead();
    const bytes = Buffer.from(text);
    this.waiting.push(bytes);
    this.unsentBytes += bytes.length;
    this.writeNext();
  }

  private writeHead(): void {
    // No chunks: an event is then one write to the socket, not three. The price is that a connection ends with its stream,
    // which is what a stream's end nearly always is.
    this.response.useChunkedEncodingByDefault = false;
    this.response.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-cache, no-transform',
      'X-Accel-Buffering': 'no',
      'X-Content-Type-Options': 'nosniff',
    });
    this.response.socket?.setTimeout(0);
  }

  private writeNext(): void {
    if (this.isWriting || this.waiting.length === 0) return;
    const piece = this.takePiece();
    this.isWriting = true;
    this.response.write(piece, (error) => {
      this.isWriting = false;
      // The response's `close` event ends the session.
      if (error) return;
      this.takenBytes += piece.length;
      this.unsentBytes -= piece.length;
      if (this.waiting.length > 0) this.writeNext();
      else if (this.isClosed) this.response.end();
      else this.onDrain();
    });
  }

  /** Small events that waited together go out together; a large one goes out in pieces. */
  private takePiece(): Buffer {
    const [first] = this.waiting;
    if (first && first.length > pieceBytes) {
      this.waiting[0] = first.subarray(pieceBytes);
      return first.subarray(0, pieceBytes);
    }
    let count = 0;
    let bytes = 0;
    for (const { length } of this.waiting) {
      if (bytes + length > pieceBytes) break;
      bytes += length;
      count++;
    }
    if (count === 1) return this.waiting.shift() as Buffer;
    return Buffer.concat(this.waiting.splice(0, count), bytes);
  }
}
