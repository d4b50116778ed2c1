import type { Codec } from '../codec/codec.ts';
import { loadCodec } from '../codec/load.ts';
import type { Contract, RouteSpec } from '../contract/contract.ts';
import { CrudpError } from '../errors.ts';
import { actionOf, reqIdOf, Status } from '../packet.ts';
import { Backoff } from './backoff.ts';
import type { CallOptions } from './client-types.ts';
import { draftOf, measured } from './drafting.ts';
import { Duty } from './duty.ts';
import { endGroup, endPacket, localEnding } from './end-packets.ts';
import type { Draft } from './enqueue.ts';
import { Listeners } from './events.ts';
import type { WriteLedger } from './inbox.ts';
import { Ledger } from './ledger.ts';
import type { Envelope, Note } from './notes.ts';
import { type Changeable, observable } from './observable.ts';
import { PendingOperation } from './operation.ts';
import { Operations } from './operations.ts';
import type { ClientSettings } from './options.ts';
import { OutboxView } from './outbox-view.ts';
import { PageFeed } from './page-feed.ts';
import { random64 } from './random.ts';
import { Saver, type Saving } from './saver.ts';
import type { ClientStatus } from './status.ts';
import type { PacketKey, StorageConnection } from './storage.ts';

/** A client without its types: one page's, or one process's. */
export class Page {
  readonly status: Changeable<ClientStatus>;
  readonly listeners: Listeners;
  readonly view: OutboxView;
  private readonly contract: Contract;
  private readonly settings: ClientSettings;
  private readonly connection: StorageConnection;
  private readonly operations = new Operations();
  private readonly feed: PageFeed;
  private readonly saver: Saver;
  private readonly loading: Promise<Codec>;
  private codec: Codec | undefined;
  private duty: Duty | undefined;
  private isOnline: boolean;
  private isClosed = false;

  constructor(contract: Contract, settings: ClientSettings) {
    const { user, storage, onError, onGap, clock } = settings;
    this.contract = contract;
    this.settings = settings;
    this.isOnline = settings.isOnline;
    this.connection = storage.connect((note) => this.hear(note));
    this.listeners = new Listeners(onError);
    this.status = observable<ClientStatus>(
      {
        state: this.isOnline ? 'idle' : 'offline',
        reason: this.isOnline ? undefined : 'switched_off',
        queued: 0,
        stream: 'closed',
        durability: 'best_effort',
        isLeader: false,
      },
      onError,
    );
    this.view = new OutboxView(this.connection, user, contract, onError, (queued) => this.status.change({ queued }));
    this.feed = new PageFeed({
      user,
      contract,
      connection: this.connection,
      operations: this.operations,
      listeners: this.listeners,
      now: () => clock.now(),
      onGap,
      onError,
    });
    this.saver = new Saver({
      writeLedger: this.writeLedger,
      operations: this.operations,
      random: settings.random,
      onSaved: (saved, keys) => this.noteSaved(saved, keys),
    });
    this.loading = settings.codec ? Promise.resolve(settings.codec) : loadCodec();
    this.loading.then(
      (codec) => {
        this.codec = codec;
      },
      // Each call that needs it says so.
      () => undefined,
    );
    void this.start(new Backoff(settings.random));
  }

  /** Makes a packet's operation, which has failed already where its values do not fit: then there is no draft. */
  prepare(route: RouteSpec, records: readonly unknown[], options: CallOptions, group: object | null): Prepared {
    const operation = new PendingOperation((own) => this.cancel(own));
    try {
      const draft = draftOf(this.contract, route, records, options, group, this.settings.clock.now());
      return { operation, draft };
    } catch (error) {
      if (!(error instanceof CrudpError)) throw error;
      operation.fail(error);
      return { operation, draft: null };
    }
  }

  /** Saves packets, together and in order. */
  submit(packets: readonly Saving[]): void {
    if (this.codec || packets.length === 0) this.save(packets);
    else {
      this.loading.then(
        () => this.save(packets),
        (error: unknown) => failAll(packets, asCrudp('codec_failed', error)),
      );
    }
  }

  setOnline(isOnline: boolean): void {
    this.switch(isOnline);
    this.tell({ kind: 'online', isOnline });
  }

  authenticated(): void {
    this.duty?.release();
    this.tell({ kind: 'authenticated' });
  }

  retry(): void {
    this.duty?.retryNow();
    this.tell({ kind: 'retry' });
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    const error = new CrudpError('closed', 'the client is closed');
    this.status.change({ state: 'closed', reason: undefined, stream: 'closed', isLeader: false });
    await this.saver.close(error);
    await this.duty?.close();
    this.operations.failAll(error);
    this.connection.close();
  }

  private async start(backoff: Backoff): Promise<void> {
    const { settings, connection, contract } = this;
    try {
      const [codec, durability] = await Promise.all([this.loading, settings.storage.durability(), this.feed.start()]);
      if (this.isClosed) return;
      this.status.change({ durability });
      this.duty = new Duty(
        {
          contract,
          settings,
          codec,
          connection,
          writeLedger: this.writeLedger,
          status: this.status,
          tell: (note) => this.tell(note),
          onAccepted: (outbox, upTo) => this.operations.accept(outbox, upTo),
        },
        this.isOnline,
      );
      this.duty.start();
      this.drain();
      this.view.refresh();
    } catch (error) {
      if (this.isClosed) return;
      settings.onError(error);
      this.status.change({ state: 'held', reason: asCrudp('storage_failed', error).code });
      settings.clock.after(backoff.nextMs(), () => void (this.isClosed || this.start(backoff)));
    }
  }

