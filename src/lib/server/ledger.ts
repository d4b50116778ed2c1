import type { Clock, Timer } from '../clock.ts';
import { CrudpError, EncodeError } from '../errors.ts';
import { flat } from '../flat.ts';
import { reqIdOf, Status } from '../packet.ts';
import type { Broker } from './broker.ts';
import { statusOfEffect } from './effect-status.ts';
import { type Entry, isFull, isLogged, ownerOf, partsOf, rolledBack } from './entries.ts';
import { failureOf } from './failed-packets.ts';
import type { PacketFiles } from './files/packet-files.ts';
import { type Settled, settleWith } from './invoke.ts';
import type { Claim, Completion, CompletionOutcome, EffectFailure, FailedPacket, Journal } from './journal.ts';
import { keptStatuses } from './kept-statuses.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { Originals } from './originals.ts';
import type { UnitDeps, UnitPacket } from './units.ts';

export interface LedgerDeps extends UnitDeps {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly broker: Pick<Broker, 'tellResults'>;
  readonly files: Pick<PacketFiles, 'ended'>;
}

/** Results are not kept for longer than this, so that a long batch shows how far it is. */
const maxDelayMs = 50;
/** Between tries to store results on a full disk. */
const storageRetryMs = 1000;

/** Results of one claimed outbox on their way into the journal, in order. */
export class Ledger {
  private readonly claim: Claim;
  private readonly deps: LedgerDeps;
  private readonly originals: Originals;
  private readonly signal: AbortSignal;
  private readonly onStatus: (seq: number, status: number) => void;
  private entries: Entry[] = [];
  private count = 0;
  private bytes = 0;
  private timer: Timer | undefined;
  private tail: Promise<boolean> = Promise.resolve(true);

  /**
   * @param signal Aborted when the server gives up waiting for a full disk.
   * @param onStatus Told each packet's status: when it is added, and again where its effect has failed.
   */
  constructor(
    claim: Claim,
    deps: LedgerDeps,
    originals: Originals,
    signal: AbortSignal,
    onStatus: (seq: number, status: number) => void,
  ) {
    this.claim = claim;
    this.deps = deps;
    this.originals = originals;
    this.signal = signal;
    this.onStatus = onStatus;
  }

  get isFull(): boolean {
    return isFull(this.count, this.bytes);
  }

  add(entry: Entry): void {
    this.entries.push(entry);
    for (const { result, bytes } of entry.settled) {
      this.count++;
      this.bytes += bytes;
      this.onStatus(result.seq, result.status);
    }
    // A failure is kept in `tail`, for the next commit to report.
    this.timer ??= this.deps.clock.after(maxDelayMs, () => void this.commit([]).catch(() => undefined));
  }

  /**
   * Makes durable what has been added, and counts the attempts of packets that begin now.
   *
   * @returns false: fenced.
   */
  commit(begins: readonly number[]): Promise<boolean> {
    this.timer?.cancel();
    this.timer = undefined;
    const entries = this.entries;
    [this.entries, this.count, this.bytes] = [[], 0, 0];
    this.tail = this.tail.then((isOurs) => isOurs && this.write(entries, begins));
    return this.tail;
  }

  private async write(entries: readonly Entry[], begins: readonly number[]): Promise<boolean> {
    const { journal } = this.deps;
    if (entries.length === 0) return begins.length === 0 || (await journal.begin(this.claim, begins)) !== null;
    const parts = partsOf(entries);
    for (const [index, part] of parts.entries()) {
      if (!(await this.writePart(part, index === parts.length - 1 ? begins : []))) return false;
    }
    return true;
  }

  private async writePart(entries: readonly Entry[], begins: readonly number[]): Promise<boolean> {
    const startedAt = performance.now();
    const completion = this.encodableOf(entries, begins);
    if (completion instanceof EncodeError) return this.writeLess(entries, begins, completion);
    const outcome = await this.complete(completion);
    if (outcome.kind === 'committed') this.committed(entries, completion, (performance.now() - startedAt) / 1000);
    if (outcome.kind !== 'effect_failed') return outcome.kind === 'committed';
    // Nothing of it was committed. What came before the entry at fault goes in as it is, that one by its fault, and what
    // came after it with it: so each entry is tried twice at most, however many fail.
    const { entry, index, packet } = ownerOf(entries, outcome.index);
    const before = entries.slice(0, index);
    if (before.length > 0 && !(await this.writePart(before, []))) return false;
    const instead = await this.insteadOf(entry, () => this.failedEntry(entry, packet, outcome));
    return this.writePart([...instead, ...entries.slice(index + 1)], begins);
  }

  /** Results that fit in no frame together, of many packets or of one group. */
  private async writeLess(entries: readonly Entry[], begins: readonly number[], error: EncodeError): Promise<boolean> {
    const half = entries.length >> 1;
    if (half > 0) {
      return (await this.writePart(entries.slice(0, half), [])) && this.writePart(entries.slice(half), begins);
    }
    const [entry] = entries as [Entry];
    // It has one message and no records: what is wrong with it is no matter of size.
    if (entry.instead) throw error;
    return this.writePart(await this.insteadOf(entry, () => this.lessOf(entry, error)), begins);
  }

