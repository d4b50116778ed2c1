import type { Clock } from '../clock.ts';
import type { Contract } from '../contract/contract.ts';
import { CrudpError } from '../errors.ts';
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
  readonly clock: Clock;
  /** Told when items were thrown away before this page has read them. */
  readonly onGap: () => void;
  /** Told of records that nobody can read and nobody listens for. */
  readonly onError: (error: unknown) => void;
}

const pageRows = 16;
/** Items that were heard are kept so long, for pages that are behind. */
const keptMs = 600_000;
const keptItems = 1000;
/** How often it is looked for old ones. */
const agingMs = 60_000;

/**
 * Hands out the feed to this page: each item once, in order, to the operation that waits for it and to the listeners of its
 * action.
 */
export class PageFeed {
  readonly #deps: PageFeedDeps;
  /** Number of the last item that was handed out. */
  #position = 0;
  #draining: Promise<void> | null = null;
  #isStale = false;
  /** Items were thrown away before this page has read them; results of its own packets perhaps among them. */
  #hasMissed = false;
  /** What this page itself has stored need not be read again. */
  #fresh: FeedRow[] = [];
  #agedAt = 0;

  constructor(deps: PageFeedDeps) {
    this.#deps = deps;
  }

  /** Begins behind what a page has heard already. */
  async start(): Promise<void> {
    const { connection, user } = this.#deps;
    const row = await connection.read((tx) => tx.get('users', [user]));
    this.#position = row?.feedHeard ?? 0;
  }

  /**
   * Hands out what is new. Resolves when all that was stored before the call has been handed out.
   *
   * @param fresh Rows that this page has just stored; else another page has.
   */
  drain(fresh?: readonly FeedRow[]): Promise<void> {
    if (fresh) this.#fresh.push(...fresh);
    else this.#isStale = true;
    this.#draining ??= this.#drainAll();
    return this.#draining;
  }

  /** Hands out one item; from outside, what is in no feed. */
  deliver(item: FeedItem): void {
    if (item.kind === 'result') this.#deliverResult(item);
    else if (item.kind === 'moved') this.#deliverMoved(item);
    else this.#deliverOther(item);
  }

  async #drainAll(): Promise<void> {
    try {
      while (this.#isStale || this.#fresh.length > 0) {
        const before = this.#position;
        for (const row of this.#fresh.splice(0)) {
          // Another page has stored something in between.
          if (row.id - row.items.length > this.#position) this.#isStale = true;
          else this.#handOut(row);
        }
        if (this.#isStale) await this.#drainStored();
        if (this.#hasMissed) await this.#settleMissed();
        if (this.#position > before) await this.#markHeard();
      }
    } finally {
      // In the same turn as the last look: no call falls in between.
      this.#draining = null;
    }
  }

  async #drainStored(): Promise<void> {
    const { connection, user, onGap } = this.#deps;
    this.#isStale = false;
    for (;;) {
      const above = this.#position;
      const rows = await connection.read((tx) => tx.list('feed', { prefix: [user], above }, pageRows));
      const [first] = rows;
      if (first && first.id - first.items.length > this.#position) {
        this.#hasMissed = true;
        onGap();
      }
      for (const row of rows) this.#handOut(row);
      if (rows.length < pageRows) return;
    }
  }

  /** Whoever waits for a packet that is not there any more has waited long enough. */
  async #settleMissed(): Promise<void> {
    const { connection, user, operations } = this.#deps;
    const keys = operations.keys();
    const [row, packets] = await connection.read((tx) =>
      Promise.all([
        tx.get('users', [user]),
        Promise.all(keys.map(({ outbox, seq }) => tx.get('packets', [user, outbox, seq]))),
      ]),
    );
    // What ended meanwhile is yet to be read, and is not missed.
    this.#isStale = row !== undefined && row.feedEnd > this.#position;
    if (this.#isStale) return;
    this.#hasMissed = false;
    for (const [index, key] of keys.entries()) {
      const facts = { reqId: reqIdOf(key.outbox, key.seq) };
      const error = new CrudpError('forgotten', 'it has ended, and another page has heard how', facts);
      if (!packets[index]) operations.take(key)?.fail(error);
    }
  }

  #handOut({ id, items }: FeedRow): void {
    if (id <= this.#position) return;
    const known = this.#position - (id - items.length);
    this.#position = id;
    for (const item of known > 0 ? items.slice(known) : items) this.deliver(item);
  }

  #deliverResult(item: FeedItem & { kind: 'result' }): void {
    const { contract, operations, listeners } = this.#deps;
    const reqId = reqIdOf(item.outbox, item.seq);
    const error = errorOf(contract, item, reqId);
    const wasOk = item.status === Status.ok;
    const operation = operations.take(item);
    const result = [...item.result];
    if (error) operation?.fail(error, wasOk);
    else operation?.end(result);
    const base = { ...this.#addressOf(item.route), reqId, records: item.records };
    if (wasOk) listeners.emit({ kind: 'confirmed', ...base, result, ...(error && { error }) });
    else if (error) listeners.emit({ kind: 'rejected', ...base, error });
  }

  #deliverMoved({ outbox, seq, to, route, records }: FeedItem & { kind: 'moved' }): void {
    const { operations, listeners } = this.#deps;
    const operation = operations.take({ outbox, seq });
    if (operation) operations.add(to, operation);
    const names = { reqId: reqIdOf(to.outbox, to.seq), replaces: reqIdOf(outbox, seq) };
    listeners.emit({ kind: 'queued', ...this.#addressOf(route), ...names, records });
  }

  #deliverOther(item: RemoteItem | PushItem): void {
    const { listeners, onError } = this.#deps;
    const error = item.isUnreadable ? unreadable() : undefined;
    const base = { ...this.#addressOf(item.route), result: item.result, ...(error && { error }) };
    const isHeard =
      item.kind === 'push'
        ? listeners.emit({ kind: 'push', ...base })
        : listeners.emit({ kind: 'remote', ...base, reqId: reqIdOf(item.outbox, item.seq) });
    if (error && !isHeard) onError(error);
  }

  #addressOf(route: Route) {
    // A route that this page's contract lacks has no listener, but it has a name all the same.
    const handler = this.#deps.contract.routes.get(route)?.handler ?? `handler_${handlerOf(route)}`;
    return { handler, action: actionOf(route) };
  }

  /** After the handing out: a page that ends in between hears it again when it comes back. */
  async #markHeard(): Promise<void> {
    const { connection, user } = this.#deps;
    await connection.write(async (tx) => {
      const row = await tx.get('users', [user]);
      if (!row) return;
      const heard = { ...row, feedHeard: Math.max(row.feedHeard, this.#position) };
      tx.put('users', heard);
      await this.#trim(tx, heard);
    });
  }

  async #trim(tx: WriteTransaction, { user, feedHeard, feedEnd }: UserRow): Promise<void> {
    // From the front only: a hole would look like a gap.
    const forget = (upTo: number): void => tx.deleteAll('feed', { prefix: [user], upTo: Math.min(upTo, feedHeard) });
    if (feedEnd > keptItems) forget(feedEnd - keptItems);
    const now = this.#deps.clock.now();
    if (Math.abs(now - this.#agedAt) < agingMs) return;
    this.#agedAt = now;
    const rows = await tx.list('feed', { prefix: [user], upTo: feedHeard }, pageRows);
    const kept = rows.findIndex(({ at }) => at >= now - keptMs);
    const last = kept < 0 ? rows.at(-1) : rows[kept - 1];
    if (last) forget(last.id);
  }
}
