import type { Contract } from '../contract/contract.ts';
import { asCrudp, CrudpError } from '../errors.ts';
import { actionOf, type ReqId, reqIdOf } from '../packet.ts';
import { Backoff } from './backoff.ts';
import { Desk } from './desk.ts';
import { Duty } from './duty.ts';
import { Listeners } from './events.ts';
import type { Locks } from './leader.ts';
import { Ledger } from './ledger.ts';
import type { Envelope, Note } from './notes.ts';
import { observable } from './observable.ts';
import { Operations } from './operations.ts';
import type { ClientSettings } from './options.ts';
import { OutboxView } from './outbox-view.ts';
import { PageFeed } from './page-feed.ts';
import type { PageParts } from './parts.ts';
import { random64 } from './random.ts';
import type { Saving } from './saver.ts';
import type { ClientStatus } from './status.ts';
import type { FeedRow, PacketKey, WriteTransaction } from './storage.ts';
import { ProgressBoard } from './uploads/progress.ts';

/** A client without its types: one page's, or one process's. */
export class Page {
  readonly parts: PageParts;
  readonly view: OutboxView;
  readonly desk: Desk;
  readonly #feed: PageFeed;
  #duty: Duty | undefined;
  #isOnline: boolean;
  #isClosed = false;
  #hasAskedToPersist = false;
  /** The start may have to be repeated: each loss is told once. */
  #lossTold: CrudpError | undefined;

