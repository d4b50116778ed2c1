import { expect } from 'vitest';
import type { Clock } from '../../../src/lib/clock.ts';
import {
  type AcceptOutcome,
  type Claim,
  type Completion,
  type IncomingBatch,
  type Journal,
  type JournalNews,
  nowhere,
  type OutboxKey,
  type Place,
} from '../../../src/lib/server/journal.ts';

export interface JournalOptions {
  readonly clock: Clock;
  readonly maxClaimBytes?: number;
}

/** What a suite is run on. Closing a journal and opening it again must be a restart of the server. */
export interface JournalFactory {
  readonly name: string;
  /** A new, empty journal, not opened. */
  make(options: JournalOptions): Promise<Journal>;
}

/** A clock that stands still until it is set. */
export class SetClock implements Clock {
  ms = 1_000_000;

  now(): number {
    return this.ms;
  }

  after(): never {
    throw new Error('a journal needs no timer');
  }
}

export const ana: OutboxKey = { user: 'ana', outbox: '00000000000000a1' };
export const anasPhone: OutboxKey = { user: 'ana', outbox: '00000000000000a2' };
export const luis: OutboxKey = { user: 'luis', outbox: '00000000000000a1' };

/** Frames are opaque to a journal: any bytes will do. */
export function frameOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function textOf(frame: Uint8Array): string {
  return new TextDecoder().decode(frame);
}

/** A packet: its number, or its number and what it waits for. */
export type PacketSpec = number | readonly [seq: number, after: readonly number[]];

export type BatchFacts = Partial<Omit<IncomingBatch, 'packets'>>;

/** A batch as the server makes it of a frame. */
export function batchOf(
  key: OutboxKey,
  after: Place,
  packets: readonly PacketSpec[],
  facts: BatchFacts = {},
): IncomingBatch {
  const heads = packets.map((packet) => {
    const [seq, waits] = typeof packet === 'number' ? [packet, []] : packet;
    return { seq, route: 4, items: 1, after: waits, group: 0 };
  });
  const last = heads.at(-1)?.seq;
  return {
    user: key.user,
    outbox: key.outbox,
    identity: { user: key.user, roles: ['staff'], meta: { shop: 7 } },
    contract: 3,
    after,
    tag: last === undefined ? '' : tagOf(key, last),
    frame: frameOf(`frame ${key.user} ${heads.map(({ seq }) => seq).join(' ')}`),
    oldest: 1,
    packets: heads,
    receivedAt: 500,
    ...facts,
  };
}

/** Each packet has a tag of its own, also those of equal number in other outboxes. */
export function tagOf(key: OutboxKey, seq: number): string {
  return `${key.user}-${key.outbox.slice(-2)}-${seq}`;
}

/** Accepts packets as a client sends them that knows the outbox's place, and expects it to go well. */
export async function accept(
  journal: Journal,
  key: OutboxKey,
  packets: readonly PacketSpec[],
  facts: BatchFacts = {},
): Promise<Extract<AcceptOutcome, { kind: 'accepted' }>> {
  const place = await journal.place(key);
  const after = packets.length > 0 ? place : nowhere;
  const outcome = await journal.accept(batchOf(key, after, packets, facts));
  if (outcome.kind !== 'accepted') throw new Error('the batch was not accepted');
  return outcome;
}

/** Asks for packets again that were accepted before, as a client does that misses their results. */
export async function ask(
  journal: Journal,
  key: OutboxKey,
  seqs: readonly number[],
  oldest = 1,
): Promise<AcceptOutcome> {
  return journal.accept(batchOf(key, await journal.place(key), seqs, { oldest }));
}

export async function claim(journal: Journal): Promise<Claim> {
  const taken = await journal.claim();
  if (!taken) throw new Error('there is nothing to claim');
  return taken;
}

export type CompletionFacts = Partial<Omit<Completion, 'results'>>;

export function completionOf(seqs: readonly number[], facts: CompletionFacts & { status?: number } = {}): Completion {
  const { status = 0, ...rest } = facts;
  return {
    results: seqs.map((seq) => ({ seq, status })),
    frame: frameOf(`results ${seqs.join(' ')}`),
    logged: true,
    pushes: [],
    effects: [],
    begins: [],
    ...rest,
  };
}

/** Runs packets of a claim and expects it to go well. */
export async function complete(
  journal: Journal,
  taken: Claim,
  seqs: readonly number[],
  facts: CompletionFacts & { status?: number } = {},
): Promise<void> {
  expect(await journal.complete(taken, completionOf(seqs, facts))).toEqual({ kind: 'committed' });
}

/** Claims an outbox, runs the packets, each with a result of its own, and gives it back. */
export async function runAll(journal: Journal, seqs: readonly number[], facts: CompletionFacts = {}): Promise<void> {
  const taken = await claim(journal);
  for (const seq of seqs) await complete(journal, taken, [seq], facts);
  await journal.release(taken);
}

export async function restart(journal: Journal): Promise<void> {
  await journal.close();
  await journal.open();
}

/** Results as `[text of the chunk, numbers asked for]`. */
export async function resultsOf(
  journal: Journal,
  key: OutboxKey,
  seqs: readonly number[],
): Promise<[string, number[]][]> {
  const chunks = await journal.results(key, seqs);
  return chunks.map(({ frame, seqs: asked }) => [textOf(frame), [...asked]]);
}

/** The texts of a log's entries, from its beginning. */
export async function logOf(journal: Journal, log: string): Promise<string[]> {
  const { entries } = await journal.read(log, { offset: 0, mark: '' }, 1 << 20);
  return entries.map(({ frame }) => textOf(frame));
}

/** What the journal tells from now on. */
export function hear(journal: Journal): JournalNews[] {
  const heard: JournalNews[] = [];
  journal.subscribe((news) => heard.push(news));
  return heard;
}
