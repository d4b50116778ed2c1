import type { Clock, Timer } from '../clock.ts';
import type { Broker } from './broker.ts';
import type { ByeReason, EventSink, EventsRequest, Session, StreamEvent } from './core.ts';
import { type Cursor, decodeCursor, encodeCursor, nameHash } from './cursor.ts';
import { base64 } from './frame-text.ts';
import type { Journal } from './journal.ts';
import type { LogEntry, LogPosition } from './journal-log.ts';
import type { Log } from './log.ts';

export interface SessionDeps {
  readonly journal: Journal;
  readonly broker: Broker;
  readonly clock: Clock;
  readonly log: Log;
  /** The contract's version, for `hello`. */
  readonly contract: number;
  /** The sequence numbers of the results in a response frame. */
  readonly seqsOf: (frame: Uint8Array) => readonly number[];
  readonly heartbeatMs: number;
  readonly stuckMs: number;
  readonly maxUnsentBytes: number;
}

/** A log that the session hears: the last entry it handed over, and whether there may be more. */
interface Heard {
  /** Of its name, as cursors have it. */
  readonly hash: number;
  position: LogPosition;
  stale: boolean;
  /** False while `position` is not in the log: what the cursor knew is gone, and reading begins at the oldest. */
  anchored: boolean;
}

const beginning: LogPosition = { offset: 0, mark: '' };
/** What surrounds an event's data, at most: field names and a cursor. */
export const eventOverheadBytes = 320;

/** One open event stream (C.3): reads the logs its user hears as fast as its sink takes them, and no faster. */
export class EventSession implements Session {
  private readonly deps: SessionDeps;
  private readonly request: EventsRequest;
  private readonly sink: EventSink;
  private readonly onEnd: () => void;
  private readonly logs: Map<string, Heard>;
  /** Results of reads that found no room: in no log, so they are fetched again by number. */
  private readonly missedReads = new Set<number>();
  private readonly unlisten: (() => void)[] = [];
  private readonly timers = new Map<string, Timer>();
  private isOpen = false;
  private isFeeding = false;
  private isBlocked = false;
  private hasEnded = false;

  /** @param onEnd Called once, however it ends. */
  constructor(deps: SessionDeps, request: EventsRequest, sink: EventSink, onEnd: () => void) {
    this.deps = deps;
    this.request = request;
    this.sink = sink;
    this.onEnd = onEnd;
    const { user, roles } = request.identity;
    const names = new Set([`user:${user}`, 'all', ...roles.map((role) => `role:${role}`).sort()]);
    this.logs = new Map(
      [...names].map((name) => [name, { hash: nameHash(name), position: beginning, stale: false, anchored: true }]),
    );
  }

  /** Sends `hello`, then begins to feed. */
  async open(): Promise<void> {
    const { broker, log } = this.deps;
    const { identity, outbox } = this.request;
    this.sink.onDrain = () => this.unblock();
    // Before the first look at the logs, so that nothing is committed unheard between the two.
    for (const [name, heard] of this.logs) {
      this.unlisten.push(
        broker.onLog(name, () => {
          heard.stale = true;
          void this.feed();
        }),
      );
    }
    this.unlisten.push(broker.onRead({ user: identity.user, outbox }, (frame) => this.sendRead(frame)));
    const recovered = await this.findPlaces();
    if (this.hasEnded) return;
    this.isOpen = true;
    log({ event: 'stream_opened', user: identity.user, outbox, recovered });
    this.sendHello(recovered);
    this.beat();
    this.watchCredentials();
    void this.feed();
  }

  close(): void {
    this.end('gone');
  }

  get outbox(): string {
    return this.request.outbox;
  }

  get unsentBytes(): number {
    return this.sink.unsentBytes;
  }

  /** Whether `hello` was sent. */
  get hasOpened(): boolean {
    return this.isOpen;
  }

  /** Says goodbye and ends. Idempotent. */
  bye(reason: ByeReason): void {
    if (this.hasEnded) return;
    if (this.isOpen) this.sink.send({ event: 'bye', data: JSON.stringify({ reason }) });
    this.end(reason);
  }

  /** @returns Whether the logs hold exactly what follows the cursor. */
  private async findPlaces(): Promise<boolean> {
    const { journal, broker } = this.deps;
    const { cursor: text } = this.request;
    const cursor = text === null ? null : decodeCursor(text, [...this.logs.keys()]);
    const isOurs = cursor?.epoch === journal.epoch;
    const found = await Promise.all(
      Array.from(this.logs, async ([name, heard]) => {
        const place = text === null ? 'end' : isOurs ? placeIn(cursor, name) : null;
        if (place === 'end') {
          heard.position = await journal.end(name);
          return true;
        }
        const { entries, recovered } = await broker.read(name, place ?? beginning);
        if (place && recovered) heard.position = place;
        else if (entries.length > 0) heard.anchored = false;
        else heard.position = await journal.end(name);
        heard.stale ||= entries.length > 0;
        return place !== null && recovered;
      }),
    );
    return found.every(Boolean);
  }

  /** Hands over what there is, until nothing is left or the sink is full. One feeding at a time. */
  private async feed(): Promise<void> {
    if (!this.isOpen || this.isFeeding || this.isBlocked || this.hasEnded) return;
    this.isFeeding = true;
    try {
      while (!this.isBlocked && !this.hasEnded) {
        const stale = this.staleLog();
        if (this.missedReads.size > 0) await this.sendMissedReads();
        else if (stale !== undefined) await this.sendPage(...stale);
        else break;
      }
      if (!this.isBlocked && !this.hasEnded) this.sink.idle?.();
    } catch (error) {
      // The reader comes back with its cursor; a stream that goes on with a hole would be worse.
      this.deps.log({ event: 'failed', where: 'events', error });
      this.end('gone');
    } finally {
      this.isFeeding = false;
    }
  }

