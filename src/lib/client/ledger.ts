import {
  type FeedItem,
  type FeedRow,
  nowhere,
  type OutboxRow,
  type PacketKey,
  type PacketRow,
  type UserRow,
  type WriteTransaction,
} from './storage.ts';

/** Whose rows, at what time, and what a new outbox is called. */
export interface LedgerFacts {
  readonly user: string;
  readonly now: number;
  readonly newOutbox: () => string;
  /** Whether pushes and others' results go into the feed, for all pages; else each page hears them from a stream of its own. */
  readonly isShared: boolean;
}

/** A user's rows within one write transaction: each step of an outbox's life is a few calls on it. */
export class Ledger {
  readonly now: number;
  readonly tx: WriteTransaction;
  private readonly newOutbox: () => string;
  private readonly outboxes = new Map<string, OutboxRow>();
  private readonly isShared: boolean;
  private userRow: UserRow;
  /** Whether the feed has grown. */
  hasFed = false;
  /** Whether packets may be sent now that waited for one of another outbox. */
  hasUnblocked = false;
  /** For this page alone, once the transaction is committed. */
  readonly direct: FeedItem[] = [];

  private constructor(tx: WriteTransaction, { now, newOutbox, isShared }: LedgerFacts, userRow: UserRow) {
    this.isShared = isShared;
    this.tx = tx;
    this.now = now;
    this.newOutbox = newOutbox;
    this.userRow = userRow;
  }

  /** A user who has no outbox gets one. */
  static async open(tx: WriteTransaction, facts: LedgerFacts): Promise<Ledger> {
    const found = await tx.get('users', [facts.user]);
    const row = found ?? { user: facts.user, outbox: '', cursor: null, feedEnd: 0, feedHeard: 0 };
    const ledger = new Ledger(tx, facts, row);
    if (!found) ledger.addOutbox();
    return ledger;
  }

  get user(): string {
    return this.userRow.user;
  }

  get cursor(): string | null {
    return this.userRow.cursor;
  }

  /** The outbox that takes new packets. */
  async openOutbox(): Promise<OutboxRow> {
    return (await this.outbox(this.userRow.outbox)) as OutboxRow;
  }

  async outbox(outbox: string): Promise<OutboxRow | undefined> {
    const known = this.outboxes.get(outbox) ?? (await this.tx.get('outboxes', [this.user, outbox]));
    if (known) this.outboxes.set(outbox, known);
    return known;
  }

  async allOutboxes(): Promise<OutboxRow[]> {
    return this.tx.list('outboxes', { prefix: [this.user] });
  }

  putOutbox(row: OutboxRow): void {
    this.outboxes.set(row.outbox, row);
    this.tx.put('outboxes', row);
  }

  /** From now on it takes the new packets. */
  addOutbox(): OutboxRow {
    const { user } = this;
    const outbox = this.newOutbox();
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
    this.putUser({ ...this.userRow, outbox });
    return row;
  }

  packet({ outbox, seq }: PacketKey): Promise<PacketRow | undefined> {
    return this.tx.get('packets', [this.user, outbox, seq]);
  }

  /** A packet's atomic group, in order; the packet alone where it has none. */
  async group(packet: PacketRow): Promise<PacketRow[]> {
    if (packet.group === 0) return [packet];
    const prefix = [this.user, packet.outbox];
    const members: PacketRow[] = [];
    for (let above = packet.group - 1; ; ) {
      const page = await this.tx.list('packets', { prefix, above }, 100);
      const own = page.filter(({ group }) => group === packet.group);
      members.push(...own);
      // Members stand side by side, whatever of them is left.
      if (own.length < page.length || page.length === 0) return members;
      above = own.at(-1)?.seq as number;
    }
  }

  /** Tells all pages; of what the stream brings besides own results, only this one where each has a stream. */
  feed(item: FeedItem): void {
    if (!this.isShared && (item.kind === 'push' || item.kind === 'remote')) {
      this.direct.push(item);
      return;
    }
    this.hasFed = true;
    const id = this.userRow.feedEnd + 1;
    this.putUser({ ...this.userRow, feedEnd: id });
    this.tx.put('feed', { ...item, user: this.user, id, at: this.now } satisfies FeedRow);
  }

  setCursor(cursor: string): void {
    this.putUser({ ...this.userRow, cursor });
  }

  private putUser(row: UserRow): void {
    this.userRow = row;
    this.tx.put('users', row);
  }
}
