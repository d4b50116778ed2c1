import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Libsql from 'libsql';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  type Claim,
  type FailedPacket,
  type Journal,
  nowhere,
  type OutboxKey,
  type Pending,
  type Place,
} from '../../../src/lib/server/journal.ts';
import { memoryJournal } from '../../../src/lib/server/journals/memory.ts';
import { sqliteJournal } from '../../../src/lib/server/journals/sqlite.ts';
import { batchOf, completionOf, frameOf, type PacketSpec, SetClock } from '../../contracts/journal/support.ts';
import { randomOf } from '../../fault/journal-frames.ts';

const seeds = 40;
const stepsPerSeed = 250;

const keys: readonly OutboxKey[] = ['ana 1', 'ana 2', 'luis 1', 'eva 1'].map((name) => {
  const [user = '', number = ''] = name.split(' ');
  return { user, outbox: number.padStart(16, '0') };
});

/** Marks and epochs tell the time of a call, so that they are equal in both, however often each draws one. */
async function openTwins(): Promise<{ clock: SetClock; journals: [Journal, Journal] }> {
  const clock = new SetClock();
  const random = (count: number) => Uint8Array.from({ length: count }, (_, index) => clock.ms >> (8 * (index % 4)));
  const folder = mkdtempSync(join(tmpdir(), 'crudp-twins-'));
  const common = { clock, random, maxClaimBytes: 60 };
  const journals: [Journal, Journal] = [
    memoryJournal(common),
    sqliteJournal(join(folder, 'app.db'), {
      ...common,
      driver: Libsql,
      thread: false,
      check: false,
    }),
  ];
  for (const journal of journals) await journal.open();
  onTestFinished(async () => {
    for (const journal of journals) await journal.close();
    rmSync(folder, { recursive: true });
  });
  return { clock, journals };
}

/** One client and worker world, told by a seed: what it does depends on the first journal's answers, which the second must share. */
class World {
  readonly #random: () => number;
  readonly #clock: SetClock;
  readonly #journals: readonly [Journal, Journal];
  /** Claims as each journal gave them. */
  readonly #claims: [Claim, Claim][] = [];
  readonly done = new Map<string, number>();

  constructor(seed: number, clock: SetClock, journals: [Journal, Journal]) {
    this.#random = randomOf(seed * 7919);
    this.#clock = clock;
    this.#journals = journals;
  }

