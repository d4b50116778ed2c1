import type { Clock } from '../clock.ts';
import type { BoundRoute, BoundRoutes } from './bound-routes.ts';
import type { Broker } from './broker.ts';
import type { Entry } from './entries.ts';
import type { PacketFiles } from './files/packet-files.ts';
import type { InvokeDeps } from './invoke.ts';
import type { Claim, Journal } from './journal.ts';
import { Ledger } from './ledger.ts';
import { Line } from './line.ts';
import type { Metrics } from './metrics.ts';
import type { WaitsFor } from './options.ts';
import { Originals } from './originals.ts';
import { Tries } from './tries.ts';
import { UnitCalls } from './unit-calls.ts';
import { settleByVerdict } from './unit-verdict.ts';
import { seqsOf, type Unit, type UnitDeps } from './units.ts';

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
  private readonly isStopping: () => boolean;
  private readonly line: Line;
  private readonly ledger: Ledger;
  private window: Unit[] = [];
  /** Units of the window whose attempt is counted. */
  private readonly counted = new Set<Unit>();
  /** Units whose shared call came to nothing. */
  private readonly split = new Set<Unit>();
  private readonly calls: UnitCalls;
  private readonly tries: Tries;
  /** Packets that have stepped out of the line. */
  private readonly held = new Set<number>();

  /** @param signal Aborted when the server's grace period is over. */
  constructor(claim: Claim, deps: RunDeps, signal: AbortSignal, isStopping: () => boolean) {
    this.claim = claim;
    this.deps = deps;
    this.isStopping = isStopping;
    this.line = new Line(claim, deps);
    this.tries = new Tries(claim, deps.maxAttempts);
    const { statuses } = this.line;
    const originals = new Originals(deps);
    this.calls = new UnitCalls(claim, deps, originals, this.tries, signal);
    this.ledger = new Ledger(claim, deps, originals, signal, (seq, status) => statuses.set(seq, status));
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
      const entry = verdicts ?? (together.length > 1 ? await this.calls.together(together) : null);
      if (!entry && together.length > 1) for (const each of together) this.split.add(each);
      if (entry) {
        this.ledger.add(entry);
        this.passed(verdicts ? 1 : together.length);
      } else {
        const outcome = await this.calls.one(unit);
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
      this.calls.passed(unit);
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
