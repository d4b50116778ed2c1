import type { Contract } from '../contract/contract.ts';
import { actionOf, handlerOf, type Route, reqIdOf, Status } from '../packet.ts';
import type { Listeners } from './events.ts';
import type { Operations } from './operations.ts';
import { errorOf, unreadable } from './result-error.ts';
import type {
  FeedItem,
  FeedRow,
  PushItem,
  RemoteItem,
  StorageConnection,
  UserRow,
  WriteTransaction,
} from './storage.ts';

export interface PageFeedDeps {
  readonly user: string;
  readonly contract: Contract;
  readonly connection: StorageConnection;
  readonly operations: Operations;
  readonly listeners: Listeners;
  readonly now: () => number;
  /** Told when rows were thrown away before this page has read them. */
  readonly onGap: () => void;
  /** Told of records that nobody can read and nobody listens for. */
  readonly onError: (error: unknown) => void;
}

const pageRows = 256;
/** Rows that were heard are kept so long, for pages that are behind. */
const keptMs = 600_000;
const keptRows = 1000;
const trimRows = 100;

/**
 * Hands out the feed to this page: each row once, in order, to the operation that waits for it and to the listeners of its
 * action.
 */
export class PageFeed {
  private readonly deps: PageFeedDeps;
  /** Id of the last row that was handed out. */
  private position = 0;
  private draining: Promise<void> | null = null;
  private isStale = false;

  constructor(deps: PageFeedDeps) {
    this.deps = deps;
  }

  /** Begins behind what a page has heard already. */
  async start(): Promise<void> {
    const { connection, user } = this.deps;
    const row = await connection.read((tx) => tx.get('users', [user]));
    this.position = row?.feedHeard ?? 0;
  }

  /** Hands out what is new. Resolves when all that was stored before the call has been handed out. */
  drain(): Promise<void> {
    this.isStale = true;
    this.draining ??= this.drainAll();
    return this.draining;
  }

  /** Hands out one item; from outside, what is in no feed. */
  deliver(item: FeedItem): void {
    if (item.kind === 'result') this.deliverResult(item);
    else if (item.kind === 'moved') this.deliverMoved(item);
    else this.deliverOther(item);
  }

  private async drainAll(): Promise<void> {
    const { connection, user } = this.deps;
    try {
      while (this.isStale) {
        this.isStale = false;
        const before = this.position;
        for (;;) {
          const above = this.position;
          const rows = await connection.read((tx) => tx.list('feed', { prefix: [user], above }, pageRows));
          this.handOut(rows);
          if (rows.length < pageRows) break;
        }
        if (this.position > before) await this.markHeard();
      }
    } finally {
      // In the same turn as the last look at `isStale`: no call falls in between.
      this.draining = null;
    }
  }

  private handOut(rows: readonly FeedRow[]): void {
    const [first] = rows;
    if (first && first.id > this.position + 1) this.deps.onGap();
    for (const row of rows) {
      this.position = row.id;
      this.deliver(row);
    }
  }

  private deliverResult(item: FeedItem & { kind: 'result' }): void {
    const { contract, operations, listeners } = this.deps;
    const reqId = reqIdOf(item.outbox, item.seq);
    const error = errorOf(contract, item, reqId);
    const wasOk = item.status === Status.ok && !item.isCancelled;
    const operation = operations.take(item);
    const result = [...item.result];
    if (error) operation?.fail(error, wasOk);
    else operation?.end(result);
    const base = { ...this.addressOf(item.route), reqId, records: item.records };
    if (wasOk) listeners.emit({ kind: 'confirmed', ...base, result, ...(error && { error }) });
    else if (error) listeners.emit({ kind: 'rejected', ...base, error });
  }

  private deliverMoved({ outbox, seq, to, route, records }: FeedItem & { kind: 'moved' }): void {
    const { operations, listeners } = this.deps;
    const operation = operations.take({ outbox, seq });
    if (operation) operations.add(to, operation);
    const names = { reqId: reqIdOf(to.outbox, to.seq), replaces: reqIdOf(outbox, seq) };
    listeners.emit({ kind: 'queued', ...this.addressOf(route), ...names, records });
  }

  private deliverOther(item: RemoteItem | PushItem): void {
    const { listeners, onError } = this.deps;
    const error = item.isUnreadable ? unreadable() : undefined;
    const base = { ...this.addressOf(item.route), result: item.result, ...(error && { error }) };
    const isHeard =
      item.kind === 'push'
        ? listeners.emit({ kind: 'push', ...base })
        : listeners.emit({ kind: 'remote', ...base, reqId: reqIdOf(item.outbox, item.seq) });
    if (error && !isHeard) onError(error);
  }

  private addressOf(route: Route) {
    // A route that this page's contract lacks has no listener, but it has a name all the same.
    const handler = this.deps.contract.routes.get(route)?.handler ?? `handler_${handlerOf(route)}`;
    return { handler, action: actionOf(route) };
  }

  /** After the handing out: a page that ends in between hears it again when it comes back. */
  private async markHeard(): Promise<void> {
    const { connection, user } = this.deps;
    await connection.write(async (tx) => {
      const row = await tx.get('users', [user]);
      if (!row) return;
      const heard = { ...row, feedHeard: Math.max(row.feedHeard, this.position) };
      tx.put('users', heard);
      await this.trim(tx, heard);
    });
  }

  private async trim(tx: WriteTransaction, { user, feedHeard, feedEnd }: UserRow): Promise<void> {
    const oldest = await tx.list('feed', { prefix: [user], upTo: feedHeard }, 1);
    const isDue = ({ id, at }: FeedRow): boolean => at < this.deps.now() - keptMs || id <= feedEnd - keptRows;
    if (!oldest.some(isDue)) return;
    for (const row of await tx.list('feed', { prefix: [user], upTo: feedHeard }, trimRows)) {
      // From the front only: a hole would look like a gap.
      if (!isDue(row)) break;
      tx.delete('feed', [user, row.id]);
    }
  }
}