  async step(): Promise<void> {
    this.#clock.ms += this.#below(10);
    const kinds = [
      'accept',
      'accept',
      'accept',
      'claim',
      'claim',
      'work',
      'work',
      'work',
      'work',
      'look',
      'odd',
    ] as const;
    const kind = kinds[this.#below(kinds.length)] as (typeof kinds)[number];
    const name = await this[kind]();
    this.done.set(name, (this.done.get(name) ?? 0) + 1);
  }

  async accept(): Promise<string> {
    const key = this.#key();
    const place = await this.#both((journal) => journal.place(key));
    const from = this.#chance(0.3) ? Math.max(1, place.seq - this.#below(12)) : place.seq + 1;
    const packets: PacketSpec[] = [];
    for (let seq = from; packets.length < this.#below(6); seq += this.#chance(0.15) ? 2 : 1) {
      const after = Array.from({ length: this.#chance(0.3) ? 2 : 0 }, () => 1 + this.#below(seq)).filter(
        (dep) => dep < seq,
      );
      packets.push([seq, [...new Set(after)]]);
    }
    const oldest = this.#chance(0.3) ? Math.max(1, place.seq - this.#below(15)) : 1;
    const batch = batchOf(key, this.#after(place), packets, { oldest });
    const outcome = await this.#both((journal) => journal.accept(batch));
    if (outcome.kind !== 'accepted') return outcome.kind;
    return outcome.forgotten.length > 0 ? 'forgotten' : 'accepted';
  }

  async claim(): Promise<string> {
    const [one, other] = [await this.#journals[0].claim(), await this.#journals[1].claim()];
    expect(comparable(other)).toEqual(comparable(one));
    if (!one || !other) return 'nothing to claim';
    this.#claims.push([one, other]);
    return 'claimed';
  }

  async work(): Promise<string> {
    const pair = this.#claims[this.#below(this.#claims.length)];
    if (!pair) return 'nothing claimed';
    const [{ batches, next }] = pair;
    // What was asked is answered by what each knows, not by the claim, which may be old.
    const end = (batches.at(-1)?.to ?? next) + 1;
    const some = () => this.#ascending(next, end);
    const act = this.#below(10);
    if (act === 0) {
      const seqs = some();
      await this.#pair(pair, (journal, claim) => journal.begin(claim, seqs));
      return 'begin';
    }
    if (act === 3) {
      const seqs = some();
      await this.#pair(pair, (journal, claim) => journal.excuse(claim, seqs));
      return 'excuse';
    }
    if (act === 1) {
      const idleUpTo = this.#chance(0.5) ? end : undefined;
      await this.#pair(pair, (journal, claim) => journal.release(claim, idleUpTo));
      return 'release';
    }
    if (act === 2) {
      const afterSeq = next + this.#below(6) - 2;
      await this.#pair(pair, async (journal, claim) => plain(await journal.pending(claim, afterSeq)));
      return 'pending';
    }
    const pushes = this.#chance(0.2) ? [{ log: 'all', kind: 'push' as const, frame: frameOf(`push ${next}`) }] : [];
    const begins = this.#chance(0.3) ? some() : [];
    const [first = 1] = this.#ascending(next, end);
    const failed = this.#chance(0.3) ? [failure(first)] : [];
    const facts = { failed, status: this.#below(3), logged: this.#chance(0.7), pushes, begins };
    // From the front as a run does that waits for nothing, or out of line.
    const span = Array.from({ length: 1 + this.#below(end - next + 1) }, (_, index) => next + index);
    const isOutOfLine = this.#chance(0.5);
    const completion = completionOf(isOutOfLine ? some() : span, facts);
    const outcome = await this.#pair(pair, (journal, claim) => journal.complete(claim, completion));
    if (typeof outcome === 'string') return 'refused';
    if (outcome?.kind !== 'committed') return outcome?.kind ?? 'refused';
    // The claim's `next` is spent: whoever goes on claims anew.
    await this.#pair(pair, (journal, claim) => journal.release(claim));
    this.#claims.splice(this.#claims.indexOf(pair), 1);
    return isOutOfLine ? 'out of line' : 'committed';
  }

  async look(): Promise<string> {
    const key = this.#key();
    const seqs = Array.from({ length: this.#below(20) }, () => 1 + this.#below(40));
    const maxBytes = this.#chance(0.5) ? undefined : this.#below(60);
    await this.#both((journal) => journal.results(key, seqs, maxBytes));
    await this.#both((journal) => journal.backlog());
    const kept = await this.#both((journal) => journal.failures({ user: key.user, limit: 5 }));
    const id = kept[this.#below(kept.length)]?.id ?? 7;
    if (this.#chance(0.2)) await this.#both((journal) => journal.discard([id]));
    if (this.#chance(0.2)) await this.#both((journal) => journal.commit({ pushes: [], effects: [] }, id));
    const log = this.#chance(0.5) ? 'all' : `user:${key.user}`;
    const end = await this.#both((journal) => journal.end(log));
    const offset = Math.max(0, end.offset - this.#below(8));
    const { entries } = await this.#both((journal) => journal.read(log, { offset: 0, mark: '' }, 1 << 20));
    const mark = entries.find((entry) => entry.offset === offset)?.mark ?? (offset === end.offset ? end.mark : '');
    const bytes = this.#chance(0.5) ? 30 : 1 << 20;
    await this.#both((journal) => journal.read(log, { offset, mark }, bytes));
    return 'looked';
  }

  async odd(): Promise<string> {
    const what = this.#below(12);
    if (what === 0) {
      for (const journal of this.#journals) {
        await journal.close();
        await journal.open();
      }
      return 'restart';
    }
    if (what <= 2) {
      const ago = () => this.#clock.ms - this.#below(500);
      const sizes = this.#chance(0.5) ? { logBytes: 100 + this.#below(500) } : {};
      const before = { results: ago(), logs: ago(), failures: ago(), ...sizes };
      await this.#both((journal) => journal.trim(before));
      return 'trim';
    }
    if (what <= 5) {
      const key = this.#key();
      await this.#both((journal) => journal.resume(key));
      return 'resume';
    }
    const entry = { log: 'all', kind: 'push' as const, frame: frameOf(`push ${this.#below(100)}`) };
    await this.#both((journal) => journal.append([entry]));
    return 'append';
  }

  /** A few numbers of a span; rarely not in order, or beyond its end. */
  #ascending(from: number, to: number): number[] {
    const count = 1 + this.#below(4);
    const seqs = Array.from({ length: count }, () => from + this.#below(to - from + (this.#chance(0.1) ? 2 : 0)));
    return this.#chance(0.95) ? [...new Set(seqs)].sort((a, b) => a - b) : seqs;
  }

  /** Mostly the place; else what a client might take for it. */
  #after(place: Place): Place {
    if (this.#chance(0.8)) return place;
    if (this.#chance(0.3)) return nowhere;
    if (this.#chance(0.5)) return { ...place, seq: place.seq + this.#below(4) - 2 };
    return { ...place, tag: 'other' };
  }

  async #both<Answer>(ask: (journal: Journal) => Promise<Answer>): Promise<Answer> {
    const [one, other] = [await ask(this.#journals[0]), await ask(this.#journals[1])];
    expect(other).toEqual(one);
    return one;
  }

  /** As `both`; a call that is refused gives its message. */
  async #pair<Answer>(
    [first, second]: readonly [Claim, Claim],
    ask: (journal: Journal, claim: Claim) => Promise<Answer>,
  ): Promise<Answer | string> {
    const settled = async (journal: Journal, claim: Claim) =>
      ask(journal, claim).catch((error: unknown) =>
        error instanceof TypeError ? error.message : Promise.reject(error),
      );
    const one = await settled(this.#journals[0], first);
    expect(await settled(this.#journals[1], second)).toEqual(one);
    return one;
  }

  #key(): OutboxKey {
    return keys[this.#below(keys.length)] as OutboxKey;
  }

  #below(bound: number): number {
    return Math.floor(this.#random() * bound);
  }

  #chance(probability: number): boolean {
    return this.#random() < probability;
  }
}

/** Tokens are each journal's own; the order of statuses means nothing. */
function comparable(claim: Claim | null) {
  if (!claim) return null;
  const { token: _, begun, excused, ...rest } = claim;
  return { ...rest, begun: [...begun], excused: [...excused], ...plain(claim) };
}

function failure(seq: number): FailedPacket {
  const identity = { user: 'x', roles: [] };
  return { seq, status: 13, message: 'no', identity, contract: 1, frame: frameOf(`failed ${seq}`) };
}

function plain({ batches, statuses }: Pending) {
  return { batches, statuses: [...statuses].sort(([a], [b]) => a - b) };
}

describe('The journals', () => {
  it(`answer alike, ${seeds} times ${stepsPerSeed} random calls`, { timeout: 120_000 }, async () => {
    const done = new Map<string, number>();
    for (let seed = 1; seed <= seeds; seed++) {
      const { clock, journals } = await openTwins();
      const world = new World(seed, clock, journals);
      for (let step = 0; step < stepsPerSeed; step++) {
        try {
          await world.step();
        } catch (cause) {
          throw new Error(`seed ${seed}, step ${step}`, { cause });
        }
      }
      for (const [name, times] of world.done) done.set(name, (done.get(name) ?? 0) + times);
    }
    // That they agree says little unless all this has happened.
    const happened = [
      'moved',
      'forgotten',
      'accepted',
      'claimed',
      'begin',
      'release',
      'committed',
      'out of line',
      'pending',
      'resume',
      'fenced',
      'refused',
    ];
    for (const name of [...happened, 'restart', 'trim', 'append']) expect([name, done.get(name) ?? 0]).toSatisfy(often);
  });
});

function often(counted: unknown): boolean {
  return (counted as [string, number])[1] >= 20;
}
