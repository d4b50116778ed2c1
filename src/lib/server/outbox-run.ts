import type { Clock } from '../clock.ts';
import { CrudpError } from '../errors.ts';
import { actionOf, reqIdOf, Status } from '../packet.ts';
import type { BoundRoutes } from './bound-routes.ts';
import { type InvokeDeps, invoke, type Outcome, type Settled } from './invoke.ts';
import type { Claim, CompletionOutcome, Journal } from './journal.ts';
import { type Unit, type UnitDeps, type UnitPacket, unitsOf } from './units.ts';
import { type Verdict, verdictOn } from './verdict.ts';

export interface RunDeps extends InvokeDeps, UnitDeps {
  readonly journal: Journal;
  readonly routes: BoundRoutes;
  readonly clock: Clock;
  readonly maxAttempts: number;
  readonly maxQueueMs: number;
}

/** How a run came to its end: nothing left, lease lost, told to stop, or to be resumed later with the claim kept. */
export type RunEnd =
  | { readonly kind: 'done' | 'fenced' | 'stopped' }
  | { readonly kind: 'retry'; readonly delayMs: number };

// Packets that need no handler are committed together: each alone would cost a turn of the disk. At most so many, and
// about as many bytes as one event of a stream carries.
const maxVerdicts = 256;
const maxVerdictBytes = 49_152;
/** A run gives its outbox back after so long, so that who sent ten thousand packets does not hold a place for minutes. */
const sliceMs = 1000;
/** Between tries to store a result on a full disk. */
const storageRetryMs = 1000;

/** Runs one claimed outbox's packets, in order, each unit committed before the next begins. */
export class OutboxRun {
  readonly claim: Claim;
  private readonly deps: RunDeps;
  /** Aborted when the server's grace period is over. */
  private readonly signal: AbortSignal;
  private readonly isStopping: () => boolean;
  private readonly units: Iterator<Unit, undefined>;
  private unit: Unit | undefined;
  private readonly statuses: Map<number, number>;
  /** Verdicts on the packets before `unit`, not yet committed. */
  private verdicts: Settled[] = [];
  /** How often `unit` was begun; `counted` when the journal has already counted the time that is to come. */
  private attempts: number;
  private counted = false;

  constructor(claim: Claim, deps: RunDeps, signal: AbortSignal, isStopping: () => boolean) {
    this.claim = claim;
    this.deps = deps;
    this.signal = signal;
    this.isStopping = isStopping;
    this.statuses = new Map(claim.statuses);
    this.attempts = claim.attempts;
    this.units = unitsOf(claim, deps);
  }

  /** Goes on where the last call ended. */
  async run(): Promise<RunEnd> {
    this.unit ??= this.units.next().value;
    const endAt = this.deps.clock.now() + sliceMs;
    const isOver = () => this.isStopping() || this.deps.clock.now() >= endAt;
    // What has been counted as begun is run: left now, it would look like a packet that a process died of.
    while (this.unit && (this.counted || !isOver())) {
      const end = await this.step(this.unit, isOver);
      if (end) return end;
    }
    if (!(await this.commitVerdicts(false))) return { kind: 'fenced' };
    return { kind: this.unit ? 'stopped' : 'done' };
  }

  private async step(unit: Unit, isOver: () => boolean): Promise<RunEnd | undefined> {
    const verdicts = unit.packets.map((packet) => this.verdictOn(unit, packet));
    if (verdicts.some((verdict) => verdict !== null)) {
      this.verdicts.push(...this.settleByVerdict(unit, verdicts));
      this.advance();
      const bytes = this.verdicts.reduce((sum, { frame }) => sum + frame.length, 0);
      if (this.verdicts.length < maxVerdicts && bytes < maxVerdictBytes) return undefined;
      return (await this.commitVerdicts(false)) ? undefined : { kind: 'fenced' };
    }
    if (this.verdicts.length > 0 && !(await this.commitVerdicts(true))) return { kind: 'fenced' };
    const first = unit.packets[0] as UnitPacket;
    const attempt = this.counted ? this.attempts : await this.deps.journal.begin(this.claim, first.seq);
    if (attempt === null) return { kind: 'fenced' };
    this.attempts = attempt;
    this.counted = false;
    const outcome = await this.runUnit(unit, attempt);
    if (!Array.isArray(outcome)) return { kind: 'retry', delayMs: outcome.retryMs };
    this.advance();
    return (await this.commitUnit(unit, outcome, isOver)) ? undefined : { kind: 'fenced' };
  }

  private async runUnit(unit: Unit, attempt: number): Promise<Settled[] | { readonly retryMs: number }> {
    const settled: Settled[] = [];
    for (const packet of unit.packets) {
      const outcome = this.exhaust(packet, attempt, await this.invoke(unit, packet, attempt));
      if ('retryMs' in outcome) return outcome;
      settled.push(outcome);
      if (outcome.result.status !== Status.ok) return this.rollBack(unit, outcome);
    }
    return settled;
  }

  private invoke(unit: Unit, packet: UnitPacket, attempt: number): Promise<Outcome> {
    const route = this.deps.routes.get(packet.route);
    if (!route) throw new TypeError(`no code behind route ${packet.route}`);
    const { identity } = unit.batch;
    return invoke(this.deps, { route, packet, identity, outbox: this.claim.outbox, attempt, signal: this.signal });
  }

