import type { Clock } from '../clock.ts';
import { CrudpError } from '../errors.ts';
import { flat } from '../flat.ts';
import { Status } from '../packet.ts';
import type { BoundRoute, BoundRoutes } from './bound-routes.ts';
import type { Broker } from './broker.ts';
import type { PacketFiles } from './files/packet-files.ts';
import { type InvokeDeps, invoke, type Outcome, type Settled, settleWith } from './invoke.ts';
import { invokeTogether } from './invoke-together.ts';
import type { Claim, Journal } from './journal.ts';
import { type Entry, Ledger, rolledBack } from './ledger.ts';
import { Line } from './line.ts';
import type { Metrics } from './metrics.ts';
import type { WaitsFor } from './options.ts';
import { Originals } from './originals.ts';
import { Tries } from './tries.ts';
import { settleByVerdict } from './unit-verdict.ts';
import type { Unit, UnitDeps, UnitPacket } from './units.ts';

export interface RunDeps extends InvokeDeps, UnitDeps {
  readonly journal: Journal;
  readonly routes: BoundRoutes;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly broker: Pick<Broker, 'tellResults'>;
  readonly maxAttempts: number;
  readonly maxQueueMs: number;
  readonly waitsFor: WaitsFor | undefined;
  readonly files: Pick<PacketFiles, 'receive' | 'ended'>;
}

/** How a run came to its end: at the end of the line or told to stop, lease lost, or to be resumed later with the claim kept. */
export type RunEnd =
  | { readonly kind: 'over' /** For `Journal.release`. */; readonly idleUpTo?: number }
  | { readonly kind: 'fenced' }
  | { readonly kind: 'retry'; readonly delayMs: number };

/**
 * A run gives its outbox back after so long, so that who sent ten thousand packets does not hold a place for minutes. Not sooner:
 * each claim decodes its first batch anew.
 */
const sliceMs = 500;
/** Packets that may run before those ahead of them are durable. */
const maxAhead = 256;

/**
 * Runs one claimed outbox's packets, in order.
 *
 * A window of units is begun, run, and committed, with the beginning of the next one in the same transaction. It is one
 * unit; or many, whose handlers have said that they don't mind (`ahead`, `coalesce`).
 */
export class OutboxRun {
  readonly claim: Claim;
  private readonly deps: RunDeps;
  /** Aborted when the server's grace period is over. */
  private readonly signal: AbortSignal;
  private readonly isStopping: () => boolean;
  private readonly line: Line;
  private readonly ledger: Ledger;
  private window: Unit[] = [];
  /** Units of the window whose attempt is counted. */
  private readonly counted = new Set<Unit>();
  /** Units whose shared call came to nothing. */
  private readonly split = new Set<Unit>();
  /** Units whose handler has been called: it may have changed what it was given. */
  private readonly called = new Set<Unit>();
  private readonly originals: Originals;
  private readonly tries: Tries;
  /** Packets that have stepped out of the line. */
  private readonly held = new Set<number>();

  constructor(claim: Claim, deps: RunDeps, signal: AbortSignal, isStopping: () => boolean) {
    this.claim = claim;
    this.deps = deps;
    this.signal = signal;
    this.isStopping = isStopping;
    this.line = new Line(claim, deps);
    this.tries = new Tries(claim, deps.maxAttempts);
    const { statuses } = this.line;
    this.originals = new Originals(deps);
    this.ledger = new Ledger(claim, deps, this.originals, signal, (seq, status) => statuses.set(seq, status));
  }

  /** Goes on where the last call ended. */
  async run(): Promise<RunEnd> {
    const endAt = this.deps.clock.now() + sliceMs;
    const isOver = () => this.isStopping() || this.deps.clock.now() >= endAt;
    let isAtEnd = false;
    for (;;) {
      if (this.window.length === 0 && !isOver()) {
        this.window = await this.nextWindow();
        isAtEnd = this.window.length === 0;
      }
      const uncounted = this.window.filter((unit) => !this.counted.has(unit));
      if (!(await this.ledger.commit(this.countOf(uncounted)))) return { kind: 'fenced' };
      if (this.window.length === 0) break;
      const delayMs = await this.runWindow();
      if (delayMs === undefined) continue;
      if (!(await this.ledger.commit([]))) return { kind: 'fenced' };
      if (delayMs !== 'aborted') return { kind: 'retry', delayMs };
      await this.excuse();
      return { kind: 'over' };
    }
    return isAtEnd && this.held.size > 0 ? { kind: 'over', idleUpTo: this.line.lastSeq } : { kind: 'over' };
  }

  /** The server ends while packets run that have no result: their tries are not to count against them. */
  async excuse(): Promise<void> {
    const seqs = seqsOf(this.window.filter((unit) => this.counted.has(unit)));
    if (seqs.length > 0) await this.deps.journal.excuse(this.claim, seqs);
  }

