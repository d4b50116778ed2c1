import type { CrudpError } from '../errors.ts';
import type { Route } from '../packet.ts';

/**
 * Where a client keeps its outbox: a few tables behind transactions. One storage may hold several users' rows, and several
 * clients may be connected to it at once, in one page or in many; each reads its own user's rows only.
 */
export interface Storage {
  /**
   * Names what is stored, so that pages on the same of it can agree on a leader by Web Locks; null where no other page
   * can be connected to it, or could not be told anything. To be asked after `durability`, which finds that out.
   */
  readonly scope: string | null;
  /** Asks the platform, now. */
  durability(): Promise<Durability>;
  /**
   * `storage_lost`, where the platform says that it has thrown away what was stored, as it does with damaged files: what was
   * saved and not answered is gone. To be asked after `durability`. Not every platform tells.
   */
  readonly lost?: CrudpError | undefined;
  /** Asks the platform, and by it the user perhaps, to keep what is stored. @returns What it has come to. */
  persist?(): Promise<Durability>;
  /** Where files are kept that are too large for a row; absent: there is no such place. */
  readonly largeFiles?: LargeFiles | undefined;
  /**
   * Opens at the first transaction, not now.
   *
   * @param hear Called with what other connections tell.
   */
  connect(hear: (note: unknown) => void): StorageConnection;
}

/** Contents of files by their upload's id. They are in no transaction: what no row names is swept. */
export interface LargeFiles {
  /** Files of so many bytes and more belong here. */
  readonly fromBytes: number;
  /** All of it is on disk when this resolves. @throws {CrudpError} `storage_full`, `storage_failed`. */
  put(upload: string, content: Blob): Promise<void>;
  get(upload: string): Promise<Blob | null>;
  /** Idempotent. */
  delete(upload: string): Promise<void>;
  /** Those that were put before a time, in ms since 1970 UTC. */
  list(before: number): Promise<readonly string[]>;
}

/** One client's access to a storage. */
export interface StorageConnection {
  /**
   * Runs `work` on a consistent view.
   *
   * @param work Awaits nothing but the transaction's own methods: IndexedDB ends a transaction that waits for anything else.
   * @throws {CrudpError} `storage_failed`.
   */
  read<T>(work: (tx: ReadTransaction) => Promise<T>): Promise<T>;
  /**
   * Runs `work` alone: other writers, in other pages too, come before or after it. All of it is on disk when this resolves,
   * and nothing of it where this rejects, whether the storage or `work` threw.
   *
   * @throws {CrudpError} `storage_full` (retryable), `storage_failed`, `storage_newer` (a page of a newer version has
   *   changed what this one cannot read any more); and what `work` throws.
   */
  write<T>(work: (tx: WriteTransaction) => Promise<T>): Promise<T>;
  /** Tells the other connections. Best effort: a page that is frozen or has not connected hears nothing. */
  tell(note: unknown): void;
  /** Idempotent. Transactions that have begun come to their end; later ones reject with `storage_failed`. */
  close(): void;
}

/** `memory`: until the page ends; `best_effort`: until the browser needs the room; `persistent`: until the user deletes it. */
export type Durability = 'memory' | 'best_effort' | 'persistent';

export type Key = readonly (string | number)[];

/** Rows whose keys begin with `prefix`; where bounds are given, those whose next and last part lies between them. */
export interface KeyRange {
  readonly prefix: Key;
  /** Exclusive. */
  readonly above?: number;
  /** Inclusive. */
  readonly upTo?: number;
}

export interface ReadTransaction {
  get<T extends TableName>(table: T, key: Key): Promise<Tables[T] | undefined>;
  /** Rows in the order of their keys, the first `limit` of them. Each is the caller's own copy. */
  list<T extends TableName>(table: T, range: KeyRange, limit?: number): Promise<Tables[T][]>;
}

export interface WriteTransaction extends ReadTransaction {
  /** Adds a row, or replaces the one of the same key. A failure shows in `write`. */
  put<T extends TableName>(table: T, row: Tables[T]): void;
  delete(table: TableName, key: Key): void;
  deleteAll(table: TableName, range: KeyRange): void;
}

/** The rows, and by `keyPaths` what their keys are. */
export interface Tables {
  readonly users: UserRow;
  readonly outboxes: OutboxRow;
  readonly packets: PacketRow;
  readonly waits: WaitRow;
  readonly feed: FeedRow;
  readonly parked: ParkedRow;
  readonly files: FileRow;
}
export type TableName = keyof Tables;

export const keyPaths = {
  users: ['user'],
  outboxes: ['user', 'outbox'],
  packets: ['user', 'outbox', 'seq'],
  waits: ['user', 'outbox', 'seq', 'waiterOutbox', 'waiterSeq'],
  feed: ['user', 'id'],
  parked: ['user', 'outbox', 'seq'],
  files: ['user', 'upload'],
} as const satisfies { readonly [T in TableName]: readonly (keyof Tables[T])[] };

export const tableNames = Object.keys(keyPaths) as readonly TableName[];

