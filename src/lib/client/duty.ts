import type { Codec } from '../codec/codec.ts';
import type { Contract } from '../contract/contract.ts';
import { hearHints, isVisible } from './connectivity.ts';
import { Engine } from './engine.ts';
import type { WriteLedger } from './inbox.ts';
import { Leader } from './leader.ts';
import type { Note } from './notes.ts';
import type { Changeable } from './observable.ts';
import type { ClientSettings } from './options.ts';
import type { ClientStatus } from './status.ts';
import type { StorageConnection } from './storage.ts';
import type { SyncState } from './sync.ts';

export interface DutyDeps {
  readonly contract: Contract;
  readonly settings: ClientSettings;
  readonly codec: Codec;
  readonly connection: StorageConnection;
  readonly writeLedger: WriteLedger;
  readonly status: Changeable<ClientStatus>;
  readonly tell: (note: Note) => void;
  readonly onUploaded: (upload: string, bytes: number) => void;
  readonly onAccepted: (outbox: string, upTo: number) => void;
}

/** Whether this page sends and hears for its user: it leads, or there is no leader, and it is switched on. */
export class Duty {
  readonly #deps: DutyDeps;
  readonly #engine: Engine;
  readonly #leader: Leader | null;
  readonly #stopHearing: () => void;
  #isOnline: boolean;
  #isClosed = false;
  #sync: SyncState = { state: 'idle' };
  #isWorking = false;

  constructor(deps: DutyDeps, isOnline: boolean) {
    this.#deps = deps;
    this.#isOnline = isOnline;
    const { settings, contract, connection } = deps;
    const { locks, storage, clock, user, onFrame } = settings;
    this.#stopHearing = hearHints(
      () => this.#tryAgain(true),
      () => void (this.#isWorking && this.#engine.networkLost()),
    );
    this.#engine = new Engine({
      ...settings,
      contract,
      codec: deps.codec,
      connection,
      writeLedger: deps.writeLedger,
      isShared: locks !== null,
      onSync: (state) => this.#note(state),
      onStream: (stream) => {
        deps.status.change({ stream });
        this.#tellLeading();
      },
      onAccepted: (outbox, upTo) => {
        deps.onAccepted(outbox, upTo);
        deps.tell({ kind: 'accepted', outbox, upTo });
      },
      onUploaded: (upload, bytes) => {
        deps.onUploaded(upload, bytes);
        deps.tell({ kind: 'uploaded', upload, bytes });
      },
      onFrame: (direction, frame) => onFrame?.({ direction, frame, at: clock.now() }),
    });
    this.#leader =
      locks &&
      new Leader({
        locks,
        name: `${storage.scope}:${user}`,
        clock,
        beat: () => this.#tellLeading(),
        isVisible,
        onLead: () => this.#evaluate(),
        onLose: () => this.#evaluate(),
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
    await this.#engine.stop();
    this.#leader?.close();
  }

  /** Packets have been saved. */
  wake(): void {
    this.#engine.sync.wakeSoon();
    this.#engine.uploads.wake();
  }

  /** Packets with files have ended. */
  lookAtUploads(): void {
    this.#engine.uploads.look();
  }

  setOnline(isOnline: boolean): void {
    this.#isOnline = isOnline;
    this.#evaluate();
  }

  release(): void {
    this.#engine.release();
  }

  retryNow(): void {
    this.#tryAgain(false);
  }

  /** What another page says of leading. */
  hear(note: Note): void {
    switch (note.kind) {
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

  #tryAgain(isHint: boolean): void {
    if (this.#isWorking) this.#engine.retryNow(isHint);
  }

  #evaluate(): void {
    const { status } = this.#deps;
    const isLeader = this.#leader?.isLeader ?? true;
    const works = isLeader && this.#isOnline && !this.#isClosed;
    status.change({ isLeader });
    if (works !== this.#isWorking) {
      this.#isWorking = works;
      if (works) this.#engine.start();
      else void this.#engine.stop();
    }
    if (!this.#isOnline) this.#show({ state: 'offline', reason: 'switched_off' }, 'closed');
    else if (status.getSnapshot().reason === 'switched_off') this.#show(this.#sync, 'closed');
    this.#tellLeading();
  }

  #note(sync: SyncState): void {
    this.#sync = sync;
    if (!this.#isWorking) return;
    this.#deps.status.change({ state: sync.state, reason: sync.reason });
    this.#tellLeading();
  }

  #show({ state, reason }: SyncState, stream: ClientStatus['stream']): void {
    this.#deps.status.change({ state, reason, stream });
  }

  #tellOpened(): void {
    this.#deps.tell({ kind: 'opened', contract: this.#deps.contract.version });
  }

  #tellLeading(): void {
    if (!this.#leader?.isLeader) return;
    this.#deps.tell({
      kind: 'leading',
      contract: this.#deps.contract.version,
      sync: this.#sync,
      stream: this.#deps.status.getSnapshot().stream,
    });
  }
}