  private save(packets: readonly Saving[]): void {
    if (this.isClosed) {
      failAll(packets, new CrudpError('closed', 'the client is closed'));
      return;
    }
    try {
      const drafts = measured(
        this.codec as Codec,
        this.contract,
        packets.map(({ draft }) => draft),
      );
      this.saver.save(packets.map(({ operation }, index) => ({ operation, draft: drafts[index] as Draft })));
    } catch (error) {
      failAll(packets, asCrudp('unencodable', error));
    }
  }

  private noteSaved(saved: readonly Saving[], keys: readonly PacketKey[]): void {
    const { clock, onError } = this.settings;
    for (const [index, { draft }] of saved.entries()) {
      const key = keys[index] as PacketKey;
      this.emitQueued(key, draft.route, draft.records);
      if (draft.expiresAt === undefined) continue;
      // Offline too: whoever waits for a read is to be told in time.
      clock.after(draft.expiresAt - clock.now(), () => this.expire(key).catch(onError));
    }
    this.tell({ kind: 'queued', keys });
    this.duty?.wake();
  }

  /** Ends a packet that has not been sent. Of a read that has, whoever waits for it need not wait longer. */
  private async expire(key: PacketKey): Promise<void> {
    if (this.isClosed) return;
    const packet = await this.writeLedger(async (ledger) => {
      const found = await ledger.packet(key);
      if (!found || !(await isUnsent(ledger, key))) return found;
      await endGroup(ledger, found, localEnding(Status.expired));
      return undefined;
    });
    if (!packet || actionOf(packet.route) !== 'read') return;
    const facts = { reqId: reqIdOf(key.outbox, key.seq), retryable: true };
    this.operations.take(key)?.fail(new CrudpError('expired', 'no answer in time', facts));
  }

  private async cancel(operation: PendingOperation): Promise<boolean> {
    await operation.saved.catch(() => undefined);
    const { key } = operation;
    if (!key || operation.wasOk !== undefined || this.isClosed) return false;
    return this.writeLedger(async (ledger) => {
      const packet = await ledger.packet(key);
      if (!packet || !(await isUnsent(ledger, key))) return false;
      for (const member of await ledger.group(packet)) {
        await endPacket(ledger, member, localEnding(Status.failed, '', true));
      }
      return true;
    });
  }

  private readonly writeLedger: WriteLedger = async (work) => {
    const { settings } = this;
    const { value, ledger } = await this.connection.write(async (tx) => {
      const opened = await Ledger.open(tx, {
        user: settings.user,
        now: settings.clock.now(),
        newOutbox: () => random64(settings.random),
        isShared: settings.locks !== null,
      });
      return { value: await work(opened), ledger: opened };
    });
    for (const item of ledger.direct) this.feed.deliver(item);
    if (ledger.hasFed) {
      this.tell({ kind: 'fed' });
      this.drain();
    }
    if (ledger.hasUnblocked) this.duty?.wake();
    this.view.refresh();
    return value;
  };

  private drain(): void {
    this.feed.drain().catch((error: unknown) => void (this.isClosed || this.settings.onError(error)));
  }

  private tell(note: Note): void {
    this.connection.tell({ user: this.settings.user, note } satisfies Envelope);
  }

  private hear(envelope: unknown): void {
    const { user, note } = envelope as Envelope;
    if (user !== this.settings.user || this.isClosed) return;
    switch (note.kind) {
      case 'queued':
        this.showQueued(note.keys).catch(this.settings.onError);
        this.duty?.wake();
        return;
      case 'fed':
        this.drain();
        this.view.refresh();
        return;
      case 'accepted':
        this.operations.accept(note.outbox, note.upTo);
        this.view.refresh();
        return;
      case 'online':
        this.switch(note.isOnline);
        return;
      case 'authenticated':
        this.duty?.release();
        return;
      case 'retry':
        this.duty?.retryNow();
        return;
      default:
        this.duty?.hear(note);
    }
  }

  private switch(isOnline: boolean): void {
    this.isOnline = isOnline;
    if (this.duty) this.duty.setOnline(isOnline);
    else
      this.status.change(
        isOnline ? { state: 'idle', reason: undefined } : { state: 'offline', reason: 'switched_off' },
      );
  }

  /** Packets that another page has saved. Those that have ended meanwhile are told of by the feed. */
  private async showQueued(keys: readonly PacketKey[]): Promise<void> {
    this.view.refresh();
    const { user } = this.settings;
    const packets = await this.connection.read((tx) =>
      Promise.all(keys.map(({ outbox, seq }) => tx.get('packets', [user, outbox, seq]))),
    );
    for (const packet of packets) if (packet) this.emitQueued(packet, packet.route, packet.records);
  }

  private emitQueued({ outbox, seq }: PacketKey, route: number, records: readonly unknown[]): void {
    const handler = this.contract.routes.get(route)?.handler ?? '';
    this.listeners.emit({ kind: 'queued', handler, action: actionOf(route), reqId: reqIdOf(outbox, seq), records });
  }
}

export interface Prepared {
  readonly operation: PendingOperation;
  readonly draft: Draft | null;
}

async function isUnsent(ledger: Ledger, { outbox, seq }: PacketKey): Promise<boolean> {
  return seq > ((await ledger.outbox(outbox))?.sentSeq ?? seq);
}

function failAll(packets: readonly Saving[], error: CrudpError): void {
  for (const { operation } of packets) operation.fail(error);
}

function asCrudp(code: string, error: unknown): CrudpError {
  return error instanceof CrudpError ? error : new CrudpError(code, String(error), { cause: error });
}
