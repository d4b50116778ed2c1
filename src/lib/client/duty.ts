import type { Codec } from '../codec/codec.ts';
import type { Contract } from '../contract/contract.ts';
import { Connectivity } from './connectivity.ts';
import type { Engine, EngineDeps } from './engine.ts';
import { fetchEngine } from './fetch-engine.ts';
import { Gate } from './gate.ts';
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
  private readonly deps: DutyDeps;
  private engine: Engine | undefined;
  private readonly leader: Leader | null;
  private readonly connectivity: Connectivity;
  private isOnline: boolean;
  private isClosed = false;
  private sync: SyncState = { state: 'idle' };
  private isWorking = false;
  private isFetching = false;
  /** Shut between two tries to fetch the engine. */
  private readonly gate: Gate;

  constructor(deps: DutyDeps, isOnline: boolean) {
    this.deps = deps;
    this.isOnline = isOnline;
    const { locks, storage, clock, random, user } = deps.settings;
    this.gate = new Gate(clock, random, () => this.startEngine());
    this.connectivity = new Connectivity(
      () => this.tryAgain(true),
      () => void (this.isWorking && this.engine?.networkLost()),
    );
    this.leader =
      locks &&
      new Leader({
        locks,
        name: `${storage.scope}:${user}`,
        clock,
        beat: () => this.tellLeading(),
        isVisible: () => this.connectivity.isVisible,
        onLead: () => this.evaluate(),
        onLose: () => this.evaluate(),
      });
  }

  start(): void {
    this.leader?.start();
    // After it has queued for leading: a leader of an older contract gives way to who waits.
    this.tellOpened();
    this.evaluate();
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.connectivity.close();
    this.isWorking = false;
    this.gate.endPause();
    await this.engine?.stop();
    this.leader?.close();
  }

  /** Packets have been saved. */
  wake(): void {
    this.engine?.sync.wakeSoon();
    this.engine?.uploads.wake();
  }

  /** Packets with files have ended. */
  lookAtUploads(): void {
    this.engine?.uploads.look();
  }

  setOnline(isOnline: boolean): void {
    this.isOnline = isOnline;
    this.evaluate();
  }

  release(): void {
    this.engine?.release();
  }

  retryNow(): void {
    this.tryAgain(false);
  }

  /** What another page says of leading. */
  hear(note: Note): void {
    switch (note.kind) {
      case 'opened':
        if (!this.isOnline) this.deps.tell({ kind: 'online', isOnline: false });
        if (note.contract > this.deps.contract.version) this.leader?.stepDown();
        else this.tellLeading();
        return;
      case 'leading':
        this.leader?.noteBeat();
        // One older page has given way to the next: whose turn it is, the lock decides.
        if (note.contract < this.deps.contract.version) this.tellOpened();
        if (!this.isWorking && this.isOnline) this.show(note.sync, note.stream);
    }
  }

  private tryAgain(isHint: boolean): void {
    if (!this.isWorking) return;
    this.gate.retryNow();
    if (this.engine) this.engine.retryNow(isHint);
    else this.startEngine();
  }

  private evaluate(): void {
    const { status } = this.deps;
    const isLeader = this.leader?.isLeader ?? true;
    const works = isLeader && this.isOnline && !this.isClosed;
    status.change({ isLeader });
    if (works !== this.isWorking) {
      this.isWorking = works;
      if (works) this.startEngine();
      else void this.engine?.stop();
    }
    if (!this.isOnline) this.show({ state: 'offline', reason: 'switched_off' }, 'closed');
    else if (status.getSnapshot().reason === 'switched_off') this.show(this.sync, 'closed');
    this.tellLeading();
  }

  private startEngine(): void {
    if (!this.isWorking) return;
    if (this.engine) this.engine.start();
    else if (this.gate.isOpen && !this.isFetching) void this.makeEngine();
  }

  private async makeEngine(): Promise<void> {
    this.isFetching = true;
    try {
      const engine = await fetchEngine();
      if (!this.isClosed) this.engine = new engine(this.engineDeps());
    } catch {
      if (this.isClosed) return;
      // As good as no network: what was saved waits, and it is tried again like a POST.
      this.gate.pauseFor(0);
      this.note({ state: 'offline', reason: 'not_loaded' });
    } finally {
      this.isFetching = false;
    }
    this.startEngine();
  }

  private engineDeps(): EngineDeps {
    const { settings, status, tell, onAccepted, onUploaded } = this.deps;
    const { locks, clock, onFrame } = settings;
    return {
      ...settings,
      ...this.deps,
      isShared: locks !== null,
      onSync: (state) => this.note(state),
      onStream: (stream) => {
        status.change({ stream });
        this.tellLeading();
      },
      onAccepted: (outbox, upTo) => {
        onAccepted(outbox, upTo);
        tell({ kind: 'accepted', outbox, upTo });
      },
      onUploaded: (upload, bytes) => {
        onUploaded(upload, bytes);
        tell({ kind: 'uploaded', upload, bytes });
      },
      onFrame: (direction, frame) => onFrame?.({ direction, frame, at: clock.now() }),
    };
  }

  private note(sync: SyncState): void {
    this.sync = sync;
    if (!this.isWorking) return;
    this.deps.status.change({ state: sync.state, reason: sync.reason });
    this.tellLeading();
  }

  private show({ state, reason }: SyncState, stream: ClientStatus['stream']): void {
    this.deps.status.change({ state, reason, stream });
  }

  private tellOpened(): void {
    this.deps.tell({ kind: 'opened', contract: this.deps.contract.version });
  }

  private tellLeading(): void {
    if (!this.leader?.isLeader) return;
    this.deps.tell({
      kind: 'leading',
      contract: this.deps.contract.version,
      sync: this.sync,
      stream: this.deps.status.getSnapshot().stream,
    });
  }
}
