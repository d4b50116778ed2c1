import type {
  AcceptOutcome,
  Claim,
  Completion,
  IncomingBatch,
  OutboxKey,
  Pending,
  PendingBatch,
  Place,
  ResultChunk,
} from '../../journal.ts';
import { admissionOf, dependenciesOf } from '../admission.ts';
import { spansOf } from '../spans.ts';

interface StoredBatch extends PendingBatch {
  readonly needs: ReadonlySet<number>;
  readonly order: number;
  /** How many of its packets have not been completed. */
  left: number;
}

interface Chunk {
  readonly frame: Uint8Array;
  /** ms since 1970 UTC. */
  readonly at: number;
}

interface StoredResult {
  readonly status: number;
  readonly chunk: Chunk;
}

/** One outbox of the memory journal: its place, what waits to run, and the results that are kept. */
export class MemoryOutbox implements OutboxKey {
  readonly user: string;
  readonly outbox: string;
  #accepted = 0;
  #tag = '0';
  /** Packets that have not been completed, ascending: a Set keeps the order of insertion. */
  readonly #waiting = new Set<number>();
  /** Completed packets of `#batches`. */
  readonly #done = new Set<number>();
  readonly #begun = new Map<number, number>();
  readonly #excused = new Map<number, number>();
  #batches: StoredBatch[] = [];
  readonly #results = new Map<number, StoredResult>();

  constructor({ user, outbox }: OutboxKey) {
    this.user = user;
    this.outbox = outbox;
  }

  get pending(): boolean {
    return this.#waiting.size > 0;
  }

  get waitingCount(): number {
    return this.#waiting.size;
  }

  /** When the oldest batch with packets that wait was received; null: none waits. */
  get oldestAt(): number | null {
    return this.#batches.length === 0 ? null : Math.min(...this.#batches.map(({ receivedAt }) => receivedAt));
  }

  get accepted(): number {
    return this.#accepted;
  }

  /** The `order` of the first batch with packets that have not run. */
  get since(): number {
    return this.#batches[0]?.order ?? Number.POSITIVE_INFINITY;
  }

  place(epoch: string): Place {
    return this.#accepted === 0 ? { epoch: '0', seq: 0, tag: '0' } : { epoch, seq: this.#accepted, tag: this.#tag };
  }

