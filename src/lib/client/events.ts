import type { InputWrite, OutputRead } from '../contract/contract.ts';
import type { CrudpError } from '../errors.ts';
import type { Action, ReqId } from '../packet.ts';
import { guarded } from './guarded.ts';

interface EventBase {
  readonly handler: string;
  readonly action: Action;
}

/** A packet is on this device's disk, enqueued by this page or by another one on the same storage. */
export interface QueuedEvent<In> extends EventBase {
  readonly kind: 'queued';
  readonly reqId: ReqId;
  readonly records: readonly In[];
  /** The packet's former name, where it had to move to a new outbox. */
  readonly replaces?: ReqId;
}

/** A packet of this device has ended well. */
export interface ConfirmedEvent<In, Out> extends EventBase {
  readonly kind: 'confirmed';
  readonly reqId: ReqId;
  /** What was sent. */
  readonly records: readonly In[];
  /** What was answered. */
  readonly result: readonly Out[];
  /** `unreadable`: it ended well, but this page's contract cannot read the answer; `result` is empty. */
  readonly error?: CrudpError;
}

/** A packet of this device has ended otherwise: by the server's word, or here (`cancelled`, `expired`, `skipped` …). */
export interface RejectedEvent<In> extends EventBase {
  readonly kind: 'rejected';
  readonly reqId: ReqId;
  readonly records: readonly In[];
  readonly error: CrudpError;
}

/** A packet of another device of the same user has ended well. */
export interface RemoteEvent<Out> extends EventBase {
  readonly kind: 'remote';
  readonly reqId: ReqId;
  readonly result: readonly Out[];
  readonly error?: CrudpError;
}

/** The server tells what somebody else did. */
export interface PushEvent<Out> extends EventBase {
  readonly kind: 'push';
  readonly result: readonly Out[];
  readonly error?: CrudpError;
}

/** What a page hears of an action. Each is heard once a page; again after a reload if the page ended before its handler returned. */
export type CrudpEvent<In = unknown, Out = unknown> =
  | QueuedEvent<In>
  | ConfirmedEvent<In, Out>
  | RejectedEvent<In>
  | RemoteEvent<Out>
  | PushEvent<Out>;

/** The events of an action of a contract. */
export type EventOf<S> = CrudpEvent<InputWrite<S>, OutputRead<S>>;

export type EventListener = (event: CrudpEvent) => void;

/** Who listens to which action. */
export class Listeners {
  readonly #byAction = new Map<string, Set<EventListener>>();
  readonly #onError: (error: unknown) => void;

  /** @param onError Told what a listener throws: it must not keep others from hearing, nor be lost. */
  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  /** @returns Ends it. */
  add(handler: string, action: Action, listener: EventListener): () => void {
    const key = `${handler}.${action}`;
    const listeners = this.#byAction.get(key) ?? new Set();
    this.#byAction.set(key, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  /** @returns Whether anybody listens. */
  emit(event: CrudpEvent): boolean {
    const listeners = [...(this.#byAction.get(`${event.handler}.${event.action}`) ?? [])];
    for (const listener of listeners) guarded(listener, this.#onError)(event);
    return listeners.length > 0;
  }
}
