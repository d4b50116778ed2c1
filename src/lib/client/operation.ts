import type { CrudpError } from '../errors.ts';
import { type ReqId, reqIdOf } from '../packet.ts';
import type { Observable } from './observable.ts';
import type { PacketKey, UploadFile } from './storage.ts';
import type { ProgressBoard, UploadProgress } from './uploads/progress.ts';

/**
 * A packet on its way, as its caller holds it. Its promises may be awaited or not: a failure that nobody awaits never
 * becomes an unhandled rejection.
 */
export interface Operation<Out = unknown> {
  /** Undefined until it is saved; another one after the packet had to move to a new outbox. */
  readonly reqId: ReqId | undefined;
  /**
   * Resolves once the packet is on this device's disk: from then on it is not lost.
   *
   * Rejects with a CrudpError: `invalid` (with `issues`) or `unencodable` where values do not fit, `storage_full`,
   * `storage_failed`, `closed`; nothing was enqueued then, and `result` rejects with the same.
   */
  readonly saved: Promise<ReqId>;
  /** Resolves once the packet is on the server's disk. Rejects as `result` does where the packet ends before that. */
  readonly accepted: Promise<void>;
  /**
   * The server's answer: output records, in the order of the input's where the handler keeps it. Minutes or days may pass,
   * but not a reload: after that, `on` hears the result.
   *
   * Rejects with a CrudpError whose `code` is the refusal's name.
   */
  readonly result: Promise<Out[]>;
  /** How far its uploads are, where it has files too large for the packet. */
  readonly progress: Observable<UploadProgress>;
  /**
   * Takes the packet out of the queue, with its atomic group; `result` then rejects with `cancelled`.
   *
   * @returns False where it was sent already, or has ended: then nothing is changed.
   */
  cancel(): Promise<boolean>;
}

/**
 * An operation and the means to bring it on; one page's, in memory. Its members are `private` and not `#private`: callers
 * keep operations in their own state, where Vue for one hands out a Proxy, which has no `#private` members.
 */
export class PendingOperation implements Operation {
  /** Where the packet is; null until its transaction has numbered it. */
  key: PacketKey | null = null;
  /** Whether the packet has ended well; undefined until it has ended. */
  wasOk: boolean | undefined;
  readonly saved: Promise<ReqId>;
  readonly accepted: Promise<void>;
  readonly result: Promise<unknown[]>;
  private isSaved = false;
  private readonly settle = { saved: settler<ReqId>(), accepted: settler<void>(), result: settler<unknown[]>() };
  /** Its files that go by upload. */
  uploads: readonly UploadFile[] = [];
  private observed: Observable<UploadProgress> | undefined;
  private readonly board: ProgressBoard;
  private readonly cancelIt: (operation: PendingOperation) => Promise<boolean>;

  constructor(board: ProgressBoard, cancel: (operation: PendingOperation) => Promise<boolean>) {
    this.board = board;
    this.saved = this.settle.saved.promise;
    this.accepted = this.settle.accepted.promise;
    this.result = this.settle.result.promise;
    this.cancelIt = cancel;
  }

  get reqId(): ReqId | undefined {
    return this.key && this.isSaved ? reqIdOf(this.key.outbox, this.key.seq) : undefined;
  }

  get progress(): Observable<UploadProgress> {
    this.observed ??= this.board.observe(this.uploads);
    return this.observed;
  }

  cancel(): Promise<boolean> {
    return this.cancelIt(this);
  }

  save({ outbox, seq }: PacketKey): void {
    this.isSaved = true;
    this.settle.saved.resolve(reqIdOf(outbox, seq));
  }

  accept(): void {
    this.settle.accepted.resolve();
  }

  end(records: unknown[]): void {
    this.wasOk = true;
    this.accept();
    this.settle.result.resolve(records);
  }

  /** @param wasOk It ended well, but there is no answer to give. */
  fail(error: CrudpError, wasOk = false): void {
    this.wasOk = wasOk;
    for (const { reject } of Object.values(this.settle)) reject(error);
  }
}

export function failAll(packets: readonly { readonly operation: PendingOperation }[], error: CrudpError): void {
  for (const { operation } of packets) operation.fail(error);
}

interface Settler<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

function settler<T>(): Settler<T> {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}
