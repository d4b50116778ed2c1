import type { Contract } from '../contract/contract.ts';
import { type Action, actionOf, type ReqId, reqIdOf } from '../packet.ts';
import { type Observable, observable } from './observable.ts';
import type { Milestone, OutboxRow, PacketRow, ReadTransaction, StorageConnection } from './storage.ts';

/** A packet that waits for its result. */
export interface OutboxEntry {
  readonly reqId: ReqId;
  readonly handler: string;
  readonly action: Action;
  readonly records: readonly unknown[];
  /** On this device only; in a POST, whose answer is not known; on the server's disk. */
  readonly state: 'queued' | 'sent' | 'accepted';
  /** POSTs that have carried it so far without an answer that it was accepted. */
  readonly attempts: number;
  /** All in ms since 1970 UTC. */
  readonly queuedAt: number;
  readonly sentAt?: number;
  readonly acceptedAt?: number;
}

export interface OutboxSnapshot {
  /** In order; the first 1000 where there are more, and none before somebody has subscribed. */
  readonly entries: readonly OutboxEntry[];
  /** All that wait. */
  readonly count: number;
}

const shownRows = 1000;

/** The packets that wait, for whoever looks. Read again after each change, as often as reading keeps up. */
export class OutboxView {
  readonly observable: Observable<OutboxSnapshot>;
  private readonly change: (next: Partial<OutboxSnapshot>) => void;
  private readonly connection: StorageConnection;
  private readonly user: string;
  private readonly contract: Contract;
  private readonly onError: (error: unknown) => void;
  private readonly onCount: (count: number) => void;
  private watchers = 0;
  private isReading = false;
  private isStale = false;

  constructor(
    connection: StorageConnection,
    user: string,
    contract: Contract,
    onError: (error: unknown) => void,
    onCount: (count: number) => void,
  ) {
    this.onCount = onCount;
    this.connection = connection;
    this.user = user;
    this.contract = contract;
    this.onError = onError;
    const shown = observable<OutboxSnapshot>({ entries: [], count: 0 }, onError);
    this.change = shown.change;
    this.observable = {
      getSnapshot: shown.getSnapshot,
      subscribe: (listener) => {
        const leave = shown.subscribe(listener);
        let isWatching = true;
        this.watchers++;
        this.refresh();
        return () => {
          leave();
          if (isWatching) this.watchers--;
          isWatching = false;
        };
      },
    };
  }

  /** Something may have changed. */
  refresh(): void {
    this.isStale = true;
    if (!this.isReading) void this.read();
  }

  list(limit?: number): Promise<OutboxEntry[]> {
    return this.connection.read((tx) => this.entries(tx, limit));
  }

  private async read(): Promise<void> {
    this.isReading = true;
    try {
      while (this.isStale) {
        this.isStale = false;
        const isWatched = this.watchers > 0;
        const next = await this.connection.read(async (tx) => ({
          ...(isWatched && { entries: await this.entries(tx, shownRows) }),
          count: await tx.count('packets', { prefix: [this.user] }),
        }));
        this.change(next);
        this.onCount(next.count);
      }
    } catch (error) {
      this.onError(error);
    } finally {
      this.isReading = false;
    }
  }

  private async entries(tx: ReadTransaction, limit?: number): Promise<OutboxEntry[]> {
    const outboxes = await tx.list('outboxes', { prefix: [this.user] });
    const user = await tx.get('users', [this.user]);
    // What was left behind is older than what the open outbox has.
    const isOpen = ({ outbox }: OutboxRow): boolean => outbox === user?.outbox;
    const ordered = [...outboxes.filter((row) => !isOpen(row)), ...outboxes.filter(isOpen)];
    const entries: OutboxEntry[] = [];
    for (const row of ordered) {
      const left = limit === undefined ? undefined : limit - entries.length;
      if (left === 0) break;
      const packets = await tx.list('packets', { prefix: [this.user, row.outbox] }, left);
      entries.push(...packets.map((packet) => this.entryOf(packet, row)));
    }
    return entries;
  }

  private entryOf({ outbox, seq, route, records, queuedAt }: PacketRow, row: OutboxRow): OutboxEntry {
    const isAccepted = seq <= row.place.seq;
    const isSent = seq <= row.sentSeq;
    const sentAt = isSent ? timeOf(row.sends, seq) : undefined;
    const acceptedAt = isAccepted ? timeOf(row.accepts, seq) : undefined;
    return {
      reqId: reqIdOf(outbox, seq),
      handler: this.contract.routes.get(route)?.handler ?? '',
      action: actionOf(route),
      records,
      state: isAccepted ? 'accepted' : isSent ? 'sent' : 'queued',
      attempts: isSent && !isAccepted ? row.attempts : 0,
      queuedAt,
      ...(sentAt !== undefined && { sentAt }),
      ...(acceptedAt !== undefined && { acceptedAt }),
    };
  }
}

function timeOf(milestones: readonly Milestone[], seq: number): number | undefined {
  return milestones.find(({ upTo }) => upTo >= seq)?.at;
}