  /** The next units to be run. Verdicts on those before them go to the ledger; who waits is left behind. */
  private async nextWindow(): Promise<Unit[]> {
    const window: Unit[] = [];
    const seqs = new Set<number>();
    for (;;) {
      const unit = await this.line.next();
      if (!unit) return window;
      const follows = window.length > 0;
      if (follows && !(this.isAhead(unit) && !unit.after.some((seq) => seqs.has(seq)))) {
        this.line.back();
        return window;
      }
      if (unit.after.some((seq) => this.held.has(seq))) {
        this.hold(unit);
        continue;
      }
      const verdicts = this.settleByVerdict(unit, true);
      if (verdicts && follows) {
        this.line.back();
        return window;
      }
      if (verdicts) {
        this.ledger.add(verdicts);
        // Fenced or not is for the next commit to say.
        if (this.ledger.isFull) await this.ledger.commit([]);
        continue;
      }
      if (await this.isWaiting(unit)) {
        this.hold(unit);
        continue;
      }
      window.push(unit);
      for (const { seq } of unit.packets) seqs.add(seq);
      if (!this.isAhead(unit) || seqs.size >= maxAhead) return window;
    }
  }

  /** @returns When the first unit that is left is to be tried again; undefined: none is left. */
  private async runWindow(): Promise<number | 'aborted' | undefined> {
    for (let unit = this.window[0]; unit; unit = this.window[0]) {
      // Looked at again: what it depends on may have failed when it was committed.
      const verdicts = this.settleByVerdict(unit, false);
      const together = verdicts ? [] : this.together();
      const entry = verdicts ?? (together.length > 1 ? await this.runTogether(together) : null);
      if (entry) {
        this.ledger.add(entry);
        this.passed(verdicts ? 1 : together.length);
      } else {
        const outcome = await this.runUnit(unit);
        if (!('settled' in outcome)) {
          if (outcome.retryMs !== 'aborted') this.counted.delete(unit);
          return outcome.retryMs;
        }
        this.ledger.add(outcome);
        this.passed(1);
      }
      if (this.ledger.isFull && this.window.length > 0 && !(await this.ledger.commit([]))) return undefined;
    }
    return undefined;
  }

  private passed(count: number): void {
    for (const unit of this.window.splice(0, count)) {
      this.counted.delete(unit);
      this.split.delete(unit);
      this.called.delete(unit);
    }
  }

  /** Units at the head of the window that may share a call. */
  private together(): Unit[] {
    const [first] = this.window;
    const route = first && this.soleRoute(first);
    if (!first || !route?.coalesce) return [];
    const end = this.window.findIndex(
      (unit) => unit.batch !== first.batch || this.soleRoute(unit) !== route || this.split.has(unit),
    );
    return this.window.slice(0, end < 0 ? this.window.length : end);
  }

  private async runTogether(units: readonly Unit[]): Promise<Entry | null> {
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
    if (!settled) {
      for (const each of units) this.split.add(each);
      return null;
    }
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
      const outcome = await this.runUnit(unit);
      if ('settled' in outcome) return outcome;
      const { retryMs } = outcome;
      if (retryMs === 'aborted') throw new CrudpError('shutdown', 'the server is closing');
      await this.pause(retryMs);
      await journal.begin(this.claim, this.countOf([unit]));
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

  private async runUnit(unit: Unit): Promise<Entry | { readonly retryMs: number | 'aborted' }> {
    if (this.signal.aborted) return { retryMs: 'aborted' };
    const attempt = Math.max(...unit.packets.map(({ seq }) => this.tries.of(seq)));
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

  /** Begins units: from now on their attempts are counted. @returns Their packets. */
  private countOf(units: readonly Unit[]): number[] {
    const seqs = seqsOf(units);
    this.tries.begin(seqs);
    for (const unit of units) this.counted.add(unit);
    return seqs;
  }

  /** Whether it may run before what is ahead of it is durable. Who was begun by a process that died runs alone. */
  private isAhead({ packets }: Unit): boolean {
    return packets.every(({ seq, route }) => this.deps.routes.get(route)?.ahead && this.tries.of(seq) === 0);
  }

  private soleRoute({ packets, atomic }: Unit): BoundRoute | undefined {
    const [packet] = packets;
    return packet && !atomic ? this.deps.routes.get(packet.route) : undefined;
  }

  private routeOf(packet: UnitPacket): BoundRoute {
    const route = this.deps.routes.get(packet.route);
    if (!route) throw new TypeError(`no code behind route ${packet.route}`);
    return route;
  }

  private async isWaiting({ batch, packets }: Unit): Promise<boolean> {
    const { waitsFor } = this.deps;
    if (!waitsFor) return false;
    for (const packet of packets) if (await waitsFor(packet, batch.identity, this.claim.outbox)) return true;
    return false;
  }

  private hold({ packets }: Unit): void {
    for (const { seq } of packets) this.held.add(seq);
  }

  /** @param isNew Its attempt has not been counted, so those before may have been too many. */
  private settleByVerdict(unit: Unit, isNew: boolean): Entry | null {
    const { routes, clock, maxQueueMs } = this.deps;
    return settleByVerdict(unit, (packet) => ({
      statuses: this.line.statuses,
      implemented: (route) => routes.has(route),
      expired: clock.now() - unit.batch.receivedAt > maxQueueMs,
      poisonous: isNew && this.tries.areUsedUp(packet.seq),
    }));
  }
}

function seqsOf(units: readonly Unit[]): number[] {
  return flat(units, ({ packets }) => packets).map(({ seq }) => seq);
}