  constructor(contract: Contract, settings: ClientSettings) {
    // What fails because the client was closed under it is no news.
    const onError = (error: unknown): void => void (this.#isClosed || settings.onError(error));
    this.#isOnline = settings.isOnline;
    this.parts = {
      ...settings,
      contract,
      connection: settings.storage.connect((envelope) => this.#hear(envelope as Envelope)),
      writeLedger: (work) => this.#writeLedger(work),
      operations: new Operations(),
      listeners: new Listeners(onError),
      board: new ProgressBoard(onError),
      status: observable<ClientStatus>(
        {
          ...stateOf(this.#isOnline),
          queued: 0,
          parked: 0,
          stream: 'closed',
          durability: 'best_effort',
          isLeader: false,
        },
        onError,
      ),
      onError,
    };
    this.view = new OutboxView(this.parts);
    this.#feed = new PageFeed(this.parts);
    this.desk = new Desk({ ...this.parts, onSaved: (saved, keys) => this.#noteSaved(saved, keys) });
    void this.#start(new Backoff(settings.random));
  }

  /** What the application says to all its pages on this storage. */
  announce(note: Note): void {
    this.#take(note);
    this.#tell(note);
  }

  /** Tries at once what waits, and a parked packet again. @returns Its present name. */
  async retryPacket(reqId: ReqId): Promise<ReqId> {
    const renamed = await this.desk.retry(reqId);
    this.announce({ kind: 'retry' });
    return renamed ?? reqId;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const error = new CrudpError('closed', 'the client is closed');
    const { status, operations, connection } = this.parts;
    status.change({ state: 'closed', reason: undefined, stream: 'closed', isLeader: false });
    await this.desk.close(error);
    await this.#duty?.close();
    operations.failAll(error);
    connection.close();
  }

  async #start(backoff: Backoff): Promise<void> {
    const { codec: loading, storage, status, clock, onError } = this.parts;
    try {
      const [codec, durability] = await Promise.all([loading, storage.durability(), this.#feed.start()]);
      if (this.#isClosed) return;
      const { lost } = storage;
      if (lost && lost !== this.#lossTold) onError(lost);
      this.#lossTold = lost;
      status.change({ durability });
      this.#duty = new Duty({
        ...this.parts,
        codec,
        locks: this.#locks,
        isOnline: this.#isOnline,
        tell: (note) => this.#tell(note),
        announce: (note) => this.announce(note),
      });
      this.#duty.start();
      this.#drain();
      this.view.refresh();
    } catch (error) {
      if (this.#isClosed) return;
      onError(error);
      const { code } = asCrudp('storage_failed', error);
      status.change({ state: 'held', reason: code });
      if (code === 'storage_newer') return;
      clock.after(backoff.nextMs(), () => void (this.#isClosed || this.#start(backoff)));
    }
  }

  /** None in memory, where the storage has turned out to be: no other page can be led. */
  get #locks(): Locks | null {
    return this.parts.storage.scope === null ? null : this.parts.locks;
  }

  /** Once there is something to lose. */
  #askToPersist(): void {
    const { storage, status, onError } = this.parts;
    if (this.#hasAskedToPersist) return;
    this.#hasAskedToPersist = true;
    storage.persist?.().then((durability) => status.change({ durability }), onError);
  }

  #noteSaved(saved: readonly Saving[], keys: readonly PacketKey[]): void {
    for (const [index, { draft }] of saved.entries()) {
      this.#emitQueued(keys[index] as PacketKey, draft.route, draft.records);
    }
    this.#tell({ kind: 'queued', keys });
    this.#askToPersist();
    this.#duty?.wake();
  }

  async #writeLedger<T>(work: (ledger: Ledger) => Promise<T>): Promise<T> {
    const { user, clock, random } = this.parts;
    const { value, ledger, row, fed } = await this.#writing(async (tx) => {
      const opened = await Ledger.open(tx, {
        user,
        now: clock.now(),
        newName: () => random64(random),
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
  }

  async #writing<T>(work: (tx: WriteTransaction) => Promise<T>): Promise<T> {
    try {
      return await this.parts.connection.write(work);
    } catch (error) {
      if (asCrudp('storage_failed', error).code === 'storage_newer') this.#retire();
      throw error;
    }
  }

  /** A newer page has changed the database: it does what is to be done from now on. */
  #retire(): void {
    const { status, onError } = this.parts;
    this.#duty?.close().catch(onError);
    status.change({ state: 'held', reason: 'storage_newer', stream: 'closed' });
  }

  #drain(fresh?: readonly FeedRow[]): void {
    this.#feed.drain(fresh).catch(this.parts.onError);
  }

  #tell(note: Note): void {
    this.parts.connection.tell({ user: this.parts.user, note } satisfies Envelope);
  }

  #hear({ user, note }: Envelope): void {
    if (user !== this.parts.user || this.#isClosed) return;
    this.#take(note);
    if (changing.has(note.kind)) this.view.refresh();
  }

  /** Of this page itself, or of another one. */
  #take(note: Note): void {
    const { operations, board, status, onError } = this.parts;
    switch (note.kind) {
      case 'queued':
        this.#showQueued(note.keys).catch(onError);
        this.#duty?.wake();
        return;
      case 'fed':
        this.#drain();
        return;
      case 'accepted':
        operations.accept(note.outbox, note.upTo);
        return;
      case 'uploaded':
        board.note(note.upload, note.bytes);
        return;
      case 'online':
        this.#isOnline = note.isOnline;
        if (!this.#duty) status.change(stateOf(note.isOnline));
    }
    this.#duty?.hear(note);
  }

  /** Packets that another page has saved. Those that have ended meanwhile are told of by the feed. */
  async #showQueued(keys: readonly PacketKey[]): Promise<void> {
    const { user, connection } = this.parts;
    const packets = await connection.read((tx) =>
      Promise.all(keys.map(({ outbox, seq }) => tx.get('packets', [user, outbox, seq]))),
    );
    for (const packet of packets) if (packet) this.#emitQueued(packet, packet.route, packet.records);
  }

  #emitQueued({ outbox, seq }: PacketKey, route: number, records: readonly unknown[]): void {
    const { contract, listeners } = this.parts;
    const handler = contract.routes.get(route)?.handler ?? '';
    listeners.emit({ kind: 'queued', handler, action: actionOf(route), reqId: reqIdOf(outbox, seq), records });
  }
}

/** Notes of what other pages have changed in the outbox. */
const changing: ReadonlySet<Note['kind']> = new Set(['queued', 'fed', 'accepted'] as const);

function stateOf(isOnline: boolean): Pick<ClientStatus, 'state' | 'reason'> {
  return isOnline ? { state: 'idle', reason: undefined } : { state: 'offline', reason: 'switched_off' };
}
