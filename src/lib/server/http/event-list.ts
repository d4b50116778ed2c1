import type { EventSink, StreamEvent } from '../core.ts';
import { lineOf } from '../event-data.ts';

/** Enough for one answer of a long poll. */
const fullBytes = 65_536;

/** A sink that collects: what a long poll answers. */
export class EventList implements EventSink {
  onDrain: () => void = () => {};
  readonly takenBytes = 0;
  readonly isPatient = true;
  unsentBytes = 0;
  readonly events: StreamEvent[] = [];
  /** Resolves when there is something to answer: events, the end of the session, or no cursor to wait with. */
  readonly ready: Promise<void>;
  private resolve: () => void = () => {};

  constructor() {
    this.ready = new Promise((resolve) => {
      this.resolve = resolve;
    });
  }

  send({ data, ...event }: StreamEvent): void {
    const line = lineOf(data);
    this.events.push({ ...event, data: line });
    this.unsentBytes += line.length;
    if (event.event === 'hello' && !isRecovered(line)) this.resolve();
    if (event.event === 'bye' || this.unsentBytes >= fullBytes) this.resolve();
  }

  idle(): void {
    if (this.events.some(({ event }) => event !== 'hello')) this.resolve();
  }

  heartbeat(): void {}

  close(): void {
    this.resolve();
  }

  /** Nothing more is waited for. */
  end(): void {
    this.resolve();
  }
}

function isRecovered(hello: string): boolean {
  return (JSON.parse(hello) as { recovered: boolean }).recovered;
}
