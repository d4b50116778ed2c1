import { beginning, type LogEntry, type LogPosition, type LogReading } from '../../journal-log.ts';

interface Stored {
  readonly entry: LogEntry;
  /** ms since 1970 UTC. */
  readonly at: number;
}

/** One log of the memory journal: entries with consecutive offsets, of which the oldest may be gone. */
export class MemoryLog {
  readonly #name: string;
  readonly #entries: Stored[] = [];
  /** The last entry that was trimmed: who has read up to it has missed nothing. */
  #start = beginning;
  #end = beginning;

  constructor(name: string) {
    this.#name = name;
  }

  get end(): LogPosition {
    return this.#end;
  }

  append(entry: Pick<LogEntry, 'kind' | 'outbox' | 'frame' | 'mark'>, at: number): void {
    const offset = this.#end.offset + 1;
    this.#entries.push({ entry: { log: this.#name, offset, ...entry }, at });
    this.#end = { offset, mark: entry.mark };
  }

  read(position: LogPosition, maxBytes: number): LogReading {
    const recovered = this.#markAt(position.offset) === position.mark;
    const from = recovered ? position.offset - this.#start.offset : 0;
    const entries: LogEntry[] = [];
    let bytes = 0;
    for (let index = from; index < this.#entries.length; index++) {
      const { entry } = this.#entries[index] as Stored;
      bytes += entry.frame.length;
      if (entries.length > 0 && bytes > maxBytes) break;
      entries.push(entry);
    }
    return { entries, recovered, more: from + entries.length < this.#entries.length };
  }

  /**
   * Drops entries up to the last one older than `before`. A clock that jumped leaves younger ones among them: they go
   * too, since a log has no holes.
   */
  trim(before: number): void {
    this.#drop(this.#entries.findLastIndex(({ at }) => at < before) + 1);
  }

  /** Drops the oldest entries until the others' frames have at most so many bytes. */
  trimToSize(maxBytes: number): void {
    let bytes = this.#entries.reduce((sum, { entry }) => sum + entry.frame.length, 0);
    let count = 0;
    for (; bytes > maxBytes; count++) bytes -= (this.#entries[count] as Stored).entry.frame.length;
    this.#drop(count);
  }

  #drop(count: number): void {
    if (count === 0) return;
    const { offset, mark } = (this.#entries[count - 1] as Stored).entry;
    this.#start = { offset, mark };
    this.#entries.splice(0, count);
  }

  #markAt(offset: number): string | undefined {
    if (offset === this.#start.offset) return this.#start.mark;
    return this.#entries[offset - this.#start.offset - 1]?.entry.mark;
  }
}