  /**
   * @param order Greater for each batch that the journal accepts.
   * @param waiting How many of the user's packets wait, in all outboxes.
   */
  accept(batch: IncomingBatch, epoch: string, order: number, waiting: number): AcceptOutcome {
    const place = this.place(epoch);
    const { moved, fresh, known } = admissionOf(
      { after: batch.after, seqs: batch.packets.map(({ seq }) => seq) },
      place,
    );
    if (moved) return { kind: 'moved', place };
    const { maxWaiting = Number.POSITIVE_INFINITY } = batch;
    if (fresh.length > 0 && waiting + fresh.length > maxWaiting) return { kind: 'full', waiting };
    this.#forget((seq) => seq < batch.oldest);
    const forgotten = known.filter((seq) => !this.#waiting.has(seq) && !this.#results.has(seq));
    const [first, last] = [fresh[0], fresh.at(-1)];
    if (first !== undefined && last !== undefined) {
      const { contract, identity, receivedAt } = batch;
      const frame = new Uint8Array(batch.frame);
      const needs = dependenciesOf(batch);
      const span = { from: first, to: last, left: fresh.length };
      this.#batches.push({ frame, contract, identity, receivedAt, needs, order, ...span });
      for (const seq of fresh) this.#waiting.add(seq);
      this.#accepted = last;
      this.#tag = batch.tag;
    }
    return { kind: 'accepted', accepted: this.#accepted, appended: fresh.length, forgotten };
  }

  results(seqs: readonly number[], maxBytes: number): ResultChunk[] {
    const chunks = new Map<Chunk, number[]>();
    let bytes = 0;
    for (const seq of new Set(seqs)) {
      const chunk = this.#results.get(seq)?.chunk;
      if (!chunk) continue;
      const asked = chunks.get(chunk);
      if (asked) asked.push(seq);
      else if (chunks.size === 0 || bytes + chunk.frame.length <= maxBytes) {
        bytes += chunk.frame.length;
        chunks.set(chunk, [seq]);
      }
    }
    return Array.from(chunks, ([{ frame }, asked]) => ({ frame, seqs: asked }));
  }

  claim(token: number, maxBytes: number): Claim {
    const [next = 0] = this.#waiting;
    const { user, outbox } = this;
    const done = spansOf([...this.#done].filter((seq) => seq > next).sort((a, b) => a - b));
    const [begun, excused] = [ascending(this.#begun), ascending(this.#excused)];
    return { user, outbox, token, next, done, begun, excused, ...this.pendingAfter(next - 1, maxBytes) };
  }

  pendingAfter(seq: number, maxBytes: number): Pending {
    const batches: StoredBatch[] = [];
    let bytes = 0;
    for (const batch of this.#batches) {
      if (batch.to <= seq) continue;
      bytes += batch.frame.length;
      if (batches.length > 0 && bytes > maxBytes) break;
      batches.push(batch);
    }
    const statuses = new Map<number, number>();
    for (const need of batches.flatMap(({ needs }) => [...needs])) {
      const result = this.#results.get(need);
      if (result) statuses.set(need, result.status);
    }
    return { batches: batches.map(({ needs: _, order: __, left: ___, ...batch }) => batch), statuses };
  }

  /** @throws {TypeError} where one of them does not wait. */
  begin(seqs: readonly number[]): number[] {
    this.#checkWaiting(seqs);
    return seqs.map((seq) => {
      const times = (this.#begun.get(seq) ?? 0) + 1;
      this.#begun.set(seq, times);
      return times;
    });
  }

  excuse(seqs: readonly number[]): void {
    for (const seq of seqs) {
      const times = (this.#excused.get(seq) ?? 0) + 1;
      if (times <= (this.#begun.get(seq) ?? 0)) this.#excused.set(seq, times);
    }
  }

  /** @throws {TypeError} where the results are not those of waiting packets, in order. Nothing has changed then. */
  complete({ results, frame, begins }: Completion, at: number): void {
    const seqs = results.map(({ seq }) => seq);
    if (seqs.length === 0) throw new TypeError('a completion has at least one result');
    this.#checkWaiting(seqs);
    this.#checkWaiting(begins);
    const completed = new Set(seqs);
    if (begins.some((seq) => completed.has(seq))) throw new TypeError('a packet that is completed does not begin');
    const chunk: Chunk = { frame: new Uint8Array(frame), at };
    for (const { seq, status } of results) {
      this.#results.set(seq, { status, chunk });
      this.#waiting.delete(seq);
      this.#begun.delete(seq);
      this.#excused.delete(seq);
      this.#done.add(seq);
      const batch = this.#batches.find(({ to }) => to >= seq);
      if (batch) batch.left--;
    }
    this.#dropEmptyBatches();
    this.begin(begins);
  }

  trim(before: number): void {
    this.#forget((_, { chunk }) => chunk.at < before);
  }

  #dropEmptyBatches(): void {
    const empty = this.#batches.filter(({ left }) => left === 0);
    if (empty.length === 0) return;
    this.#batches = this.#batches.filter(({ left }) => left > 0);
    for (const { from, to } of empty) for (let seq = from; seq <= to; seq++) this.#done.delete(seq);
  }

  #checkWaiting(seqs: readonly number[]): void {
    for (const [index, seq] of seqs.entries()) {
      if (!this.#waiting.has(seq)) throw new TypeError(`packet ${seq} does not wait to be run`);
      if (index > 0 && seq <= (seqs[index - 1] as number)) throw new TypeError('packets are named in ascending order');
    }
  }

  /** Whatever the reason to forget, a result that a waiting packet depends on stays. */
  #forget(old: (seq: number, result: StoredResult) => boolean): void {
    for (const [seq, result] of this.#results) {
      if (old(seq, result) && !this.#batches.some(({ needs }) => needs.has(seq))) this.#results.delete(seq);
    }
  }
}

function ascending(times: ReadonlyMap<number, number>): Map<number, number> {
  return new Map([...times].sort(([a], [b]) => a - b));
}
