import type { Journal, JournalNews, OutboxKey } from './journal.ts';
import type { LogPosition, LogReading } from './journal-log.ts';
import { Topics } from './topics.ts';

/** About what one event carries (C.3), and so what one reading takes. */
const pageBytes = 49_152;

/** Hands the journal's news to the sessions and waiting requests of this process, and reads for them. */
export class Broker {
  private readonly journal: Journal;
  private readonly logs = new Topics<string, void>();
  private readonly reads = new Topics<string, Uint8Array>();
  private readonly results = new Topics<string, readonly number[]>();
  private readonly work = new Topics<'work', void>();
  /** By log and place. */
  private readonly underWay = new Map<string, Map<string, Promise<LogReading>>>();
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

  /** Hears that a log has new entries. @returns Ends it. */
  onLog(log: string, listener: () => void): () => void {
    return this.logs.listen(log, listener);
  }

  /** Hears results of an outbox's reads, as response frames. @returns Ends it. */
  onRead(key: OutboxKey, listener: (frame: Uint8Array) => void): () => void {
    return this.reads.listen(topicOf(key), listener);
  }

  /** Hears which packets of an outbox have come to a durable result in this process. @returns Ends it. */
  onResults(key: OutboxKey, listener: (seqs: readonly number[]) => void): () => void {
    return this.results.listen(topicOf(key), listener);
  }

  /** Told by whoever commits results: who waits for them need not ask the journal after each commit. */
  tellResults(key: OutboxKey, seqs: readonly number[]): void {
    this.results.tell(topicOf(key), seqs);
  }

  /** Hears that packets wait to be run. @returns Ends it. */
  onWork(listener: () => void): () => void {
    return this.work.listen('work', listener);
  }

  /** A page of a log after `position`. Sessions at the same place share one reading: a push to all is read once. */
  read(log: string, position: LogPosition): Promise<LogReading> {
    const all = this.underWay.get(log) ?? new Map<string, Promise<LogReading>>();
    this.underWay.set(log, all);
    const place = `${position.offset} ${position.mark}`;
    const shared = all.get(place);
    if (shared) return shared;
    const reading = this.journal.read(log, position, pageBytes).finally(() => {
      all.delete(place);
      if (all.size === 0 && this.underWay.get(log) === all) this.underWay.delete(log);
    });
    all.set(place, reading);
    return reading;
  }

  private tell(news: JournalNews): void {
    if (news.kind === 'log') {
      // What began before may have seen nothing of it.
      this.underWay.delete(news.log);
      this.logs.tell(news.log);
    }
    if (news.kind === 'read') this.reads.tell(topicOf(news), news.frame);
    if (news.kind === 'work') this.work.tell('work');
  }
}

function topicOf({ user, outbox }: OutboxKey): string {
  // The outbox's number has a fixed length, so the user's name cannot run into it.
  return outbox + user;
}
