import type { Clock, Timer } from '../clock.ts';
import type { Broker, Fed, NewsListener } from './broker.ts';
import type { ByeReason, EventSink, EventsRequest, Session, StreamEvent } from './core.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { type Heard, heardBy, placeIn } from './heard.ts';
import type { JointTimer } from './joint-timer.ts';
import type { Identity, Journal } from './journal.ts';
import { beginning, type LogEntry, type LogReading } from './journal-log.ts';
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
  readonly maxUnsentBytes: number;
  /** Wakes a session when its next heartbeat is due. */
  readonly beats: JointTimer<EventSession>;
  /** Wakes a session that could not hand over all it had when nothing of it has been taken for too long. */
  readonly patience: JointTimer<EventSession>;
}

/** What surrounds an event's data, at most: field names and a cursor. */
export const eventOverheadBytes = 320;

/**
 * One open event stream (C.3): reads the logs its user hears as fast as its sink takes them, and no faster.
 *
 * A server holds ten thousand of them that wait, so what it keeps is little: no timers, tables or functions of its own.
 */
export class EventSession implements Session, NewsListener, Fed {
  readonly outbox: string;
  private readonly deps: SessionDeps;
  private readonly identity: Identity;
  private readonly expiresAt: number | undefined;
  private readonly sink: EventSink;
  private readonly onEnd: (session: EventSession) => void;
  private readonly logs: readonly Heard[];
  /** Results of reads that found no room: in no log, so they are fetched again by number. */
  private missedReads: Set<number> | undefined;
  /** Where it waits for its next heartbeat. */
  private beating: Set<EventSession> | undefined;
  /** Where it waits for its reader, and what that one had taken when the waiting began. */
  private waiting: Set<EventSession> | undefined;
  private takenThen = 0;
  private expiry: Timer | undefined;
  private isOpen = false;
  private isFeeding = false;
  private isBlocked = false;
  private hasEnded = false;

  /** @param onEnd Called once, however it ends. */
  constructor(
    deps: SessionDeps,
    { identity, outbox, expiresAt }: EventsRequest,
    sink: EventSink,
    onEnd: (session: EventSession) => void,
  ) {
    this.deps = deps;
    this.identity = identity;
    this.outbox = outbox;
    this.expiresAt = expiresAt;
    this.sink = sink;
    this.onEnd = onEnd;
    this.logs = heardBy(identity);
  }

  /**
   * Sends `hello`, then begins to feed.
   *
   * @param cursor Where to begin; null: at the end.
   */
  async open(cursor: string | null): Promise<void> {
    const { broker, log } = this.deps;
    const { outbox, identity } = this;
    this.sink.onDrain = () => this.unblock();
    // Before the first look at the logs, so that nothing is committed unheard between the two.
    broker.listen(this, this.logNames);
    const recovered = await this.findPlaces(cursor);
    if (this.hasEnded) return;
    this.isOpen = true;
    log({ event: 'stream_opened', user: identity.user, outbox, recovered });
    this.sendHello(recovered);
    this.beating = this.deps.beats.add(this);
    this.watchCredentials();
    void this.feed();
  }

  hearLog(log: string): void {
    for (const heard of this.logs) if (heard.name === log) heard.stale = true;
    this.feedSoon();
  }

  hearRead(outbox: string, frame: Uint8Array): void {
    if (outbox !== this.outbox) return;
    if (this.isOpen && !this.isBlocked && this.missedReads === undefined && this.hasRoom(frame)) {
      this.sendFrame('results', frame);
      return;
    }
    this.missedReads ??= new Set();
    for (const seq of this.deps.seqsOf(frame)) this.missedReads.add(seq);
    this.feedSoon();
  }

  close(): void {
    this.end('gone');
  }

  private get logNames(): string[] {
    return this.logs.map(({ name }) => name);
  }

