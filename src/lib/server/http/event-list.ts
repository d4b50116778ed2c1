import type { EventSink, StreamEvent } from '../core.ts';

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

  send({ frame: _, ...event }: StreamEvent): void {
    this.events.push(event);
    this.unsentBytes += event.data.length;
    if (event.event === 'hello' && !isRecovered(event)) this.resolve();
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

function isRecovered({ data }: StreamEvent): boolean {
  return (JSON.parse(data) as { recovered: boolean }).recovered;
}
