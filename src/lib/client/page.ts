import type { Codec } from '../codec/codec.ts';
import { loadCodec } from '../codec/load.ts';
import type { Contract } from '../contract/contract.ts';
import { asCrudp, CrudpError } from '../errors.ts';
import { actionOf, type ReqId, reqIdOf } from '../packet.ts';
import { Backoff } from './backoff.ts';
import { Desk } from './desk.ts';
import { Duty } from './duty.ts';
import { Listeners } from './events.ts';
import type { WriteLedger } from './inbox.ts';
import type { Locks } from './leader.ts';
import { Ledger } from './ledger.ts';
import type { Envelope, Note } from './notes.ts';
import { type Changeable, observable } from './observable.ts';
import { Operations } from './operations.ts';
import type { ClientSettings } from './options.ts';
import { OutboxView } from './outbox-view.ts';
import { PageFeed } from './page-feed.ts';
import { random64 } from './random.ts';
import type { Saving } from './saver.ts';
import type { ClientStatus } from './status.ts';
import type { FeedRow, PacketKey, StorageConnection, WriteTransaction } from './storage.ts';
import { ProgressBoard } from './uploads/progress.ts';

/** A client without its types: one page's, or one process's. */
export class Page {
  readonly status: Changeable<ClientStatus>;
  readonly listeners: Listeners;
  readonly view: OutboxView;
  readonly desk: Desk;
  readonly #contract: Contract;
  readonly #settings: ClientSettings;
  readonly #connection: StorageConnection;
  readonly #operations = new Operations();
  readonly #board: ProgressBoard;
  readonly #feed: PageFeed;
  readonly #codec: Promise<Codec>;
  #duty: Duty | undefined;
  #isOnline: boolean;
  #isClosed = false;
  #hasAskedToPersist = false;
  /** The start may have to be repeated: each loss is told once. */
  #lossTold: CrudpError | undefined;