  private exhaust(packet: UnitPacket, attempt: number, outcome: Outcome): Outcome {
    if (!('retryMs' in outcome) || attempt < this.deps.maxAttempts) return outcome;
    return this.settle(packet, { status: Status.exhausted, message: '' });
  }

  /** Commits a unit that has run. @returns false: fenced. */
  private async commitUnit(unit: Unit, settled: readonly Settled[], isOver: () => boolean): Promise<boolean> {
    for (const { result } of settled) this.statuses.set(result.seq, result.status);
    const outcome = await this.commit(settled, this.beginsNext(isOver));
    if (outcome.kind !== 'effect_failed') return outcome.kind === 'committed';
    // Nothing of it was committed, its pushes neither; the packet whose effect it was decides the unit's result.
    const owner = ownerOfEffect(settled, outcome.index);
    const status = outcome.changes === undefined ? Status.internal : Status.conflict;
    if (status === Status.internal) {
      const where = `effect of ${reqIdOf(this.claim.outbox, owner.result.seq)}`;
      this.deps.log({ event: 'failed', where, error: new CrudpError('effect_failed', outcome.message) });
    }
    const packet = unit.packets.find(({ seq }) => seq === owner.result.seq) as UnitPacket;
    const failed = this.rollBack(unit, this.settle(packet, { status, message: '' }));
    return (await this.commit(failed, this.beginsNext(isOver))).kind === 'committed';
  }

  /** @returns false: fenced. */
  private async commitVerdicts(beginsNext: boolean): Promise<boolean> {
    if (this.verdicts.length === 0) return true;
    const settled = this.verdicts;
    this.verdicts = [];
    const { user, outbox } = this.claim;
    const outcome = await this.commit(settled, beginsNext);
    for (const { result } of settled) {
      this.deps.log({ event: 'settled', user, reqId: reqIdOf(outbox, result.seq), status: result.status });
    }
    return outcome.kind === 'committed';
  }

  private async commit(settled: readonly Settled[], beginsNext: boolean): Promise<CompletionOutcome> {
    const { journal, codec, contract, clock, log } = this.deps;
    const results = settled.map(({ result }) => result);
    const [only, ...others] = settled;
    const completion = {
      results: results.map(({ seq, status }) => ({ seq, status })),
      frame:
        only && others.length === 0
          ? only.frame
          : codec.encodeResponse(contract, { outbox: this.claim.outbox, results }),
      logged: results.some(({ route }) => actionOf(route) !== 'read'),
      pushes: settled.flatMap(({ pushes }) => pushes),
      effects: settled.flatMap(({ effects }) => effects),
      beginsNext,
    };
    for (;;) {
      try {
        const outcome = await journal.complete(this.claim, completion);
        if (outcome.kind === 'committed' && beginsNext) {
          this.attempts = 1;
          this.counted = true;
        }
        return outcome;
      } catch (error) {
        // The handler has run; running it again because the disk is full would be wrong. Its result waits.
        if (!(error instanceof CrudpError) || !error.retryable || this.signal.aborted) throw error;
        log({ event: 'failed', where: 'journal.complete', error });
        await new Promise<void>((resolve) => clock.after(storageRetryMs, resolve));
      }
    }
  }

  private beginsNext(isOver: () => boolean): boolean {
    const next = this.unit;
    return next !== undefined && !isOver() && next.packets.every((packet) => this.verdictOn(next, packet) === null);
  }

  private advance(): void {
    this.unit = this.units.next().value;
    this.attempts = 0;
    this.counted = false;
  }

  private verdictOn(unit: Unit, packet: UnitPacket): Verdict | null {
    const { routes, clock, maxAttempts, maxQueueMs } = this.deps;
    // Inside its group a packet's dependencies run before it, and nothing of the group stands if one of them fails.
    const after = packet.after?.filter((seq) => !unit.packets.some((other) => other.seq === seq)) ?? [];
    return verdictOn(
      { ...packet, after },
      {
        statuses: this.statuses,
        implemented: (route) => routes.has(route),
        expired: clock.now() - unit.batch.receivedAt > maxQueueMs,
        poisonous: unit === this.unit && !this.counted && this.attempts >= maxAttempts,
      },
    );
  }

  private settleByVerdict(unit: Unit, verdicts: readonly (Verdict | null)[]): Settled[] {
    return unit.packets.map((packet, index) =>
      this.settle(packet, verdicts[index] ?? { status: Status.rolled_back, message: '' }),
    );
  }

  private rollBack(unit: Unit, failed: Settled): Settled[] {
    return unit.packets.map((packet) =>
      packet.seq === failed.result.seq ? failed : this.settle(packet, { status: Status.rolled_back, message: '' }),
    );
  }

  private settle({ seq, route }: UnitPacket, { status, message }: Verdict): Settled {
    const result = { seq, route, status, message, records: [] };
    this.statuses.set(seq, status);
    const frame = this.deps.codec.encodeResponse(this.deps.contract, { outbox: this.claim.outbox, results: [result] });
    return { result, frame, pushes: [], effects: [] };
  }
}

function ownerOfEffect(settled: readonly Settled[], index: number): Settled {
  let end = 0;
  for (const one of settled) {
    end += one.effects.length;
    if (index < end) return one;
  }
  throw new RangeError(`no effect ${index}`);
}
