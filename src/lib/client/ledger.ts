import { LedgerPackets } from './ledger-packets.ts';
import {
  type FeedItem,
  type FeedRow,
  nowhere,
  type OutboxRow,
  type PacketKey,
  type PacketRow,
  type ParkedRow,
  type UserRow,
  type WriteTransaction,
} from './storage.ts';

/** Whose rows, at what time, and where names come from. */
export interface LedgerFacts {
  readonly user: string;
  readonly now: number;
  /** 64 random bits: what a new outbox is called, and a packet's tag. */
  readonly newName: () => string;
  /** Whether pushes and others' results go into the feed, for all pages; else each page hears them from a stream of its own. */
  readonly isShared: boolean;
}

/** Items of one row of the feed at most. */
const rowItems = 256;

/**
 * A user's rows within one write transaction: each step of an outbox's life is a few calls on it. What changes often is
 * written once, by `close`.
 */
export class Ledger extends LedgerPackets {
  readonly newName: () => string;
  readonly #isShared: boolean;
  readonly #outboxes: Map<string, OutboxRow>;
  readonly #changedOutboxes = new Set<string>();
  readonly #items: FeedItem[] = [];
  #row: UserRow;
  #isRowChanged = false;
  /** Whether packets may be sent now that waited for one of another outbox. */
  hasUnblocked = false;
  /** For this page alone, once the transaction is committed. */
  readonly direct: FeedItem[] = [];

  private constructor(
    tx: WriteTransaction,
    { now, newName, isShared }: LedgerFacts,
    row: UserRow,
    outboxes: readonly OutboxRow[],
  ) {
    super(tx, row.user, now);
    this.#outboxes = new Map(outboxes.map((outbox) => [outbox.outbox, outbox]));
    this.#isShared = isShared;
    this.newName = newName;
    this.#row = row;
  }

  /** A user who has no outbox gets one. */
  static async open(tx: WriteTransaction, facts: LedgerFacts): Promise<Ledger> {
    const { user } = facts;
    // Side by side, and so many at once that no later step waits for one: each wait is one of whoever saves.
    const [found, outboxes] = await Promise.all([tx.get('users', [user]), tx.list('outboxes', { prefix: [user] })]);
    const row = found ?? { user, outbox: '', cursor: null, feedEnd: 0, feedHeard: 0, queued: 0, parked: 0 };
    const ledger = new Ledger(tx, facts, row, outboxes);
    if (!found) ledger.addOutbox();
    return ledger;
  }

  /**
   * Writes what is left to write; to be called last.
   *
   * @returns The user's row, and what was added to the feed.
   */
  close(): { readonly row: UserRow; readonly fed: readonly FeedRow[] } {
    const { user, now } = this;
    const items = this.#items;
    const fed: FeedRow[] = [];
    let id = this.#row.feedEnd;
    for (let start = 0; start < items.length; start += rowItems) {
      const some = items.slice(start, start + rowItems);
      id += some.length;
      fed.push({ user, id, at: now, items: some });
    }
    for (const row of fed) this.tx.put('feed', row);
    const queued = this.#row.queued + this.queuedChange;
    const parked = this.#row.parked + this.parkedChange;
    const isSame = id === this.#row.feedEnd && queued === this.#row.queued && parked === this.#row.parked;
    const row = isSame ? this.#row : { ...this.#row, feedEnd: id, queued, parked };
    if (!isSame || this.#isRowChanged) this.tx.put('users', row);
    for (const outbox of this.#changedOutboxes) this.tx.put('outboxes', this.#outboxes.get(outbox) as OutboxRow);
    this.writeDeletions();
    return { row, fed };
  }

  get cursor(): string | null {
    return this.#row.cursor;
  }

  /** The outbox that takes new packets. */
  get openOutbox(): OutboxRow {
    return this.#outboxes.get(this.#row.outbox) as OutboxRow;
  }

  outbox(outbox: string): OutboxRow | undefined {
    return this.#outboxes.get(outbox);
  }

  get outboxes(): OutboxRow[] {
    return [...this.#outboxes.values()];
  }

  putOutbox(row: OutboxRow): void {
    this.#outboxes.set(row.outbox, row);
    this.#changedOutboxes.add(row.outbox);
  }

  /** From now on it takes the new packets. */
  addOutbox(): OutboxRow {
    const { user } = this;
    const outbox = this.newName();
    const row: OutboxRow = {
      user,
      outbox,
      nextSeq: 1,
      place: nowhere,
      sentSeq: 0,
      acknowledged: 1,
      sends: [],
      accepts: [],
      attempts: 0,
    };
    this.putOutbox(row);
    this.#putRow({ ...this.#row, outbox });
    return row;
  }

  /** Keeps a packet that has come to its end for another try. */
  park(packet: PacketRow, status: number): void {
    this.parkedChange++;
    this.tx.put('parked', { ...packet, after: [], status, parkedAt: this.now });
  }

  /** A parked packet with its atomic group, in order; none where there is no such packet. */
  async parkedGroup({ outbox, seq }: PacketKey): Promise<ParkedRow[]> {
    const packet = await this.tx.get('parked', [this.user, outbox, seq]);
    if (!packet || packet.group === 0) return packet ? [packet] : [];
    const rows = await this.tx.list('parked', { prefix: [this.user, outbox], above: packet.group - 1 });
    return rows.filter(({ group }) => group === packet.group);
  }

  unpark({ outbox, seq }: PacketKey): void {
    this.parkedChange--;
    this.tx.delete('parked', [this.user, outbox, seq]);
  }

  /** Tells all pages; of what the stream brings besides own results, only this one where each has a stream. */
  feed(item: FeedItem): void {
    const isOwn = item.kind === 'result' || item.kind === 'moved';
    (this.#isShared || isOwn ? this.#items : this.direct).push(item);
  }

  /** What the feed still has, from its oldest item to its last. */
  async fed(): Promise<FeedItem[]> {
    const rows = await this.tx.list('feed', { prefix: [this.user] });
    return [...rows.flatMap(({ items }) => items), ...this.#items];
  }

  setCursor(cursor: string): void {
    this.#putRow({ ...this.#row, cursor });
  }

  #putRow(row: UserRow): void {
    this.#row = row;
    this.#isRowChanged = true;
  }
}
