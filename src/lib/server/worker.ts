import { setMaxListeners } from 'node:events';
import type { Timer } from '../clock.ts';
import { drain } from './drain.ts';
import { type Claim, isOfJournal, type OutboxKey } from './journal.ts';
import { OutboxRun, type RunDeps, type RunEnd } from './outbox-run.ts';

/** After the journal failed, until the next try; for an outbox whose run broke in another way, too. */
const restMs = 1000;

export interface WorkerDeps extends RunDeps {
  /** Outboxes that run side by side. */
  readonly concurrency: number;
}

/** Takes outboxes that have packets to run, as many at once as it may, and gives them back. */
export class Worker {
  private readonly deps: WorkerDeps;
  private readonly abort = new AbortController();
  private readonly running = new Set<Promise<void>>();
  private readonly runs = new Set<OutboxRun>();
  /** Outboxes that wait for another try: kept claimed, without taking up a place. */
  private readonly parked = new Map<OutboxRun, Timer>();
  private wakes = 0;
  private stopping = false;
  private rest: Timer | undefined;

  constructor(deps: WorkerDeps) {
    this.deps = deps;
    // Every handler that has a deadline listens to it.
    setMaxListeners(0, this.abort.signal);
  }

  /** Says that there may be something to run. */
  wake(): void {
    this.wakes++;
    if (this.stopping || this.rest) return;
    if (this.running.size < this.deps.concurrency) this.launch(() => this.work());
  }

  /** What an outbox's packets waited for may be there: they are looked at again (`RunDeps.waitsFor`). */
  resume(key: OutboxKey): Promise<void> {
    return this.deps.journal.resume(key);
  }

  /**
   * Claims nothing more, and waits for the handlers that run. Idempotent.
   *
   * @param graceMs After that `ctx.signal` is aborted; after as long again, handlers that ignore it are left behind:
   *   their packets run again at the next start.
   */
  async stop(graceMs: number): Promise<void> {
    this.stopping = true;
    this.rest?.cancel();
    const { clock } = this.deps;
    for (const [run, timer] of this.parked) {
      timer.cancel();
      this.launch(() => this.deps.journal.release(run.claim));
    }
    this.parked.clear();
    await drain(this.settled(), this.abort, clock, graceMs);
    await Promise.all([...this.runs].map((run) => run.excuse().catch((error: unknown) => this.fail(error))));
  }

  private async settled(): Promise<void> {
    while (this.running.size > 0) await Promise.all(this.running);
  }

  private launch(task: () => Promise<void>): void {
    const promise = task()
      .catch((error: unknown) => this.fail(error))
      .finally(() => this.running.delete(promise));
    this.running.add(promise);
  }

  private async work(): Promise<void> {
    while (!this.stopping && !this.rest) {
      const seen = this.wakes;
      // The 202 of a batch that was accepted in this turn goes out before its packets are claimed.
      await new Promise<void>((resolve) => setImmediate(resolve));
      const claim = await this.deps.journal.claim();
      if (!claim) {
        if (seen === this.wakes) return;
        continue;
      }
      // Where one outbox waited, others may; each worker that found work brings in the next.
      if (this.running.size < this.deps.concurrency) this.launch(() => this.work());
      await this.runClaim(claim);
    }
  }

  private async runClaim(claim: Claim): Promise<void> {
    if (this.stopping) return this.deps.journal.release(claim);
    await this.runOn(new OutboxRun(claim, this.deps, this.abort.signal, () => this.stopping));
  }

  private async runOn(run: OutboxRun): Promise<void> {
    this.runs.add(run);
    const end = await run
      .run()
      .catch((error: unknown) => this.broken(error))
      .finally(() => this.runs.delete(run));
    const release = () => this.deps.journal.release(run.claim, end.kind === 'over' ? end.idleUpTo : undefined);
    if (this.stopping) await release();
    else if (end.kind === 'retry') this.park(run, end.delayMs, () => this.retry(run));
    else if (end.kind === 'broken') this.park(run, restMs, release);
    else await release();
  }

  private park(run: OutboxRun, delayMs: number, then: () => Promise<void>): void {
    const timer = this.deps.clock.after(delayMs, () => {
      if (this.parked.delete(run)) this.launch(then);
    });
    this.parked.set(run, timer);
  }

  private async retry(run: OutboxRun): Promise<void> {
    await this.runOn(run);
    this.wake();
  }

  /** What breaks one outbox's run, the application's `waitsFor` that throws, say, must not hold up the others. */
  private broken(error: unknown): RunEnd | { readonly kind: 'broken' } {
    if (!isOfJournal(error)) {
      this.deps.log({ event: 'failed', where: 'worker', error });
      return { kind: 'broken' };
    }
    this.fail(error);
    return { kind: 'over' };
  }

  /** The journal is in trouble: nothing is claimed for a while, then it is tried again. */
  private fail(error: unknown): void {
    this.deps.log({ event: 'failed', where: 'worker', error });
    if (this.stopping || this.rest) return;
    this.rest = this.deps.clock.after(restMs, () => {
      this.rest = undefined;
      this.wake();
    });
  }
}