  private async insteadOf(entry: Entry, failed: () => Entry): Promise<readonly Entry[]> {
    const instead = entry.apart ? await entry.apart() : [failed()];
    for (const { settled } of instead) for (const { result } of settled) this.onStatus(result.seq, result.status);
    return instead;
  }

  private async complete(completion: Completion): Promise<CompletionOutcome> {
    const { journal, clock, log } = this.deps;
    for (;;) {
      try {
        return await journal.complete(this.claim, completion);
      } catch (error) {
        // The handlers have run; running them again because the disk is full would be wrong. Their results wait.
        if (!(error instanceof CrudpError) || !error.retryable || this.signal.aborted) throw error;
        log({ event: 'failed', where: 'journal.complete', error });
        await new Promise<void>((resolve) => clock.after(storageRetryMs, resolve));
      }
    }
  }

  private encodableOf(entries: readonly Entry[], begins: readonly number[]): Completion | EncodeError {
    try {
      return this.completionOf(entries, begins);
    } catch (error) {
      if (error instanceof EncodeError) return error;
      throw error;
    }
  }

  private completionOf(entries: readonly Entry[], begins: readonly number[]): Completion {
    const { contract, codec } = this.deps;
    const settled = flat(entries, (entry) => entry.settled);
    const results = settled.map(({ result }) => result);
    const only = settled.length === 1 ? settled[0]?.frame : undefined;
    return {
      results: results.map(({ seq, status }) => ({ seq, status })),
      frame: only ?? codec.encodeResponse(contract, { outbox: this.claim.outbox, results }),
      logged: results.some(isLogged),
      pushes: flat(settled, ({ pushes }) => pushes),
      effects: flat(settled, ({ effects }) => effects),
      failed: flat(entries, (entry) => this.failuresIn(entry)),
      begins,
    };
  }

  private failuresIn({ batch, packets, settled, byVerdict }: Entry): FailedPacket[] {
    const failed: FailedPacket[] = [];
    for (const [at, { result }] of settled.entries()) {
      if (!keptStatuses.has(result.status)) continue;
      const packet = byVerdict ? (packets[at] as UnitPacket) : this.originals.read(batch, result.seq);
      const kept = failureOf(this.deps, this.claim.outbox, batch, packet, result);
      if (kept) failed.push(kept);
    }
    return failed;
  }

  private committed(entries: readonly Entry[], { frame }: Completion, seconds: number): void {
    const { user, outbox } = this.claim;
    const results = flat(entries, ({ settled }) => settled).map(({ result }) => result);
    this.deps.metrics.resultsCommitted(results, seconds);
    const bare = results.every(({ records }) => records.length === 0) ? results : undefined;
    this.deps.broker.tellResults(this.claim, { frame, seqs: results.map(({ seq }) => seq), bare });
    for (const { packets, settled, byVerdict } of entries) {
      for (const [index, packet] of packets.entries()) this.endFiles(packet, settled[index] as Settled);
      if (!byVerdict) continue;
      for (const { result } of settled) {
        this.deps.log({ event: 'settled', user, reqId: reqIdOf(outbox, result.seq), status: result.status });
      }
    }
  }

  /** Nobody waits for it: what is left behind by a failure is swept some day. */
  private endFiles(packet: UnitPacket, { result }: Settled): void {
    this.deps.files.ended(packet, this.claim, result.status)?.catch((error: unknown) => {
      this.deps.log({ event: 'failed', where: `files of ${reqIdOf(this.claim.outbox, packet.seq)}`, error });
    });
  }

  /** The packet whose effect it was decides; nothing of the others in its entry stands, nor of their pushes. */
  private failedEntry({ batch, packets }: Entry, owner: UnitPacket, failure: EffectFailure): Entry {
    const status = statusOfEffect(failure);
    if (status === Status.internal) {
      const where = `effect of ${reqIdOf(this.claim.outbox, owner.seq)}`;
      this.deps.log({ event: 'failed', where, error: new CrudpError('effect_failed', failure.message) });
    }
    return { batch, packets, settled: rolledBack(packets, settleWith({ packet: owner }, status)), instead: true };
  }

  /** One packet says why nothing of its group stands: the first that has failed, or the one with the largest answer. */
  private lessOf({ batch, packets, settled }: Entry, error: EncodeError): Entry {
    const failed = settled.find(({ result }) => result.status !== Status.ok);
    const [largest] = settled.toSorted((one, other) => other.bytes - one.bytes) as [Settled];
    const packet = packets[settled.indexOf(failed ?? largest)] as UnitPacket;
    this.deps.log({ event: 'failed', where: `results of ${reqIdOf(this.claim.outbox, packet.seq)}`, error });
    const reason = failed ?? settleWith({ packet }, Status.internal);
    return { batch, packets, settled: rolledBack(packets, reason), instead: true };
  }
}
