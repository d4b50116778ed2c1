/** A result as a completion gives it. */
export interface NewResult {
  readonly seq: number;
  readonly status: number;
}

/** Packets side by side that ended alike. */
export type StatusSpan = readonly [from: number, to: number, status: number];

/** Where an entry stands in its log. */
export interface EntryPlace {
  readonly log: number;
  readonly offset: number;
  readonly mark: string;
}

/** A chunk that is not filed, but for its frame. */
export interface UnfiledChunk {
  readonly id: number;
  /** The outbox's name. */
  readonly outbox: string;
  readonly statuses: readonly StatusSpan[];
  readonly bytes: number;
  readonly entry: EntryPlace | null;
}

/** One that stands in a log. */
export type LoggedChunk = UnfiledChunk & { readonly entry: EntryPlace };

/** What is kept of chunks that are not filed. */
export class Unfiled {
  /** The last chunk that is filed; ids above it are never given twice, though chunks are deleted. */
  readonly filed: number;
  readonly byOutbox = new Map<number, UnfiledChunk[]>();
  readonly byLog = new Map<number, LoggedChunk[]>();
  lastId: number;
  results = 0;

  constructor(filed: number) {
    this.filed = filed;
    this.lastId = filed;
  }

  add(chunk: UnfiledChunk, outbox: number): void {
    this.lastId = chunk.id;
    for (const [from, to] of chunk.statuses) this.results += to - from + 1;
    addTo(this.byOutbox, outbox, chunk);
    const { entry } = chunk;
    if (entry) addTo(this.byLog, entry.log, chunk as LoggedChunk);
  }
}

function addTo<Key, Value>(lists: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

/** The `results` column of ascending results. */
export function statusSpans(results: readonly NewResult[]): StatusSpan[] {
  const spans: [from: number, to: number, status: number][] = [];
  for (const { seq, status } of results) {
    const last = spans.at(-1);
    if (last && last[1] + 1 === seq && last[2] === status) last[1] = seq;
    else spans.push([seq, seq, status]);
  }
  return spans;
}
