import type {
  AcceptOutcome,
  Claim,
  Completion,
  IncomingBatch,
  OutboxKey,
  PendingBatch,
  Place,
  ResultChunk,
} from '../../journal.ts';
import { admissionOf, dependenciesOf } from '../admission.ts';

interface StoredBatch extends PendingBatch {
  readonly needs: ReadonlySet<number>;
  readonly order: number;
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
  /** Sequence numbers of the packets that have not run, ascending. */
  readonly #waiting: number[] = [];
  #begun = { seq: 0, times: 0 };
  readonly #batches: StoredBatch[] = [];
  readonly #results = new Map<number, StoredResult>();

  constructor({ user, outbox }: OutboxKey) {
    this.user = user;
    this.outbox = outbox;
  }

  get pending(): boolean {
    return this.#waiting.length > 0;
  }

  /** The `order` of the first batch with packets that have not run. */
  get since(): number {
    return this.#batches[0]?.order ?? Number.POSITIVE_INFINITY;
  }

  place(epoch: string): Place {
    return this.#accepted === 0 ? { epoch: '0', seq: 0, tag: '0' } : { epoch, seq: this.#accepted, tag: this.#tag };
  }

  /** @param order Greater for each batch that the journal accepts. */
  accept(batch: IncomingBatch, epoch: string, order: number): AcceptOutcome {
    const place = this.place(epoch);
    const { moved, fresh, known } = admissionOf(batch, place);
    if (moved) return { kind: 'moved', place };
    this.#forget((seq) => seq < batch.oldest);
    const waiting = new Set(known.length > 0 ? this.#waiting : []);
    const forgotten = known.filter((seq) => !waiting.has(seq) && !this.#results.has(seq));
    const [first, last] = [fresh[0], fresh.at(-1)];
    if (first && last) {
      const { contract, identity, receivedAt } = batch;
      const frame = new Uint8Array(batch.frame);
      const needs = dependenciesOf(fresh);
      this.#batches.push({ frame, contract, identity, from: first.seq, to: last.seq, receivedAt, needs, order });
      for (const { seq } of fresh) this.#waiting.push(seq);
      this.#accepted = last.seq;
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
    const batches: StoredBatch[] = [];
    let bytes = 0;
    for (const batch of this.#batches) {
      bytes += batch.frame.length;
      if (batches.length > 0 && bytes > maxBytes) break;
      batches.push(batch);
    }
    const next = this.#waiting[0] as number;
    const statuses = new Map<number, number>();
    for (const seq of batches.flatMap(({ needs }) => [...needs])) {
      const result = this.#results.get(seq);
      if (result) statuses.set(seq, result.status);
    }
    return {
      user: this.user,
      outbox: this.outbox,
      token,
      next,
      attempts: this.#begun.seq === next ? this.#begun.times : 0,
      batches: batches.map(({ needs: _, order: __, ...batch }) => batch),
      statuses,
    };
  }

  begin(seq: number): number {
    if (this.#waiting[0] !== seq) throw new TypeError(`packet ${seq} is not the next one of its outbox`);
    this.#begun = { seq, times: this.#begun.seq === seq ? this.#begun.times + 1 : 1 };
    return this.#begun.times;
  }

  /** @throws {TypeError} where the results are not those of the next packets. Nothing has changed then. */
  complete({ results, frame, beginsNext }: Completion, at: number): void {
    const expected = this.#waiting.slice(0, results.length);
    if (results.length === 0 || results.some(({ seq }, index) => seq !== expected[index])) {
      throw new TypeError('a completion has the results of the next packets of its outbox, in order');
    }
    const chunk: Chunk = { frame: new Uint8Array(frame), at };
    for (const { seq, status } of results) this.#results.set(seq, { status, chunk });
    this.#waiting.splice(0, results.length);
    const [next] = this.#waiting;
    while (this.#batches[0] && this.#batches[0].to < (next ?? Number.POSITIVE_INFINITY)) this.#batches.shift();
    this.#begun = beginsNext && next !== undefined ? { seq: next, times: 1 } : { seq: 0, times: 0 };
  }

  trim(before: number): void {
    this.#forget((_, { chunk }) => chunk.at < before);
  }

  /** Whatever the reason to forget, a result that a waiting packet depends on stays. */
  #forget(old: (seq: number, result: StoredResult) => boolean): void {
    for (const [seq, result] of this.#results) {
      if (old(seq, result) && !this.#batches.some(({ needs }) => needs.has(seq))) this.#results.delete(seq);
    }
  }
}