  get user(): string {
    return this.identity.user;
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
  private async findPlaces(text: string | null): Promise<boolean> {
    const { journal, broker } = this.deps;
    const cursor = text === null ? null : decodeCursor(text, this.logNames);
    const isOurs = cursor?.epoch === journal.epoch;
    const found = await Promise.all(
      this.logs.map(async (heard) => {
        const place = text === null ? 'end' : isOurs ? placeIn(cursor, heard.name) : null;
        if (place === 'end') {
          heard.position = await journal.end(heard.name);
          return true;
        }
        const { entries, recovered } = await broker.read(heard.name, place ?? beginning);
        if (place && recovered) heard.position = place;
        else if (entries.length > 0) heard.anchored = false;
        else heard.position = await journal.end(heard.name);
        heard.stale ||= entries.length > 0;
        return place !== null && recovered;
      }),
    );
    return found.every(Boolean);
  }

  /** Asks for its turn to be fed. Who is fed already goes on with what is new; who is blocked, when it no longer is. */
  private feedSoon(): void {
    if (this.isOpen && !this.isFeeding && !this.isBlocked) this.deps.broker.feedSoon(this);
  }

  /** Hands over what there is, until nothing is left or the sink is full. One feeding at a time. Never rejects. */
  async feed(): Promise<void> {
    if (!this.isOpen || this.isFeeding || this.isBlocked || this.hasEnded) return;
    this.isFeeding = true;
    try {
      while (!this.isBlocked && !this.hasEnded) {
        const stale = this.logs.find((heard) => heard.stale);
        if (this.missedReads !== undefined) await this.sendMissedReads(this.missedReads);
        else if (stale === undefined) break;
        else {
          stale.stale = false;
          const reading = this.deps.broker.read(stale.name, stale.position);
          this.sendPage(stale, reading instanceof Promise ? await reading : reading);
        }
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

  private sendPage(heard: Heard, { entries, recovered, more }: LogReading): void {
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
    this.sendFrame(kind, frame, this.cursor());
  }

  private sendFrame(kind: LogEntry['kind'], frame: Uint8Array, id?: string): void {
    this.send(id === undefined ? { event: kind, data: frame } : { event: kind, id, data: frame });
  }

  private sendHello(recovered: boolean): void {
    const { journal, contract, heartbeatMs } = this.deps;
    const { user } = this.identity;
    const data = JSON.stringify({ epoch: journal.epoch, user, contract, recovered, heartbeatMs });
    this.send({ id: this.cursor(), event: 'hello', data });
  }

  private async sendMissedReads(missed: Set<number>): Promise<void> {
    const { identity, outbox } = this;
    const seqs = [...missed].slice(0, 100);
    const chunks = await this.deps.journal.results({ user: identity.user, outbox }, seqs, this.deps.maxUnsentBytes);
    if (this.hasEnded) return;
    for (const { frame, seqs: sent } of chunks) {
      if (!this.hasRoom(frame)) {
        this.isBlocked = true;
        return;
      }
      this.sendFrame('results', frame);
      for (const seq of sent) missed.delete(seq);
    }
    // Acknowledged in the meantime, for instance by way of a POST's answer.
    if (chunks.length === 0) for (const seq of seqs) missed.delete(seq);
    if (missed.size === 0) this.missedReads = undefined;
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
    if (this.missedReads !== undefined || this.logs.some(({ stale }) => stale)) this.feedSoon();
  }

  private cursor(): string {
    return encodeCursor(this.deps.journal.epoch, this.logs);
  }

  /** It is time for a sign of life. */
  beat(): void {
    // Bytes that wait for the network say as much as a comment behind them would.
    if (this.sink.unsentBytes === 0) this.sink.heartbeat();
    this.watchReader();
    if (!this.hasEnded) this.beating = this.deps.beats.add(this);
  }

  /** Whoever takes nothing at all for so long is gone or as good as gone; whoever takes slowly is only slow. */
  private watchReader(): void {
    if (this.sink.unsentBytes === 0 || this.sink.isPatient || this.waiting !== undefined || this.hasEnded) return;
    this.takenThen = this.sink.takenBytes;
    this.waiting = this.deps.patience.add(this);
  }

  /** It has waited for its reader as long as it may. */
  endPatience(): void {
    this.waiting = undefined;
    if (this.sink.unsentBytes > 0 && this.sink.takenBytes === this.takenThen) this.bye('slow');
    else this.watchReader();
  }

  private watchCredentials(): void {
    const { expiresAt } = this;
    if (expiresAt === undefined || this.hasEnded) return;
    const leftMs = expiresAt - this.deps.clock.now();
    // A timer may be shorter than what is left: they take 31 bits of milliseconds.
    if (leftMs <= 0) this.bye('auth');
    else this.expiry = this.deps.clock.after(leftMs, () => this.watchCredentials());
  }

  private end(reason: ByeReason | 'gone'): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.beating?.delete(this);
    this.waiting?.delete(this);
    this.expiry?.cancel();
    const { identity, outbox } = this;
    this.deps.broker.unlisten(this, this.logNames);
    this.sink.close();
    if (this.isOpen) this.deps.log({ event: 'stream_closed', user: identity.user, outbox, reason });
    this.onEnd(this);
  }
}
