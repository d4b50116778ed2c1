import type { Codec } from '../codec/codec.ts';
import { hearHints, isVisible } from './connectivity.ts';
import { Hearing } from './hearing.ts';
import { Inbox } from './inbox.ts';
import { Leader } from './leader.ts';
import type { Note } from './notes.ts';
import type { PageParts } from './parts.ts';
import type { StreamState, SyncState } from './status.ts';
import { Sync } from './sync.ts';
import { Uploads } from './uploads/uploads.ts';

export interface DutyDeps extends Omit<PageParts, 'codec'> {
  readonly codec: Codec;
  /** Tells the other pages. */
  readonly tell: (note: Note) => void;
  /** Tells all pages, this one too. */
  readonly announce: (note: Note) => void;
}

/** Whether this page sends and hears for its user: it leads, or there is no leader, and it is switched on. */
export class Duty {
  readonly #deps: DutyDeps;
  readonly #sync: Sync;
  readonly #uploads: Uploads;
  readonly #hearing: Hearing;
  readonly #leader: Leader | null;
  readonly #stopHearing: () => void;
  #isOnline: boolean;
  #isClosed = false;
  #state: SyncState = { state: 'idle' };
  #isWorking = false;

  constructor(deps: DutyDeps) {
    this.#deps = deps;
    this.#isOnline = deps.isOnline;
    const { locks, storage, clock, user, status, announce } = deps;
    const common = {
      ...deps,
      isShared: locks !== null,
      onFrame: (direction: 'sent' | 'received', frame: Uint8Array) =>
        deps.onFrame?.({ direction, frame, at: clock.now() }),
    };
    const inbox = new Inbox({ ...common, onStored: (count) => this.#sync.noteStored(count) });
    this.#sync = new Sync({
      ...common,
      inbox,
      isStreaming: () => ['open', 'polling', 'refused'].includes(status.getSnapshot().stream),
      onState: (state) => this.#note(state),
      onAccepted: (outbox, upTo) => announce({ kind: 'accepted', outbox, upTo }),
      // Results of reads go to the streams of the asking outbox only.
      onMoved: () => this.#hearing.stream.reconnect(),
    });
    this.#uploads = new Uploads({
      ...common,
      onNeedsAuth: () => this.#sync.hold({ state: 'needs-auth' }),
      onUploaded: (upload, bytes) => announce({ kind: 'uploaded', upload, bytes }),
    });
    this.#hearing = new Hearing({
      ...common,
      inbox,
      sync: this.#sync,
      onStream: (stream) => {
        status.change({ stream });
        this.#tellLeading();
      },
    });
    this.#stopHearing = hearHints(
      () => this.#tryAgain(true),
      // The stream need not wait to find out.
      () => void (this.#isWorking && this.#hearing.stream.reconnect()),
    );
    this.#leader =
      locks &&
      new Leader({
        locks,
        name: `${storage.scope}:${user}`,
        clock,
        beat: () => this.#tellLeading(),
        isVisible,
        onChange: () => this.#evaluate(),
      });
  }

  start(): void {
    this.#leader?.start();
    // After it has queued for leading: a leader of an older contract gives way to who waits.
    this.#tellOpened();
    this.#evaluate();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stopHearing();
    this.#isWorking = false;
    await this.#stop();
    this.#leader?.close();
  }

  /** Packets have been saved. */
  wake(): void {
    this.#sync.wakeSoon();
    this.#uploads.wake();
  }

  /** Packets with files have ended. */
  lookAtUploads(): void {
    this.#uploads.look();
  }

  /** What this page or another one says. */
  hear(note: Note): void {
    switch (note.kind) {
      case 'online':
        this.#isOnline = note.isOnline;
        this.#evaluate();
        return;
      case 'authenticated':
        this.#hearing.stream.release();
        this.#sync.release();
        this.#uploads.release();
        return;
      case 'retry':
        this.#tryAgain(false);
        return;
      case 'opened':
        if (!this.#isOnline) this.#deps.tell({ kind: 'online', isOnline: false });
        if (note.contract > this.#deps.contract.version) this.#leader?.stepDown();
        else this.#tellLeading();
        return;
      case 'leading':
        this.#leader?.noteBeat();
        // One older page has given way to the next: whose turn it is, the lock decides.
        if (note.contract < this.#deps.contract.version) this.#tellOpened();
        if (!this.#isWorking && this.#isOnline) this.#show(note.sync, note.stream);
    }
  }

  /** @param isHint The network may be better now; else somebody wants to know. */
  #tryAgain(isHint: boolean): void {
    if (!this.#isWorking) return;
    if (isHint) this.#sync.hint();
    else this.#sync.retryNow();
    this.#uploads.retryNow(isHint);
    if (this.#deps.status.getSnapshot().stream !== 'open') this.#hearing.stream.reconnect();
  }

  #evaluate(): void {
    const { status } = this.#deps;
    const isLeader = this.#leader?.isLeader ?? true;
    const works = isLeader && this.#isOnline && !this.#isClosed;
    status.change({ isLeader });
    if (works !== this.#isWorking) {
      this.#isWorking = works;
      if (works) this.#start();
      else void this.#stop();
    }
    if (!this.#isOnline) this.#show({ state: 'offline', reason: 'switched_off' }, 'closed');
    else if (status.getSnapshot().reason === 'switched_off') this.#show(this.#state, 'closed');
    this.#tellLeading();
  }

  #start(): void {
    for (const part of [this.#sync, this.#hearing.stream, this.#uploads]) part.start();
  }

  async #stop(): Promise<void> {
    await Promise.all([this.#sync, this.#hearing.stream, this.#uploads].map((part) => part.stop()));
  }

  #note(state: SyncState): void {
    this.#state = state;
    if (!this.#isWorking) return;
    this.#deps.status.change({ state: state.state, reason: state.reason });
    this.#tellLeading();
  }

  #show({ state, reason }: SyncState, stream: StreamState): void {
    this.#deps.status.change({ state, reason, stream });
  }

  #tellOpened(): void {
    this.#deps.tell({ kind: 'opened', contract: this.#deps.contract.version });
  }

  #tellLeading(): void {
    const { tell, contract, status } = this.#deps;
    const { stream } = status.getSnapshot();
    if (this.#leader?.isLeader) tell({ kind: 'leading', contract: contract.version, sync: this.#state, stream });
  }
}
