import type { ActionSpecs, HandlerSpecs, InputWrite, OutputRead } from '../contract/contract.ts';
import type { Action, ReqId } from '../packet.ts';
import type { EventOf } from './events.ts';
import type { Observable } from './observable.ts';
import type { Operation } from './operation.ts';
import type { OutboxEntry, OutboxSnapshot } from './outbox-view.ts';
import type { ClientStatus } from './status.ts';

export interface CallOptions {
  /** Packets, of this user, that must have ended well before this one runs; if one has not, this one ends as `skipped`. */
  readonly after?: Dependency | readonly Dependency[];
  /** Not sent for the first time later than so many milliseconds from now, but ended as `expired`. Default: 30 000 for reads, never for others. */
  readonly expiresInMs?: number;
  /** The same as a time, in ms since 1970 UTC by this device's clock; `expiresInMs` goes first. */
  readonly expiresAt?: number;
}
/** A packet: what a call gave, or its ReqID. */
export type Dependency = Operation<unknown> | ReqId;

/**
 * One record, or many in an array. Records that are arrays themselves, or may be (json), always stand in an array, as
 * nobody could tell one of them from many.
 */
type Given<In> = unknown extends In
  ? readonly In[]
  : [Extract<In, readonly unknown[]>] extends [never]
    ? In | readonly In[]
    : readonly In[];

/** A packet of any number of records, which succeed or fail together. */
type Call<S> = [InputWrite<S>] extends [never]
  ? (records?: readonly [], options?: CallOptions) => Operation<OutputRead<S>>
  : (records: Given<InputWrite<S>>, options?: CallOptions) => Operation<OutputRead<S>>;

/** A packet for each record, saved together, in order. */
type CallEach<S> = (records: readonly InputWrite<S>[], options?: CallOptions) => Operation<OutputRead<S>>[];

/** What may be asked of a handler. */
export type HandlerCalls<S extends ActionSpecs> = {
  readonly [A in keyof S & Action]: Call<S[A]>;
} & { readonly [A in keyof S & Action as `${A}Each`]: CallEach<S[A]> };

/** A handler, as a client has it. */
export type HandlerClient<S extends ActionSpecs> = HandlerCalls<S> & {
  /**
   * Hears what happens to records by this action: here, on the user's other devices, and by others as far as the server
   * pushes it.
   *
   * Register before the first await after `crudpClient`: what arrived while no page was open is handed out soon after.
   *
   * @returns Ends it.
   */
  on<A extends keyof S & Action>(action: A, listener: (event: EventOf<S[A]>) => void): () => void;
};

/** The handlers inside `atomic`. */
export type AtomicCalls<H extends HandlerSpecs> = { readonly [K in keyof H]: HandlerCalls<H[K]['actions']> };

/** A client of one contract, bound to one user. */
export type CrudpClient<H extends HandlerSpecs> = ClientBase<H> & {
  readonly [K in keyof H]: HandlerClient<H[K]['actions']>;
};

export interface ClientBase<H extends HandlerSpecs> {
  readonly status: Observable<ClientStatus>;
  /** The packets that wait, of all pages on the same storage. */
  readonly outbox: Observable<OutboxSnapshot> & {
    /** All of them: parked ones first, then in order. */
    list(): Promise<OutboxEntry[]>;
    /**
     * Tries again at once. A parked packet is enqueued anew, with its atomic group, under a new name; `on` hears it as
     * `queued`, with `replaces`. For any other it is the same as `client.retry()`.
     *
     * @returns The packet's present name.
     */
    retry(reqId: ReqId): Promise<ReqId>;
    /**
     * Gives a packet up, with its atomic group. One that was never sent is taken out of the queue, as by `cancel()`. One that
     * was sent is not shown and not told of any more, and its operation rejects with `discarded`: the server may have run
     * it or may still run it, and it may still be sent again, as the client cannot know. A parked one has ended before, and is
     * deleted.
     *
     * @returns False where no such packet waits.
     */
    discard(reqId: ReqId): Promise<boolean>;
  };
  /**
   * Enqueues the packets that `work` calls for as one atomic group: on the server all of them end well, or none does.
   *
   * @param work Called at once; its calls give operations as usual. What it throws is thrown, and nothing is enqueued.
   * @returns What `work` returns.
   */
  atomic<T>(work: (calls: AtomicCalls<H>) => T): T;
  /** To be called when the user has signed in again: ends `needs-auth`. */
  authenticated(): void;
  /** Tries again at once what waits for another try, as when the network is known to be back. Browsers' own hints are heard anyway. */
  retry(): void;
  /** Off: nothing is sent and no stream is held, in all pages on this storage; packets are still saved. */
  setOnline(isOnline: boolean): void;
  /** Ends it: operations of this page that have no result reject with `closed`; their packets stay in the outbox. */
  close(): Promise<void>;
}