  constructor(contract: Contract, given: ClientSettings) {
    // What fails because the client was closed under it is no news.
    const onError = (error: unknown): void => void (this.#isClosed || given.onError(error));
    const settings = { ...given, onError };
    const { user, storage, onGap, clock } = settings;
    this.#contract = contract;
    this.#settings = settings;
    this.#isOnline = settings.isOnline;
    this.#connection = storage.connect((note) => this.#hear(note));
    this.listeners = new Listeners(onError);
    this.status = observable<ClientStatus>(
      {
        state: this.#isOnline ? 'idle' : 'offline',
        reason: this.#isOnline ? undefined : 'switched_off',
        queued: 0,
        parked: 0,
        stream: 'closed',
        durability: 'best_effort',
        isLeader: false,
      },
      onError,
    );
    this.#board = new ProgressBoard(onError);
    this.view = new OutboxView(this.#connection, user, contract, this.#board, onError, (counts) =>
      this.status.change(counts),
    );
    this.#feed = new PageFeed({
      user,
      contract,
      connection: this.#connection,
      operations: this.#operations,
      listeners: this.listeners,
      now: () => clock.now(),
      onGap,
      onError,
    });
    this.#codec = settings.codec ? Promise.resolve(settings.codec) : loadCodec();
    this.desk = new Desk({
      contract,
      settings,
      codec: this.#codec,
      writeLedger: this.#writeLedger,
      operations: this.#operations,
      board: this.#board,
      onSaved: (saved, keys) => this.#noteSaved(saved, keys),
    });
    void this.#start(new Backoff(settings.random));
  }

  setOnline(isOnline: boolean): void {
    this.#switch(isOnline);
    this.#tell({ kind: 'online', isOnline });
  }

  authenticated(): void {
    this.#duty?.release();
    this.#tell({ kind: 'authenticated' });
  }

  retry(): void {
    this.#duty?.retryNow();
    this.#tell({ kind: 'retry' });
  }

  /** Tries at once what waits, and a parked packet again. @returns Its present name. */
  async retryPacket(reqId: ReqId): Promise<ReqId> {
    const renamed = await this.desk.retry(reqId);
    this.retry();
    return renamed ?? reqId;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const error = new CrudpError('closed', 'the client is closed');
    this.status.change({ state: 'closed', reason: undefined, stream: 'closed', isLeader: false });
    await this.desk.close(error);
    await this.#duty?.close();
    this.#operations.failAll(error);
    this.#connection.close();
  }

  async #start(backoff: Backoff): Promise<void> {
    const settings = this.#settings;
    const connection = this.#connection;
    try {
      const [codec, durability] = await Promise.all([this.#codec, settings.storage.durability(), this.#feed.start()]);
      if (this.#isClosed) return;
      const { lost } = settings.storage;
      if (lost && lost !== this.#lossTold) settings.onError(lost);
      this.#lossTold = lost;
      this.status.change({ durability });
      this.#duty = new Duty(
        {
          contract: this.#contract,
          settings: { ...settings, locks: this.#locks },
          codec,
          connection,
          writeLedger: this.#writeLedger,
          status: this.status,
          tell: (note) => this.#tell(note),
          onUploaded: (upload, bytes) => this.#board.note(upload, bytes),
          onAccepted: (outbox, upTo) => this.#operations.accept(outbox, upTo),
        },
        this.#isOnline,
      );
      this.#duty.start();
      this.#drain();
      this.view.refresh();
    } catch (error) {
      if (this.#isClosed) return;
      settings.onError(error);
      const { code } = asCrudp('storage_failed', error);
      this.status.change({ state: 'held', reason: code });
      if (code === 'storage_newer') return;
      settings.clock.after(backoff.nextMs(), () => void (this.#isClosed || this.#start(backoff)));
    }
  }

  /** None in memory, where the storage has turned out to be: no other page can be led. */
  get #locks(): Locks | null {
    return this.#settings.storage.scope === null ? null : this.#settings.locks;
  }

  /** Once there is something to lose. */
  #askToPersist(): void {
    const { storage, onError } = this.#settings;
    if (this.#hasAskedToPersist) return;
    this.#hasAskedToPersist = true;
    storage.persist?.().then((durability) => this.status.change({ durability }), onError);
  }

  #noteSaved(saved: readonly Saving[], keys: readonly PacketKey[]): void {
    for (const [index, { draft }] of saved.entries()) {
      this.#emitQueued(keys[index] as PacketKey, draft.route, draft.records);
    }
    this.#tell({ kind: 'queued', keys });
    this.#askToPersist();
    this.#duty?.wake();
  }

  readonly #writeLedger: WriteLedger = async (work) => {
    const settings = this.#settings;
    const { value, ledger, row, fed } = await this.#writing(async (tx) => {
      const opened = await Ledger.open(tx, {
        user: settings.user,
        now: settings.clock.now(),
        newName: () => random64(settings.random),
        isShared: this.#locks !== null,
      });
      return { value: await work(opened), ledger: opened, ...opened.close() };
    });
    for (const item of ledger.direct) this.#feed.deliver(item);
    if (fed.length > 0) {
      this.#tell({ kind: 'fed' });
      // Who has called for packets is to hear that they are saved before what became of them.
      this.#drain(ledger.hasAdded ? undefined : fed);
    }
    if (ledger.hasUnblocked) this.#duty?.wake();
    if (ledger.hasEndedFiles) this.#duty?.lookAtUploads();
    this.view.note(row);
    return value;
  };

  async #writing<T>(work: (tx: WriteTransaction) => Promise<T>): Promise<T> {
    try {
      return await this.#connection.write(work);
    } catch (error) {
      if (asCrudp('storage_failed', error).code === 'storage_newer') this.#retire();
      throw error;
    }
  }

  /** A newer page has changed the database: it does what is to be done from now on. */
  #retire(): void {
    this.#duty?.close().catch(this.#settings.onError);
    this.status.change({ state: 'held', reason: 'storage_newer', stream: 'closed' });
  }

  #drain(fresh?: readonly FeedRow[]): void {
    this.#feed.drain(fresh).catch(this.#settings.onError);
  }

  #tell(note: Note): void {
    this.#connection.tell({ user: this.#settings.user, note } satisfies Envelope);
  }

  #hear(envelope: unknown): void {
    const { user, note } = envelope as Envelope;
    if (user !== this.#settings.user || this.#isClosed) return;
    switch (note.kind) {
      case 'queued':
        this.#showQueued(note.keys).catch(this.#settings.onError);
        this.#duty?.wake();
        return;
      case 'fed':
        this.#drain();
        this.view.refresh();
        return;
      case 'accepted':
        this.#operations.accept(note.outbox, note.upTo);
        this.view.refresh();
        return;
      case 'uploaded':
        this.#board.note(note.upload, note.bytes);
        return;
      case 'online':
        this.#switch(note.isOnline);
        return;
      case 'authenticated':
        this.#duty?.release();
        return;
      case 'retry':
        this.#duty?.retryNow();
        return;
      default:
        this.#duty?.hear(note);
    }
  }

  #switch(isOnline: boolean): void {
    this.#isOnline = isOnline;
    if (this.#duty) this.#duty.setOnline(isOnline);
    else
      this.status.change(
        isOnline ? { state: 'idle', reason: undefined } : { state: 'offline', reason: 'switched_off' },
      );
  }

  /** Packets that another page has saved. Those that have ended meanwhile are told of by the feed. */
  async #showQueued(keys: readonly PacketKey[]): Promise<void> {
    this.view.refresh();
    const { user } = this.#settings;
    const packets = await this.#connection.read((tx) =>
      Promise.all(keys.map(({ outbox, seq }) => tx.get('packets', [user, outbox, seq]))),
    );
    for (const packet of packets) if (packet) this.#emitQueued(packet, packet.route, packet.records);
  }

  #emitQueued({ outbox, seq }: PacketKey, route: number, records: readonly unknown[]): void {
    const handler = this.#contract.routes.get(route)?.handler ?? '';
    this.listeners.emit({ kind: 'queued', handler, action: actionOf(route), reqId: reqIdOf(outbox, seq), records });
  }
}
