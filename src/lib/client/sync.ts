import type { Clock } from '../clock.ts';
import { CrudpError } from '../errors.ts';
import { Status } from '../packet.ts';
import { acceptFrame, movedFrame, refuseFrame } from './accept-frame.ts';
import { Agenda } from './agenda.ts';
import { Gate } from './gate.ts';
import type { Inbox, WriteLedger } from './inbox.ts';
import type { FrameDeps, Outgoing } from './next-frame.ts';
import { postFrame } from './post-frame.ts';
import type { Random } from './random.ts';
import { Reminders } from './reminders.ts';
import type { SyncState } from './status.ts';
import type { Place } from './storage.ts';
import { type Verdict, verdictOf } from './sync-answer.ts';
import { Timers } from './timers.ts';
import type { SyncAnswer, Transport } from './transport.ts';

export interface SyncDeps extends FrameDeps {
  readonly user: string;
  readonly transport: Transport;
  readonly writeLedger: WriteLedger;
  readonly inbox: Inbox;
  readonly clock: Clock;
  readonly random: Random;
  /** Bytes of packets that go into one frame, as long as the server has not called it too much. */
  readonly maxBatchBytes: number;
  readonly maxBatchPackets: number;
  /** Calls of so many ms share a frame: one POST instead of one each. */
  readonly batchWindowMs: number;
  /** Whether a stream or a long poll brings results. */
  readonly isStreaming: () => boolean;
  readonly onState: (state: SyncState) => void;
  readonly onFrame: (direction: 'sent', frame: Uint8Array) => void;
  /** Packets up to a number are on the server's disk. */
  readonly onAccepted: (outbox: string, upTo: number) => void;
  /** Another outbox takes the new packets from now on. */
  readonly onMoved: () => void;
  readonly onError: (error: unknown) => void;
}

/** Sends what waits in a user's outboxes, one frame at a time, as long as it is started. */
export class Sync {
  readonly #deps: SyncDeps;
  readonly #gate: Gate;
  readonly #timers: Timers<'window'>;
  readonly #reminders: Reminders;
  readonly #agenda: Agenda;
  #posting: AbortController | null = null;
  #working: Promise<void> = Promise.resolve();
  #isStarted = false;
  #isBusy = false;
  #isStale = false;
  /** Somebody has signed in since the POST that is under way. */
  #isOutdated = false;

