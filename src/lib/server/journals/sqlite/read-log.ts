import { CrudpError } from '../../../errors.ts';
import type { LogEntry, LogPosition, LogReading } from '../../journal-log.ts';
import { frameOf } from './connection.ts';
import { findLog, type LogRow } from './logs.ts';
import type { Tables } from './tables.ts';

/** More are read in several calls, however small they are. */
const maxEntries = 1024;

interface EntryRow {
  readonly offset: number;
  readonly mark: string;
  readonly outbox: string;
  readonly chunk: number | null;
  readonly frame: Uint8Array | ArrayBuffer;
  readonly sum: number | null;
}

/** An entry as it is found, but for its frame. */
type FoundEntry = Omit<EntryRow, 'frame' | 'sum'> & { readonly bytes: number };

export function readLog(tables: Tables, log: string, position: LogPosition, maxBytes: number): LogReading {
  const row = findLog(tables.db, log);
  if (!row) return { entries: [], recovered: position.offset === 0 && position.mark === '', more: false };
  const recovered = markAt(tables, row, position.offset) === position.mark;
  const after = recovered ? position.offset : row.start_offset;
  const found = within(entriesAfter(tables, row.id, after), maxBytes);
  const end = found.at(-1)?.offset ?? after;
  const frames = framesOf(tables, row.id, found);
  const entries = found.map(({ offset, mark, outbox, chunk }): LogEntry => {
    const frame = frames.get(offset);
    if (!frame) throw new CrudpError('journal_corrupt', `entry ${offset} of ${log} has no frame`);
    return { log, offset, mark, kind: chunk === null ? 'push' : 'results', outbox, frame };
  });
  return { entries, recovered, more: end < tables.logs.end(log).offset };
}

/** The first entries after `after`, in order: those that have a row, and those of chunks that are not filed. */
function entriesAfter({ db, chunks }: Tables, log: number, after: number): FoundEntry[] {
  const filed = db.all<FoundEntry>(
    `SELECT "offset", mark, outbox, chunk, bytes FROM crudp_entry WHERE log = ? AND "offset" > ?
     ORDER BY "offset" LIMIT ?`,
    log,
    after,
    maxEntries,
  );
  const unfiled = chunks.ofLog(log).map(({ id, outbox, bytes, entry: { offset, mark } }): FoundEntry => {
    return { offset, mark, outbox, chunk: id, bytes };
  });
  const newer = unfiled.filter(({ offset }) => offset > after);
  // Pushes have their rows at once, so both kinds may stand in turns.
  return newer.length === 0 ? filed : [...filed, ...newer].sort((a, b) => a.offset - b.offset).slice(0, maxEntries);
}

/** As many entries as stay within `maxBytes`; the first one in any case. */
function within(entries: readonly FoundEntry[], maxBytes: number): readonly FoundEntry[] {
  let sum = 0;
  const end = entries.findIndex(({ bytes }, index) => {
    sum += bytes;
    return index > 0 && sum > maxBytes;
  });
  return end < 0 ? entries : entries.slice(0, end);
}

/** Frames by offset. */
function framesOf({ db, chunks }: Tables, log: number, entries: readonly FoundEntry[]): Map<number, Uint8Array> {
  const frames = new Map<number, Uint8Array>();
  const offsets = new Map<number, number>();
  for (const { offset, chunk } of entries) if (chunk !== null) offsets.set(chunk, offset);
  for (const { id, frame } of chunks.frames([...offsets.keys()])) frames.set(offsets.get(id) as number, frame);
  const [first, last] = [entries[0]?.offset, entries.at(-1)?.offset];
  if (first === undefined || last === undefined || offsets.size === entries.length) return frames;
  const pushes = db.all<Pick<EntryRow, 'offset' | 'frame' | 'sum'>>(
    `SELECT "offset", frame, sum FROM crudp_entry
     WHERE log = ? AND "offset" BETWEEN ? AND ? AND chunk IS NULL`,
    log,
    first,
    last,
  );
  for (const { offset, frame, sum } of pushes) frames.set(offset, frameOf(frame, sum));
  return frames;
}

/** The mark of the last trimmed entry counts: who has read up to it has missed nothing. */
function markAt({ db, chunks }: Tables, log: LogRow, offset: number): string | undefined {
  if (offset === log.start_offset) return log.start_mark;
  const unfiled = chunks.ofLog(log.id).find(({ entry }) => entry.offset === offset);
  if (unfiled) return unfiled.entry.mark;
  return db.get<{ mark: string }>('SELECT mark FROM crudp_entry WHERE log = ? AND "offset" = ?', log.id, offset)?.mark;
}
