import type { Contract } from '../contract/contract.ts';
import { type Action, actionOf, type ReqId, reqIdOf } from '../packet.ts';
import { type Observable, observable } from './observable.ts';
import type {
  Milestone,
  OutboxRow,
  PacketRow,
  ParkedRow,
  ReadTransaction,
  StorageConnection,
  UserRow,
} from './storage.ts';
import type { ProgressBoard, UploadProgress } from './uploads/progress.ts';

/** A packet of this device. */
export interface OutboxEntry {
  readonly reqId: ReqId;
  readonly handler: string;
  readonly action: Action;
  readonly records: readonly unknown[];
  /**
   * - `queued`: on this device only.
   * - `sent`: in a POST, whose answer is not known.
   * - `accepted`: on the server's disk.
   * - `parked`: refused, as the server could not read it; it waits for `outbox.retry` or `outbox.discard`.
   */
  readonly state: 'queued' | 'sent' | 'accepted' | 'parked';
  /** POSTs that have carried it so far without an answer that it was accepted. */
  readonly attempts: number;
  /** All in ms since 1970 UTC. */
  readonly queuedAt: number;
  readonly sentAt?: number;
  readonly acceptedAt?: number;
  readonly parkedAt?: number;
  /** Of files that go by upload; absent where it has none. */
  readonly progress?: UploadProgress;
}

export interface OutboxSnapshot {
  /** Parked ones first, then in order; the first 1000 where there are more, and none before somebody has subscribed. */
  readonly entries: readonly OutboxEntry[];
  /** All that wait for a result; those that are parked do not. */
  readonly count: number;
}

/** How many there are, without reading them. */
export interface OutboxCounts {
  readonly queued: number;
  readonly parked: number;
}

const shownRows = 1000;

export interface OutboxViewDeps {
  readonly connection: StorageConnection;
  readonly user: string;
  readonly contract: Contract;
  readonly board: ProgressBoard;
  readonly status: { change(counts: OutboxCounts): void };
  readonly onError: (error: unknown) => void;
}

/** The packets that wait, for whoever looks. Read again after each change, as often as reading keeps up. */
export class OutboxView {
  readonly observable: Observable<OutboxSnapshot>;
  readonly #deps: OutboxViewDeps;
  readonly #change: (next: Partial<OutboxSnapshot>) => void;
  #watchers = 0;
  #isReading = false;
  #isStale = false;

  constructor(deps: OutboxViewDeps) {
    this.#deps = deps;
    deps.board.watch(() => this.#showProgress());
    const shown = observable<OutboxSnapshot>({ entries: [], count: 0 }, deps.onError);
    this.#change = shown.change;
    this.observable = {
      getSnapshot: shown.getSnapshot,
      subscribe: (listener) => {
        const leave = shown.subscribe(listener);
        let isWatching = true;
        this.#watchers++;
        this.refresh();
        return () => {
          leave();
          if (isWatching) this.#watchers--;
          isWatching = false;
        };
      },
    };
  }

  /** Something may have changed. */
  refresh(): void {
    this.#isStale = true;
    if (!this.#isReading) void this.#read();
  }

  /** This page has changed something; what is not shown need not be read again. */
  note(row: UserRow): void {
    if (this.#watchers > 0) this.refresh();
    else this.#show({}, row);
  }

  list(limit?: number): Promise<OutboxEntry[]> {
    return this.#deps.connection.read((tx) => this.#entries(tx, limit));
  }

  /** Bytes move many times a second: what else is shown stays as it was read. */
  #showProgress(): void {
    const { entries } = this.observable.getSnapshot();
    const renewed = entries.map((entry) => {
      const progress = entry.progress && this.#deps.board.renewed(entry.progress);
      return progress === entry.progress ? entry : ({ ...entry, progress } as OutboxEntry);
    });
    if (renewed.some((entry, index) => entry !== entries[index])) this.#change({ entries: renewed });
  }

  async #read(): Promise<void> {
    this.#isReading = true;
    try {
      while (this.#isStale) {
        this.#isStale = false;
        const isWatched = this.#watchers > 0;
        const [shown, row] = await this.#deps.connection.read(async (tx) => [
          isWatched ? { entries: await this.#entries(tx, shownRows) } : {},
          await tx.get('users', [this.#deps.user]),
        ]);
        this.#show(shown, row);
      }
    } catch (error) {
      this.#deps.onError(error);
    } finally {
      this.#isReading = false;
    }
  }

  #show(shown: Partial<OutboxSnapshot>, { queued, parked }: OutboxCounts = { queued: 0, parked: 0 }): void {
    this.#change({ ...shown, count: queued });
    this.#deps.status.change({ queued, parked });
  }

  async #entries(tx: ReadTransaction, limit = Number.POSITIVE_INFINITY): Promise<OutboxEntry[]> {
    const prefix = [this.#deps.user];
    const most = limit === Number.POSITIVE_INFINITY ? undefined : limit;
    const [parked, outboxes, user] = await Promise.all([
      tx.list('parked', { prefix }, most),
      tx.list('outboxes', { prefix }),
      tx.get('users', prefix),
    ]);
    // What was left behind is older than what the open outbox has.
    const isOpen = ({ outbox }: OutboxRow): boolean => outbox === user?.outbox;
    const ordered = [...outboxes.filter((row) => !isOpen(row)), ...outboxes.filter(isOpen)];
    const entries = parked.map((packet) => this.#parkedEntry(packet));
    for (const row of ordered) {
      if (entries.length >= limit) break;
      const packets = await tx.list('packets', { prefix: [this.#deps.user, row.outbox] }, most);
      const shown = packets.filter(({ isDiscarded }) => !isDiscarded);
      entries.push(...shown.slice(0, limit - entries.length).map((packet) => this.#entryOf(packet, row)));
    }
    return entries;
  }

  #entryOf(packet: PacketRow, row: OutboxRow): OutboxEntry {
    const { seq } = packet;
    const isAccepted = seq <= row.place.seq;
    const isSent = seq <= row.sentSeq;
    const sentAt = isSent ? timeOf(row.sends, seq) : undefined;
    const acceptedAt = isAccepted ? timeOf(row.accepts, seq) : undefined;
    return {
      ...this.#baseOf(packet),
      state: isAccepted ? 'accepted' : isSent ? 'sent' : 'queued',
      attempts: isSent && !isAccepted ? row.attempts : 0,
      ...(sentAt !== undefined && { sentAt }),
      ...(acceptedAt !== undefined && { acceptedAt }),
    };
  }

  #parkedEntry(packet: ParkedRow): OutboxEntry {
    return { ...this.#baseOf(packet), state: 'parked', attempts: 0, parkedAt: packet.parkedAt };
  }

  #baseOf({ outbox, seq, route, records, queuedAt, uploads }: PacketRow) {
    const handler = this.#deps.contract.routes.get(route)?.handler ?? '';
    const progress = uploads && { progress: this.#deps.board.progressOf(uploads) };
    return { reqId: reqIdOf(outbox, seq), handler, action: actionOf(route), records, queuedAt, ...progress };
  }
}

function timeOf(milestones: readonly Milestone[], seq: number): number | undefined {
  return milestones.find(({ upTo }) => upTo >= seq)?.at;
}
