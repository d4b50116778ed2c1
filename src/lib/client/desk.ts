import type { Codec } from '../codec/codec.ts';
import type { RouteSpec } from '../contract/contract.ts';
import { asCrudp, CrudpError } from '../errors.ts';
import { actionOf, type ReqId, reqIdOf, Status } from '../packet.ts';
import type { CallOptions } from './client-types.ts';
import { draftOf, keyOf, measured } from './drafting.ts';
import { endGroup, localEnding } from './end-packets.ts';
import type { Draft } from './enqueue.ts';
import { failAll, PendingOperation } from './operation.ts';
import type { PageParts } from './parts.ts';
import { random64 } from './random.ts';
import { Saver, type Saving } from './saver.ts';
import type { PacketKey } from './storage.ts';
import { cancelPacket, discardPacket, isUnsent, retryParked } from './take-back.ts';
import { withFiles } from './uploads/with-files.ts';

export interface DeskDeps extends Omit<PageParts, 'connection' | 'listeners' | 'status'> {
  /** Told after the commit. */
  readonly onSaved: (saved: readonly Saving[], keys: readonly PacketKey[]) => void;
}

/** A call's packet; without a draft where it has failed already. */
export interface Prepared {
  readonly operation: PendingOperation;
  readonly draft: Draft | null;
}

/** Where this page's calls become packets, and may be taken back. */
export class Desk {
  readonly #deps: DeskDeps;
  readonly #saver: Saver;
  #codec: Codec | undefined;
  #closed: CrudpError | undefined;
  /** Calls that cannot be saved at once. */
  #last: Promise<void> | null = null;

  constructor(deps: DeskDeps) {
    this.#deps = deps;
    this.#saver = new Saver({
      ...deps,
      onSaved: (saved, keys) => {
        deps.onSaved(saved, keys);
        for (const [index, { draft }] of saved.entries()) this.#watch(draft, keys[index] as PacketKey);
      },
    });
    deps.codec.then(
      (codec) => {
        this.#codec = codec;
      },
      // Each call that needs it says so.
      () => undefined,
    );
  }

  /** Makes a packet's operation, which has failed already where its values do not fit: then there is no draft. */
  prepare(route: RouteSpec, records: readonly unknown[], options: CallOptions, group: object | null): Prepared {
    const { contract, board, clock, inline, transport, random } = this.#deps;
    const operation = new PendingOperation(board, (own) => this.#cancel(own));
    try {
      const draft = draftOf(contract, route, records, options, group, {
        now: clock.now(),
        limits: inline,
        canUpload: transport.upload !== undefined,
        newUploadId: () => random64(random) + random64(random),
      });
      operation.uploads = draft.uploads;
      return { operation, draft };
    } catch (error) {
      if (!(error instanceof CrudpError)) throw error;
      operation.fail(error);
      return { operation, draft: null };
    }
  }

  /** Saves packets, together and in order. */
  submit(packets: readonly Saving[]): void {
    const hasFiles = packets.some(({ draft }) => draft.toRead.size > 0 || draft.uploads.length > 0);
    if (this.#codec && !hasFiles && !this.#last) {
      this.#save(packets, this.#codec);
      return;
    }
    const before = this.#last;
    const own = this.#saveLater(packets, before).finally(() => {
      if (this.#last === own) this.#last = null;
    });
    this.#last = own;
  }

  /** Files are read and the codec is loaded first; calls behind wait, so that the order stays. */
  async #saveLater(packets: readonly Saving[], before: Promise<void> | null): Promise<void> {
    const { contract, storage } = this.#deps;
    try {
      const [codec, read] = await Promise.all([
        this.#deps.codec.catch((error: unknown) => {
          throw asCrudp('codec_failed', error);
        }),
        Promise.all(packets.map(({ draft }) => withFiles(contract, storage, draft))),
        before,
      ]);
      this.#save(
        packets.map(({ operation }, index) => ({ operation, draft: read[index] as Draft })),
        codec,
      );
    } catch (error) {
      failAll(packets, asCrudp('file_unreadable', error));
    }
  }

  /** What is being saved is saved; what still waits fails. */
  async close(error: CrudpError): Promise<void> {
    this.#closed = error;
    await this.#saver.close(error);
  }

  #save(packets: readonly Saving[], codec: Codec): void {
    if (this.#closed) {
      failAll(packets, this.#closed);
      return;
    }
    try {
      const drafts = packets.map(({ draft }) => draft);
      const judged = measured(codec, this.#deps.contract, drafts);
      this.#saver.save(packets.map(({ operation }, index) => ({ operation, draft: judged[index] as Draft })));
    } catch (error) {
      failAll(packets, asCrudp('unencodable', error));
    }
  }

  /** As `outbox.retry` has it, where the packet is parked. @returns Null where it is not. */
  async retry(reqId: ReqId): Promise<ReqId | null> {
    const { writeLedger } = this.#deps;
    const renamed = await this.#change(reqId, (key) => writeLedger((ledger) => retryParked(ledger, key)));
    return renamed ? reqIdOf(renamed.outbox, renamed.seq) : null;
  }

  async discard(reqId: ReqId): Promise<boolean> {
    const { writeLedger } = this.#deps;
    return (await this.#change(reqId, (key) => writeLedger((ledger) => discardPacket(ledger, key)))) ?? false;
  }

  async #change<T>(reqId: ReqId, work: (key: PacketKey) => Promise<T>): Promise<T | null> {
    const key = keyOf(reqId);
    if (this.#closed) throw this.#closed;
    return key && work(key);
  }

  /** Offline too: whoever waits for a read is to be told in time. */
  #watch({ expiresAt }: Draft, key: PacketKey): void {
    const { clock, onError } = this.#deps;
    if (expiresAt === undefined) return;
    clock.after(expiresAt - clock.now(), () => {
      if (!this.#closed) this.#expire(key).catch(onError);
    });
  }

  /** Ends a packet that has not been sent. Of a read that has, whoever waits for it need not wait longer. */
  async #expire(key: PacketKey): Promise<void> {
    const { writeLedger, operations } = this.#deps;
    const packet = await writeLedger(async (ledger) => {
      const found = await ledger.packet(key);
      if (!found || !isUnsent(ledger, key)) return found;
      await endGroup(ledger, found, localEnding(Status.expired));
      return undefined;
    });
    if (!packet || actionOf(packet.route) !== 'read') return;
    const facts = { reqId: reqIdOf(key.outbox, key.seq), retryable: true };
    operations.take(key)?.fail(new CrudpError('expired', 'no answer in time', facts));
  }

  async #cancel(operation: PendingOperation): Promise<boolean> {
    await operation.saved.catch(() => undefined);
    const { key } = operation;
    if (!key || operation.wasOk !== undefined || this.#closed) return false;
    return this.#deps.writeLedger((ledger) => cancelPacket(ledger, key));
  }
}
