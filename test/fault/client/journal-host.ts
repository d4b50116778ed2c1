import type { Clock } from '../../../src/lib/clock.ts';
import type { Claim, Completion, IncomingBatch, Journal, OutboxKey } from '../../../src/lib/server/journal.ts';
import { memoryJournal } from '../../../src/lib/server/journals/memory.ts';
import type { Dice } from './dice.ts';
import type { Life } from './life.ts';

/** What a packet's handler wrote. */
export interface EffectRow {
  readonly id: string;
  readonly reqId: string;
  readonly user: string;
}

type Change =
  | { readonly kind: 'accept'; readonly batch: IncomingBatch }
  | { readonly kind: 'complete'; readonly key: OutboxKey; readonly completion: Completion };

/** How a journal is spoilt on purpose, to see whether it is noticed. */
export interface JournalMutation {
  accept?(batch: IncomingBatch, journal: Journal): Promise<IncomingBatch>;
  /** Effects in a transaction of their own, before the results'. */
  readonly splitsEffects?: boolean;
}

/**
 * The server's disk: a memory journal that outlives its processes, with a table that handlers write to by effects, and
 * with all that was committed, so that it can be set back to any earlier state as from a backup.
 */
export class JournalHost {
  /** Rows that a restore has thrown away. */
  readonly lost: EffectRow[] = [];
  private readonly everAccepted = new Set<string>();
  private readonly clock: Clock;
  private readonly dice: Dice;
  private readonly mutation: JournalMutation;
  private journal: Journal;
  private history: Change[] = [];
  private split: EffectRow[] = [];

  constructor(clock: Clock, dice: Dice, mutation: JournalMutation = {}) {
    this.clock = clock;
    this.dice = dice;
    this.mutation = mutation;
    this.journal = memoryJournal({ clock, random: dice.bytes });
  }

  get rows(): EffectRow[] {
    const committed = this.history.flatMap((change) => (change.kind === 'complete' ? rowsOf(change.completion) : []));
    return [...committed, ...this.split];
  }

  /** How many commits it has. */
  get size(): number {
    return this.history.length;
  }

  /** Whether the packet was on the disk at some time. */
  hasAccepted(user: string, reqId: string): boolean {
    return this.everAccepted.has(`${user} ${reqId}`);
  }

  /** The journal as one server process has it. */
  open(life: Life): Journal {
    const { journal } = this;
    const replaced: Partial<Journal> = {
      accept: (batch) => this.accept(journal, batch),
      complete: (claim, completion) => this.complete(journal, life, claim, completion),
      // The disk stays: what a server closes is its own access.
      close: async () => {},
    };
    return new Proxy(journal, {
      get: (target, name) => {
        if (name === 'subscribe') return this.subscribe(journal, life);
        const value: unknown = Reflect.get(Object.hasOwn(replaced, name) ? replaced : target, name);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => life.guard(this.slowly(life, () => value.apply(target, args)));
      },
    });
  }

  /** What a killed process held is free again. */
  async releaseAll(): Promise<void> {
    await this.journal.close();
  }

  /**
   * Sets it back to an earlier state, under a new epoch, as whoever restores a backup does.
   *
   * @param kept Its size then.
   */
  async restore(kept: number): Promise<void> {
    const before = this.rows;
    const changes = this.history.slice(0, kept);
    this.history = [];
    await this.journal.close();
    this.journal = memoryJournal({ clock: this.clock, random: this.dice.bytes });
    await this.journal.open();
    for (const change of changes) await this.replay(change);
    const ids = new Set(this.rows.map(({ id }) => id));
    this.lost.push(...before.filter(({ id }) => !ids.has(id)));
    await this.journal.close();
  }

  private async replay(change: Change): Promise<void> {
    const { journal } = this;
    if (change.kind === 'accept') {
      const { after } = change.batch;
      await journal.accept({ ...change.batch, after: after.seq === 0 ? after : { ...after, epoch: journal.epoch } });
    } else {
      const claims: Claim[] = [];
      for (;;) {
        const claim = await journal.claim();
        if (!claim) throw new Error('a completion without its packets');
        claims.push(claim);
        if (claim.user !== change.key.user || claim.outbox !== change.key.outbox) continue;
        await journal.complete(claim, { ...change.completion, effects: [], begins: [] });
        break;
      }
      for (const claim of claims) await journal.release(claim);
    }
    this.history.push(change);
  }

  private async accept(journal: Journal, given: IncomingBatch) {
    const batch = this.mutation.accept ? await this.mutation.accept(given, journal) : given;
    const outcome = await journal.accept(batch);
    if (outcome.kind === 'accepted') {
      for (const { seq } of batch.packets) this.everAccepted.add(`${batch.user} ${batch.outbox}.${seq}`);
      if (journal === this.journal) this.history.push({ kind: 'accept', batch });
    }
    return outcome;
  }

  private async complete(journal: Journal, life: Life, claim: Claim, given: Completion) {
    let completion = given;
    if (this.mutation.splitsEffects) {
      this.split.push(...rowsOf(given));
      completion = { ...given, effects: [] };
      await this.delay(5);
      if (life.isOver) return { kind: 'fenced' } as const;
    }
    const outcome = await journal.complete(claim, { ...completion, effects: [] });
    if (outcome.kind === 'committed' && journal === this.journal) {
      this.history.push({ kind: 'complete', key: { user: claim.user, outbox: claim.outbox }, completion });
    }
    return outcome;
  }

  private subscribe(journal: Journal, life: Life): Journal['subscribe'] {
    return (listener) => journal.subscribe((news) => void (life.isOver || listener(news)));
  }

  /** A disk takes its time, before a commit or after it: there a crash has different consequences. */
  private async slowly<T>(life: Life, work: () => Promise<T>): Promise<T> {
    if (this.dice.chance(0.1)) await this.delay(this.dice.between(1, 30));
    // A process that is dead by now asks for nothing any more.
    if (life.isOver) return new Promise<T>(() => {});
    const value = await work();
    if (this.dice.chance(0.1)) await this.delay(this.dice.between(1, 30));
    return value;
  }

  private delay(ms: number): Promise<void> {
    return new Promise((resolve) => this.clock.after(ms, resolve));
  }
}

function rowsOf({ effects }: Completion): EffectRow[] {
  return effects.map(({ params }) => {
    const [id, reqId, user] = params as readonly string[];
    return { id: id ?? '', reqId: reqId ?? '', user: user ?? '' };
  });
}