/** What belongs to a user and not to one outbox. */
export interface UserRow {
  readonly user: string;
  /** The outbox that takes new packets. */
  readonly outbox: string;
  /** The stream's cursor: what came before it is stored or was handed over. */
  readonly cursor: string | null;
  /** Number of the feed's last item; numbers have no gaps. */
  readonly feedEnd: number;
  /** Items of the feed up to this one were handed over by a page. */
  readonly feedHeard: number;
  /** Packets that wait for a result, without those that were discarded. */
  readonly queued: number;
  /** Packets that are parked. */
  readonly parked: number;
}

/** Where an outbox stands (PROTOCOL.md C.2), as far as the client knows. */
export interface Place {
  readonly epoch: string;
  readonly seq: number;
  readonly tag: string;
}

export const nowhere: Place = Object.freeze({ epoch: '0', seq: 0, tag: '0' });

/** All packets up to a number, and when something happened to them. */
export interface Milestone {
  readonly upTo: number;
  /** ms since 1970 UTC. */
  readonly at: number;
}

/** A place that the outbox was at: by its tag the server's is known again, also in another epoch. */
export interface Acceptance extends Milestone {
  readonly tag: string;
}

export interface OutboxRow {
  readonly user: string;
  /** 16 hex digits. */
  readonly outbox: string;
  /** The number of the next packet. */
  readonly nextSeq: number;
  /** Packets up to its number are accepted. */
  readonly place: Place;
  /** Packets up to this number were in a POST, or are about to be. */
  readonly sentSeq: number;
  /** The server has been told that results below this number are stored here. */
  readonly acknowledged: number;
  /** First sends, ascending, as far back as packets wait. One for each POST, so that a POST costs one row and not one a packet. */
  readonly sends: readonly Milestone[];
  readonly accepts: readonly Acceptance[];
  /** POSTs of packets that are not accepted yet. */
  readonly attempts: number;
}

/** A packet whose result is not stored. */
export interface PacketRow {
  readonly user: string;
  readonly outbox: string;
  readonly seq: number;
  readonly route: Route;
  /** As the caller gave them, by the shape of `contract`. */
  readonly records: readonly unknown[];
  /** Version of the contract by which they were judged. */
  readonly contract: number;
  /** 16 hex digits. */
  readonly tag: string;
  /** Packets it waits for that have no result yet; once sent, those that had none then. */
  readonly after: readonly PacketKey[];
  /** One of them ended badly after this one was sent: the server will skip it. */
  readonly isDoomed: boolean;
  /** Sequence number of the first packet of its atomic group; 0: none. */
  readonly group: number;
  /** Length of its frame, were it alone. */
  readonly bytes: number;
  readonly queuedAt: number;
  /** ms since 1970 UTC: not sent for the first time after that. */
  readonly expiresAt?: number;
  /** Its files that go by upload. */
  readonly uploads?: readonly UploadFile[];
  /** Given up by the application after it was sent: kept, unseen, until its result tells what became of it. */
  readonly isDiscarded?: true;
}

/** A file whose content goes by upload. */
export interface UploadFile {
  /** Its id: 32 hex digits. */
  readonly upload: string;
  readonly name: string;
  /** Bytes. */
  readonly size: number;
}

/** The content of such a file, there as long as its packet. */
export interface FileRow extends UploadFile {
  readonly user: string;
  /** null: it is in the storage's `largeFiles`. */
  readonly content: Blob | null;
  /** ms since 1970 UTC. */
  readonly at: number;
}

/** A packet that the server could not read (`contract_mismatch`, `unsupported`): kept for another try, or to be discarded. */
export interface ParkedRow extends PacketRow {
  readonly status: number;
  readonly parkedAt: number;
}

export interface PacketKey {
  readonly outbox: string;
  readonly seq: number;
}

/** That one packet waits for another: there from the enqueuing until the waiting one has its result. */
export interface WaitRow extends PacketKey {
  readonly user: string;
  readonly waiterOutbox: string;
  readonly waiterSeq: number;
}

/** What every page is to hear, in this order: a transaction's items together, as a row for each would cost far more. */
export interface FeedRow {
  readonly user: string;
  /** Number of its last item. */
  readonly id: number;
  readonly at: number;
  readonly items: readonly FeedItem[];
}
export type FeedItem = ResultItem | RemoteItem | PushItem | MovedItem;

/** A packet has come to its end. */
export interface ResultItem extends PacketKey {
  readonly kind: 'result';
  readonly route: Route;
  /** What was sent. */
  readonly records: readonly unknown[];
  readonly status: number;
  readonly message: string;
  /** What was answered. */
  readonly result: readonly unknown[];
  /** The answer's records could not be read. */
  readonly isUnreadable: boolean;
  /** It never ran: it was cancelled here. */
  readonly isCancelled: boolean;
  /** The application gave it up; the server may run it. */
  readonly isDiscarded?: true;
}

/** A packet of another outbox of this user has ended well. */
export interface RemoteItem extends PacketKey {
  readonly kind: 'remote';
  readonly route: Route;
  readonly result: readonly unknown[];
  readonly isUnreadable: boolean;
}

export interface PushItem {
  readonly kind: 'push';
  readonly route: Route;
  readonly result: readonly unknown[];
  readonly isUnreadable: boolean;
}

/** A packet waits in another outbox from now on. */
export interface MovedItem extends PacketKey {
  readonly kind: 'moved';
  readonly route: Route;
  readonly records: readonly unknown[];
  readonly to: PacketKey;
}
