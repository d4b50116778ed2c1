import type { FileRow, KeyRange, PacketKey, PacketRow, WaitRow, WriteTransaction } from './storage.ts';

/** Packets of one outbox that are known without asking the storage, by number; null: there is none. */
type Known = Map<number, PacketRow | null>;

/**
 * A user's packets within one write transaction. Frames have thousands of results: what is asked for one after the other is
 * read at once, and what goes side by side is deleted at once.
 */
export class LedgerPackets {
  readonly user: string;
  readonly now: number;
  protected readonly tx: WriteTransaction;
  /** Whether packets were enqueued or moved. */
  hasAdded = false;
  /** Whether files have gone with their packets. */
  hasEndedFiles = false;
  protected queuedChange = 0;
  protected parkedChange = 0;
  readonly #known = new Map<string, Known>();
  readonly #gone = new Map<string, number[]>();
  /** Who waits for packets of one outbox between two numbers. */
  #waits: { outbox: string; first: number; last: number; bySeq: Map<number, WaitRow[]> } | null = null;

  protected constructor(tx: WriteTransaction, user: string, now: number) {
    this.tx = tx;
    this.user = user;
    this.now = now;
  }

  /** Reads packets that will be asked for, and who waits for them. */
  async prefetch(outbox: string, seqs: readonly number[]): Promise<void> {
    if (seqs.length < 2) return;
    const first = seqs.reduce((a, b) => Math.min(a, b));
    const last = seqs.reduce((a, b) => Math.max(a, b));
    const range = { prefix: [this.user, outbox], above: first - 1, upTo: last };
    const [packets, waits] = await Promise.all([this.listPackets(range), this.tx.list('waits', range)]);
    const known = this.#knownOf(outbox);
    for (const seq of seqs) if (!known.has(seq)) known.set(seq, null);
    for (const packet of packets) known.set(packet.seq, packet);
    const bySeq = new Map<number, WaitRow[]>();
    for (const wait of waits) bySeq.set(wait.seq, [...(bySeq.get(wait.seq) ?? []), wait]);
    this.#waits = { outbox, first, last, bySeq };
  }

  async packet({ outbox, seq }: PacketKey): Promise<PacketRow | undefined> {
    const known = this.#knownOf(outbox);
    let row = known.get(seq);
    if (row === undefined) {
      row = (await this.tx.get('packets', [this.user, outbox, seq])) ?? null;
      known.set(seq, row);
    }
    return row ?? undefined;
  }

  listPackets(range: KeyRange, limit?: number): Promise<PacketRow[]> {
    this.writeDeletions();
    return this.tx.list('packets', range, limit);
  }

  /** A packet's atomic group, in order; the packet alone where it has none. */
  async group(packet: PacketRow): Promise<PacketRow[]> {
    if (packet.group === 0) return [packet];
    const prefix = [this.user, packet.outbox];
    const members: PacketRow[] = [];
    for (let above = packet.group - 1; ; ) {
      const page = await this.listPackets({ prefix, above }, 100);
      const own = page.filter(({ group }) => group === packet.group);
      members.push(...own);
      // Members stand side by side, whatever of them is left.
      if (own.length < page.length || page.length === 0) return members;
      above = own.at(-1)?.seq as number;
    }
  }

  /** Stores a new packet and whom it waits for. */
  addPacket(packet: PacketRow): void {
    const { user, outbox: waiterOutbox, seq: waiterSeq } = packet;
    this.hasAdded = true;
    if (!packet.isDiscarded) this.queuedChange++;
    this.putPacket(packet);
    for (const { outbox, seq } of packet.after) this.tx.put('waits', { user, outbox, seq, waiterOutbox, waiterSeq });
  }

  /** @param packet As it was, but for something that does not change whom it waits for. */
  putPacket(packet: PacketRow): void {
    this.#knownOf(packet.outbox).set(packet.seq, packet);
    this.tx.put('packets', packet);
  }

  /** Hides a packet that was sent, and is kept until its result tells what became of it. */
  hidePacket(packet: PacketRow): void {
    this.queuedChange--;
    this.putPacket({ ...packet, isDiscarded: true });
  }

  removePacket({ user, outbox, seq, after, isDiscarded }: PacketRow): void {
    if (!isDiscarded) this.queuedChange--;
    this.#knownOf(outbox).set(seq, null);
    const gone = this.#gone.get(outbox);
    if (gone) gone.push(seq);
    else this.#gone.set(outbox, [seq]);
    for (const key of after) this.deleteWait({ user, ...key, waiterOutbox: outbox, waiterSeq: seq });
  }

  addFile(file: Omit<FileRow, 'user' | 'at'>): void {
    this.tx.put('files', { ...file, user: this.user, at: this.now });
  }

  /** Forgets what a packet was to bring: it has ended. */
  removeFiles({ uploads = [] }: PacketRow): void {
    for (const { upload } of uploads) this.tx.delete('files', [this.user, upload]);
    this.hasEndedFiles ||= uploads.length > 0;
  }

  async waitersFor({ outbox, seq }: PacketKey): Promise<readonly WaitRow[]> {
    const waits = this.#waits;
    if (waits && waits.outbox === outbox && seq >= waits.first && seq <= waits.last) return waits.bySeq.get(seq) ?? [];
    return this.tx.list('waits', { prefix: [this.user, outbox, seq] });
  }

  /** The lowest number of an outbox that anybody waits for; undefined where there is none. */
  async firstAwaited(outbox: string): Promise<number | undefined> {
    const [wait] = await this.tx.list('waits', { prefix: [this.user, outbox] }, 1);
    return wait?.seq;
  }

  deleteWait({ user, outbox, seq, waiterOutbox, waiterSeq }: WaitRow): void {
    this.tx.delete('waits', [user, outbox, seq, waiterOutbox, waiterSeq]);
  }

  protected writeDeletions(): void {
    for (const [outbox, seqs] of this.#gone) {
      for (const [first, last] of runsOf(seqs)) {
        if (first === last) this.tx.delete('packets', [this.user, outbox, first]);
        else this.tx.deleteAll('packets', { prefix: [this.user, outbox], above: first - 1, upTo: last });
      }
    }
    this.#gone.clear();
  }

  #knownOf(outbox: string): Known {
    const known = this.#known.get(outbox) ?? new Map<number, PacketRow | null>();
    this.#known.set(outbox, known);
    return known;
  }
}

/** Numbers that follow each other, as first and last. */
function runsOf(seqs: readonly number[]): [first: number, last: number][] {
  const runs: [number, number][] = [];
  for (const seq of [...seqs].sort((a, b) => a - b)) {
    const run = runs.at(-1);
    if (run && seq === run[1] + 1) run[1] = seq;
    else runs.push([seq, seq]);
  }
  return runs;
}