  constructor(deps: SyncDeps) {
    this.#deps = deps;
    this.#agenda = new Agenda(deps, deps);
    this.#gate = new Gate(deps.clock, deps.random, () => this.wake());
    this.#timers = new Timers(deps.clock);
    this.#reminders = new Reminders(
      deps.clock,
      () => {
        this.#agenda.acknowledge();
        this.wake();
      },
      () => void (deps.isStreaming() && this.askAll()),
    );
  }

  start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    this.#reminders.start();
    this.wake();
  }

  /** Ends it without waiting for an answer that is on its way. Resolves when nothing is being stored any more. */
  async stop(): Promise<void> {
    this.#isStarted = false;
    this.#gate.endPause();
    this.#timers.cancelAll();
    this.#reminders.stop();
    this.#posting?.abort();
    await this.#working;
  }

  /** Something may have to be sent. */
  wake(): void {
    this.#isStale = true;
    if (!this.#mayWork || this.#isBusy) return;
    this.#isBusy = true;
    this.#working = this.#work();
  }

  /** Packets were saved: more of them may follow at once. */
  wakeSoon(): void {
    const { batchWindowMs } = this.#deps;
    if (batchWindowMs === 0) this.wake();
    else if (!this.#timers.has('window')) this.#timers.set('window', batchWindowMs, () => this.wake());
  }

  /** The network may be better now. */
  hint(): void {
    if (!this.#gate.wasAsked) this.retryNow();
  }

  /** Somebody wants to know now. */
  retryNow(): void {
    this.#gate.retryNow();
    this.wake();
  }

  /** Nothing is sent until `release`. */
  hold(state: SyncState): void {
    this.#gate.hold();
    this.#deps.onState(state);
  }

  /** Somebody has signed in. */
  release(): void {
    this.#gate.release();
    this.#isOutdated = true;
    this.retryNow();
  }

  /** Asks for the results of all packets that the server has accepted: some may have been missed. */
  askAll(): void {
    this.#deps
      .writeLedger(async (ledger) => ledger.outboxes)
      .then(
        (rows) => {
          for (const { outbox } of rows) this.#agenda.ask(outbox);
          this.wake();
        },
        (error: unknown) => this.#fail(codeOf(error)),
      );
  }

  /** So many packets have come to their end. */
  noteStored(count: number): void {
    if (this.#isStarted) this.#reminders.noteStored(count);
  }

  get #mayWork(): boolean {
    return this.#isStarted && this.#gate.isOpen;
  }

  async #work(): Promise<void> {
    try {
      while (this.#isStale && this.#mayWork) {
        this.#isStale = false;
        const next = await this.#deps.writeLedger((ledger) => this.#agenda.next(ledger));
        if (next === 'contract_newer') this.#deps.onState({ state: 'held', reason: next });
        else if (next) await this.#exchange(next);
        else this.#deps.onState({ state: 'idle' });
      }
    } catch (error) {
      this.#deps.onError(error);
      this.#fail(codeOf(error));
    } finally {
      // In the same turn as the last look at `isStale`: no call falls in between.
      this.#isBusy = false;
    }
  }

  async #exchange(sent: Outgoing): Promise<void> {
    if (sent.kind === 'packets') this.#deps.onState({ state: 'syncing' });
    this.#deps.onFrame('sent', sent.frame);
    this.#posting = new AbortController();
    this.#isOutdated = false;
    let answer: SyncAnswer;
    try {
      answer = await postFrame(this.#deps, sent, this.#posting);
    } catch {
      // No answer is no news: what was accepted is found out with the next frame.
      this.#failed(sent, 'unreachable');
      return;
    }
    await this.#take(sent, verdictOf(answer));
  }

  async #take(sent: Outgoing, verdict: Verdict): Promise<void> {
    switch (verdict.kind) {
      case 'accepted':
        if (verdict.accepted < sent.lastSeq) this.#failed(sent, 'bad_answer');
        else await this.#accepted(sent, verdict.epoch, verdict.results);
        return;
      case 'moved':
        await this.#moved(sent, verdict.place);
        return;
      case 'rest':
        this.#agenda.keep(sent);
        this.#isStale = true;
        if (!this.#isOutdated) this.hold(verdict.state);
        return;
      case 'bad_frame':
        await this.#refused(sent, Status.invalid, verdict.message);
        return;
      case 'too_large':
        this.#agenda.shrink(sent);
        if (verdict.isFinal || sent.units > 1) await this.#refused(sent, Status.too_large, '');
        else this.#failed(sent, 'too_large');
        return;
      case 'failed':
        this.#failed(sent, verdict.code, verdict.retryAfterMs);
    }
  }

  async #accepted(sent: Outgoing, epoch: string, results: string | null): Promise<void> {
    const { inbox, onAccepted } = this.#deps;
    // One that is broken is left: the 202 holds all the same, and the stream brings the results too.
    const response = results === null ? null : inbox.read('decodeResponse', results);
    const upTo = await inbox.write(epoch, async (ledger, store) => {
      const place = await acceptFrame(ledger, sent, epoch);
      if (response) await store(response);
      return place;
    });
    this.#gate.noteSuccess();
    this.#agenda.grow();
    if (sent.kind === 'packets') {
      this.#reminders.progress();
      onAccepted(sent.outbox, upTo);
    }
    this.#isStale = true;
  }

  async #moved(sent: Outgoing, place: Place): Promise<void> {
    const { inbox, onAccepted, onMoved } = this.#deps;
    const outcome = await inbox.write(place.epoch, (ledger) => movedFrame(ledger, sent, place));
    this.#agenda.keep(sent);
    if (outcome === 'accepted' || outcome === 'closed') this.#agenda.ask(sent.outbox);
    if (outcome === 'accepted') onAccepted(sent.outbox, place.seq);
    if (outcome === 'closed') onMoved();
    this.#isStale = true;
  }

  /** Halves, down to the packet or the atomic group at fault, which ends here. */
  async #refused(sent: Outgoing, status: number, message: string): Promise<void> {
    if (sent.kind !== 'packets') {
      this.#failed(sent, 'bad_frame');
      return;
    }
    this.#isStale = true;
    if (sent.units > 1) {
      this.#agenda.halve(sent);
    } else {
      this.#agenda.restore();
      await this.#deps.writeLedger((ledger) => refuseFrame(ledger, sent, status, message));
    }
  }

  #failed(sent: Outgoing, code: string, retryAfterMs?: number): void {
    this.#agenda.keep(sent);
    this.#fail(code, retryAfterMs);
  }

  #fail(code: string, retryAfterMs = 0): void {
    if (!this.#isStarted) return;
    const isHeld = code === 'contract_older' || code === 'storage_full';
    this.#gate.pauseFor(retryAfterMs);
    this.#deps.onState({ state: isHeld ? 'held' : 'offline', reason: code });
    this.#isStale = true;
  }
}

function codeOf(error: unknown): string {
  return error instanceof CrudpError ? error.code : 'failed';
}
