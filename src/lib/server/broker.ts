import type { PacketResult } from '../packet.ts';
import type { Journal, JournalNews, OutboxKey, ResultChunk } from './journal.ts';
import { type LogPosition, type LogReading, userLog } from './journal-log.ts';
import { ManyMap } from './many-map.ts';
import { Rounds } from './rounds.ts';

/** About what one event carries (C.3), and so what one reading takes. */
const pageBytes = 49_152;

/** Whoever is told of news, as long as it is known to the broker. */
export interface NewsListener {
  /** A log that it hears has new entries. */
  hearLog(log: string): void;
  /** Results of reads of an outbox of a user whose log it hears, as a response frame. */
  hearRead(outbox: string, frame: Uint8Array): void;
}

/** Results that were committed together: all of the frame's. */
export interface ToldResults extends ResultChunk {
  /** What the frame says, where no result has records: a handler may have changed since what it answered. */
  readonly bare?: readonly PacketResult[] | undefined;
}

export type ResultsListener = (told: ToldResults) => void;

/** Who is fed what it has heard of, when its turn comes. */
export interface Fed {
  feed(): unknown;
  /** Of what it was fed; who has some comes after those who have none. */
  readonly unsentBytes: number;
}

/** Hands the journal's news to the sessions and waiting requests of this process, and reads for them. */
export class Broker {
  private readonly journal: Journal;
  private readonly logs = new ManyMap<string, NewsListener>();
  private readonly results = new ManyMap<string, ResultsListener>();
  private readonly workers = new Set<() => void>();
  /** By log and place: under way, or made in this round. */
  private readonly readings = new Map<string, Map<string, Promise<LogReading> | LogReading>>();
  /** Drop what has been read, when the round is over. */
  private readonly forgetting: (() => void)[] = [];
  private readonly rounds = new Rounds<Fed>(
    (one) => one.feed(),
    ({ unsentBytes }) => unsentBytes > 0,
    () => {
      for (const forget of this.forgetting.splice(0)) forget();
    },
  );
  private unsubscribe: (() => void) | undefined;

  constructor(journal: Journal) {
    this.journal = journal;
  }

  open(): void {
    this.unsubscribe ??= this.journal.subscribe((news) => this.tell(news));
  }

  close(): void {
    this.unsubscribe?.();
    this.unsubscribe = undefined;
  }

  /** From now on the listener hears these logs, and with a user's log the reads of that user. */
  listen(listener: NewsListener, logs: readonly string[]): void {
    for (const log of logs) this.logs.add(log, listener);
  }

  /** Ends what `listen` began with the same arguments. Idempotent. */
  unlisten(listener: NewsListener, logs: readonly string[]): void {
    for (const log of logs) this.logs.delete(log, listener);
  }

  /** Hears which packets of an outbox have come to a durable result in this process, and which. @returns Ends it. */
  onResults(key: OutboxKey, listener: ResultsListener): () => void {
    const topic = topicOf(key);
    this.results.add(topic, listener);
    return () => this.results.delete(topic, listener);
  }

  /** Told by whoever commits results: who waits for them need not ask the journal after each commit. */
  tellResults(key: OutboxKey, told: ToldResults): void {
    for (const listener of this.results.of(topicOf(key))) listener(told);
  }

  /** Hears that packets wait to be run. @returns Ends it. */
  onWork(listener: () => void): () => void {
    this.workers.add(listener);
    return () => this.workers.delete(listener);
  }

  /** Has it fed soon, in turns with others. */
  feedSoon(one: Fed): void {
    this.rounds.add(one);
  }

  /**
   * A page of a log after `position`. Sessions at the same place share one reading, also those that are fed later in the
   * same round: a push to all is read once. To them it is given as it is, since a promise's turns would cost as much as
   * the event.
   */
  read(log: string, position: LogPosition): Promise<LogReading> | LogReading {
    const all = this.readings.get(log) ?? new Map<string, Promise<LogReading> | LogReading>();
    this.readings.set(log, all);
    const place = `${position.offset} ${position.mark}`;
    const shared = all.get(place);
    if (shared) return shared;
    const forget = (): void => {
      all.delete(place);
      if (all.size === 0 && this.readings.get(log) === all) this.readings.delete(log);
    };
    const reading = this.journal.read(log, position, pageBytes).then(
      (page) => {
        if (this.rounds.isBusy) {
          all.set(place, page);
          this.forgetting.push(forget);
        } else forget();
        return page;
      },
      (error: unknown) => {
        forget();
        throw error;
      },
    );
    all.set(place, reading);
    return reading;
  }

  private tell(news: JournalNews): void {
    if (news.kind === 'log') {
      // What began before may have seen nothing of it.
      this.readings.delete(news.log);
      for (const listener of this.logs.of(news.log)) listener.hearLog(news.log);
    }
    if (news.kind === 'read') {
      for (const listener of this.logs.of(userLog(news.user))) listener.hearRead(news.outbox, news.frame);
    }
    if (news.kind === 'work') for (const wake of this.workers) wake();
  }
}

function topicOf({ user, outbox }: OutboxKey): string {
  // The outbox's number has a fixed length, so the user's name cannot run into it.
  return outbox + user;
}