  private staleLog(): [name: string, heard: Heard] | undefined {
    for (const each of this.logs) if (each[1].stale) return each;
    return undefined;
  }

  private async sendPage(name: string, heard: Heard): Promise<void> {
    heard.stale = false;
    const { entries, recovered, more } = await this.deps.broker.read(name, heard.position);
    if (this.hasEnded) return;
    // Else the next news say when to look again: a second look after each event would cost as much as the event.
    heard.stale ||= more;
    if (!recovered && heard.anchored) {
      // Trimmed while this reader was behind. The gap is announced by the hello of its next stream.
      this.bye('slow');
      return;
    }
    for (const entry of entries) {
      if (!this.hasRoom(entry.frame)) {
        heard.stale = true;
        this.isBlocked = true;
        return;
      }
      heard.position = { offset: entry.offset, mark: entry.mark };
      heard.anchored = true;
      this.sendEntry(entry);
      if (this.hasEnded) return;
    }
  }

  private sendEntry({ kind, frame }: LogEntry): void {
    this.send({ id: this.cursor(), event: kind, data: base64(frame) });
  }

  private sendHello(recovered: boolean): void {
    const { journal, contract, heartbeatMs } = this.deps;
    const { user } = this.request.identity;
    const data = JSON.stringify({ epoch: journal.epoch, user, contract, recovered, heartbeatMs });
    this.send({ id: this.cursor(), event: 'hello', data });
  }

  private sendRead(frame: Uint8Array): void {
    if (this.isOpen && !this.isBlocked && this.missedReads.size === 0 && this.hasRoom(frame)) {
      this.send({ event: 'results', data: base64(frame) });
      return;
    }
    for (const seq of this.deps.seqsOf(frame)) this.missedReads.add(seq);
    void this.feed();
  }

  private async sendMissedReads(): Promise<void> {
    const { identity, outbox } = this.request;
    const seqs = [...this.missedReads].slice(0, 100);
    const chunks = await this.deps.journal.results({ user: identity.user, outbox }, seqs, this.deps.maxUnsentBytes);
    if (this.hasEnded) return;
    for (const { frame, seqs: sent } of chunks) {
      if (!this.hasRoom(frame)) {
        this.isBlocked = true;
        return;
      }
      this.send({ event: 'results', data: base64(frame) });
      for (const seq of sent) this.missedReads.delete(seq);
    }
    // Acknowledged in the meantime, for instance by way of a POST's answer.
    if (chunks.length === 0) for (const seq of seqs) this.missedReads.delete(seq);
  }

  private send(event: StreamEvent): void {
    this.sink.send(event);
    this.watchReader();
  }

  private hasRoom(frame: Uint8Array): boolean {
    const { unsentBytes } = this.sink;
    const size = Math.ceil(frame.length / 3) * 4 + eventOverheadBytes;
    return unsentBytes === 0 || unsentBytes + size <= this.deps.maxUnsentBytes;
  }

  private unblock(): void {
    this.isBlocked = false;
    void this.feed();
  }

  private cursor(): string {
    const { logs } = this;
    const places = Array.from(logs, ([name, { position }]) => [name, position] as const);
    return encodeCursor(this.deps.journal.epoch, places, (name) => (logs.get(name) as Heard).hash);
  }

  private beat(): void {
    this.arm('heartbeat', this.deps.heartbeatMs, () => {
      // Bytes that wait for the network say as much as a comment behind them would.
      if (this.sink.unsentBytes === 0) this.sink.heartbeat();
      this.watchReader();
      this.beat();
    });
  }

  /** Whoever takes nothing at all for `stuckMs` is gone or as good as gone; whoever takes slowly is only slow. */
  private watchReader(): void {
    if (this.sink.unsentBytes === 0 || this.timers.has('stuck')) return;
    const { takenBytes } = this.sink;
    this.arm('stuck', this.deps.stuckMs, () => {
      if (this.sink.unsentBytes > 0 && this.sink.takenBytes === takenBytes) this.bye('slow');
      else this.watchReader();
    });
  }

  private watchCredentials(): void {
    const { expiresAt } = this.request;
    if (expiresAt === undefined) return;
    const leftMs = expiresAt - this.deps.clock.now();
    // A timer may be shorter than what is left: they take 31 bits of milliseconds.
    if (leftMs <= 0) this.bye('auth');
    else this.arm('auth', leftMs, () => this.watchCredentials());
  }

  private arm(name: string, delayMs: number, callback: () => void): void {
    this.cancel(name);
    if (this.hasEnded) return;
    const timer = this.deps.clock.after(delayMs, () => {
      this.timers.delete(name);
      callback();
    });
    this.timers.set(name, timer);
  }

  private cancel(name: string): void {
    this.timers.get(name)?.cancel();
    this.timers.delete(name);
  }

  private end(reason: ByeReason | 'gone'): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    for (const name of [...this.timers.keys()]) this.cancel(name);
    for (const unlisten of this.unlisten) unlisten();
    this.sink.close();
    const { identity, outbox } = this.request;
    if (this.isOpen) this.deps.log({ event: 'stream_closed', user: identity.user, outbox, reason });
    this.onEnd();
  }
}

/** Where a cursor stands in a log: a position; `'end'` for one that it did not know, a role that is new; null: it had no room for it. */
function placeIn(cursor: Cursor, log: string): LogPosition | 'end' | null {
  return cursor.places.get(log) ?? (cursor.incomplete ? null : 'end');
}
