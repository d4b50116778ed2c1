import type { Clock } from '../clock.ts';
import type { Codec } from '../codec/codec.ts';
import type { Contract } from '../contract/contract.ts';
import { actionOf } from '../packet.ts';
import { Inbox, type WriteLedger } from './inbox.ts';
import type { Random } from './random.ts';
import type { StreamState } from './status.ts';
import type { Storage, StorageConnection } from './storage.ts';
import { Stream } from './stream.ts';
import type { Hello } from './stream-events.ts';
import { storeEvents } from './stream-inbox.ts';
import { Sync, type SyncState } from './sync.ts';
import type { StreamRequest, Transport } from './transport.ts';
import { Uploads } from './uploads/uploads.ts';

export interface EngineDeps {
  readonly user: string;
  readonly contract: Contract;
  readonly codec: Codec;
  readonly transport: Transport;
  readonly connection: StorageConnection;
  readonly writeLedger: WriteLedger;
  readonly clock: Clock;
  readonly random: Random;
  readonly maxBatchBytes: number;
  readonly maxBatchPackets: number;
  readonly batchWindowMs: number;
  /** Whether other pages leave sending and the stream to this one; else each has its own. */
  readonly isShared: boolean;
  readonly onSync: (state: SyncState) => void;
  readonly onStream: (state: StreamState) => void;
  readonly onAccepted: (outbox: string, upTo: number) => void;
  readonly onUploaded: (upload: string, bytes: number) => void;
  readonly storage: Storage;
  readonly onFrame: (direction: 'sent' | 'received', frame: Uint8Array) => void;
  /** Pushes may be missing. */
  readonly onGap: () => void;
  readonly onError: (error: unknown) => void;
}

/** Sends and hears for a user: what one page of many does, or each where they cannot agree on one. */
export class Engine {
  readonly sync: Sync;
  readonly uploads: Uploads;
  readonly #deps: EngineDeps;
  readonly #stream: Stream;
  #streamState: StreamState = 'closed';
  /** Without a leader each page is at a place of its own. */
  #ownCursor: string | null = null;
  #hadCursor = false;

  constructor(deps: EngineDeps) {
    this.#deps = deps;
    const { onError, onFrame, onAccepted } = deps;
    const inbox: Inbox = new Inbox(deps.writeLedger, (count) => this.sync.noteStored(count));
    this.sync = new Sync({
      ...deps,
      inbox,
      isStreaming: () => ['open', 'polling', 'refused'].includes(this.#streamState),
      onState: deps.onSync,
      onFrame,
      onAccepted,
      // Results of reads go to the streams of the asking outbox only.
      onMoved: () => this.#stream.reconnect(),
    });
    this.uploads = new Uploads({ ...deps, onNeedsAuth: () => this.sync.hold({ state: 'needs-auth' }) });
    this.#stream = new Stream({
      ...deps,
      request: () => this.#streamRequest(),
      onHello: (hello) => this.#greet(hello),
      onEvents: async (events, epoch) => {
        const { isShared, writeLedger } = this.#deps;
        let cursor: string | undefined;
        let isLate = false;
        await storeEvents({ ...deps, inbox }, events, epoch, (ledger, id) => {
          cursor = id;
          // What goes to this page alone is handed out after this: a page that ends before that hears it again.
          isLate = !isShared && ledger.direct.length > 0;
          if (!isLate) ledger.setCursor(id);
        });
        if (cursor === undefined) return;
        const id = cursor;
        this.#ownCursor = id;
        if (isLate) await writeLedger(async (ledger) => ledger.setCursor(id));
      },
      onState: (state) => {
        this.#streamState = state;
        deps.onStream(state);
      },
      onNeedsAuth: () => this.sync.hold({ state: 'needs-auth' }),
      onError,
    });
  }

  start(): void {
    this.sync.start();
    this.#stream.start();
    this.uploads.start();
  }

  async stop(): Promise<void> {
    await Promise.all([this.sync.stop(), this.#stream.stop(), this.uploads.stop()]);
  }

  /** Somebody has signed in. */
  release(): void {
    this.#stream.release();
    this.sync.release();
    this.uploads.release();
  }

  /** @param isHint The network may be better now; else somebody wants to know. */
  retryNow(isHint: boolean): void {
    if (isHint) this.sync.hint();
    else this.sync.retryNow();
    this.uploads.retryNow(isHint);
    if (this.#streamState !== 'open') this.#stream.reconnect();
  }

  /** The network is gone: the stream need not wait to find out. */
  networkLost(): void {
    this.#stream.reconnect();
  }

  async #streamRequest(): Promise<StreamRequest> {
    const { outbox, cursor } = await this.#deps.writeLedger(async (ledger) => ({
      outbox: ledger.openOutbox.outbox,
      cursor: ledger.cursor,
    }));
    const from = this.#deps.isShared ? cursor : (this.#ownCursor ?? cursor);
    this.#hadCursor = from !== null;
    return { outbox, cursor: from };
  }

  #greet({ user, recovered, epoch }: Hello): boolean {
    if (user !== this.#deps.user) {
      // Somebody has signed in since this connection was asked for: the next one tells who.
      if (this.#stream.isOutdated) return false;
      this.#stream.hold();
      this.sync.hold({ state: 'held', reason: 'wrong_user' });
      return false;
    }
    this.sync.hint();
    if (!recovered && this.#hadCursor) this.#deps.onGap();
    // Without a cursor the stream begins at the end: what was sent before that may have had its result already.
    if (!recovered || !this.#hadCursor) this.sync.askAll();
    else void this.#askForMissed(epoch);
    return true;
  }

  /** Results of reads are in no log, and another journal's log begins elsewhere: what is due of them has not been replayed. */
  async #askForMissed(epoch: string): Promise<void> {
    const { connection, user, onError } = this.#deps;
    try {
      const isDue = await connection.read(async (tx) => {
        for (const { outbox, place } of await tx.list('outboxes', { prefix: [user] })) {
          const packets = await tx.list('packets', { prefix: [user, outbox], upTo: place.seq }, 1000);
          if (packets.some(({ route }) => place.epoch !== epoch || actionOf(route) === 'read')) return true;
        }
        return false;
      });
      if (isDue) this.sync.askAll();
    } catch (error) {
      onError(error);
    }
  }
}
