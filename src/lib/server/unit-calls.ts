import type { Clock } from '../clock.ts';
import { CrudpError } from '../errors.ts';
import { Status } from '../packet.ts';
import type { BoundRoute, BoundRoutes } from './bound-routes.ts';
import { type Entry, rolledBack } from './entries.ts';
import { type InvokeDeps, invoke, type Outcome, type Settled, settleWith } from './invoke.ts';
import { invokeTogether } from './invoke-together.ts';
import type { Claim, Journal } from './journal.ts';
import type { Originals } from './originals.ts';
import type { Tries } from './tries.ts';
import { seqsOf, type Unit, type UnitPacket } from './units.ts';

export interface UnitCallsDeps extends InvokeDeps {
  readonly journal: Journal;
  readonly routes: BoundRoutes;
  readonly clock: Clock;
}

/** Calls the handlers of one claimed outbox's units. */
export class UnitCalls {
  private readonly claim: Claim;
  private readonly deps: UnitCallsDeps;
  private readonly originals: Originals;
  private readonly tries: Tries;
  private readonly signal: AbortSignal;
  /** Units whose handler has been called: it may have changed what it was given. */
  private readonly called = new Set<Unit>();

  /** @param signal Aborted when the server's grace period is over. */
  constructor(claim: Claim, deps: UnitCallsDeps, originals: Originals, tries: Tries, signal: AbortSignal) {
    this.claim = claim;
    this.deps = deps;
    this.originals = originals;
    this.tries = tries;
    this.signal = signal;
  }

  /** A unit is not called any more. */
  passed(unit: Unit): void {
    this.called.delete(unit);
  }

  /** Runs a unit; or says when it is to be tried again, or that the server's grace was over. */
  async one(unit: Unit): Promise<Entry | { readonly retryMs: number | 'aborted' }> {
    if (this.signal.aborted) return { retryMs: 'aborted' };
    const attempt = unit.packets.reduce((most, { seq }) => Math.max(most, this.tries.of(seq)), 0);
    const settled: Settled[] = [];
    for (const packet of this.packetsFor(unit)) {
      const outcome = this.exhaust(packet, await this.invoke(unit, packet, attempt));
      if (outcome === 'aborted') return { retryMs: outcome };
      if ('retryMs' in outcome) return outcome;
      settled.push(outcome);
      const isOk = outcome.result.status === Status.ok;
      if (!isOk) return { batch: unit.batch, packets: unit.packets, settled: rolledBack(unit.packets, outcome) };
    }
    return { batch: unit.batch, packets: unit.packets, settled };
  }

  /** Runs units by one call. @returns null: it came to nothing, and they are to run one by one. */
  async together(units: readonly Unit[]): Promise<Entry | null> {
    const packets = units.map(({ packets: [packet] }) => packet as UnitPacket);
    const [unit] = units as [Unit];
    const { identity } = unit.batch;
    for (const each of units) this.called.add(each);
    const settled = await invokeTogether(this.deps, {
      route: this.routeOf(packets[0] as UnitPacket),
      packets,
      identity,
      outbox: this.claim.outbox,
      signal: this.signal,
    });
    if (!settled) return null;
    const apart = async () => {
      const entries: Entry[] = [];
      for (const each of units) {
        this.called.add(each);
        entries.push(await this.runApart(each));
        this.called.delete(each);
      }
      return entries;
    };
    return { batch: unit.batch, packets, settled, apart };
  }

  /** For packets whose shared call came to nothing when it was committed: the line has moved on, so tries wait here. */
  private async runApart(unit: Unit): Promise<Entry> {
    const { journal } = this.deps;
    for (;;) {
      const outcome = await this.one(unit);
      if ('settled' in outcome) return outcome;
      const { retryMs } = outcome;
      if (retryMs === 'aborted') throw new CrudpError('shutdown', 'the server is closing');
      await this.pause(retryMs);
      const seqs = seqsOf([unit]);
      this.tries.begin(seqs);
      await journal.begin(this.claim, seqs);
    }
  }

  /** Until the time is over, or the server's grace. */
  private async pause(delayMs: number): Promise<void> {
    const { signal } = this;
    if (signal.aborted) return;
    let end = (): void => {};
    const over = new Promise<void>((resolve) => {
      end = resolve;
    });
    const timer = this.deps.clock.after(delayMs, end);
    signal.addEventListener('abort', end);
    await over;
    timer.cancel();
    signal.removeEventListener('abort', end);
  }

  /** As their handlers are to see them. */
  private packetsFor(unit: Unit): readonly UnitPacket[] {
    if (this.called.has(unit)) return unit.packets.map(({ seq }) => this.originals.take(unit.batch, seq));
    this.called.add(unit);
    return unit.packets;
  }

  private invoke({ batch }: Unit, packet: UnitPacket, attempt: number): Promise<Outcome> {
    const { identity } = batch;
    const { outbox } = this.claim;
    return invoke(this.deps, { route: this.routeOf(packet), packet, identity, outbox, attempt, signal: this.signal });
  }

  private exhaust(packet: UnitPacket, outcome: Outcome): Outcome {
    if (outcome === 'aborted' || !('retryMs' in outcome) || !this.tries.areUsedUp(packet.seq)) return outcome;
    return settleWith({ packet }, Status.exhausted);
  }

  private routeOf(packet: UnitPacket): BoundRoute {
    const route = this.deps.routes.get(packet.route);
    if (!route) throw new TypeError(`no code behind route ${packet.route}`);
    return route;
  }
}
