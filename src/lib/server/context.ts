import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Contract, ErrorNameOf, OutputWrite, RouteName, SpecOfRoute } from '../contract/contract.ts';
import type { CrudpError, Issue } from '../errors.ts';
import type { Action, ReqId, StatusName } from '../packet.ts';

/** Whom a push reaches. */
export type Audience =
  | { readonly user: string }
  | { readonly users: readonly string[] }
  | { readonly role: string }
  | 'all';

/** The refusals a handler may name: the contract's own and those of C.5 that are a handler's to give. */
export type Refusal<C> =
  | ErrorNameOf<C>
  | Extract<StatusName, 'failed' | 'invalid' | 'denied' | 'not_found' | 'conflict'>;

export interface RefusalFacts {
  /** For a person; sent as the result's message, unless issues are given. */
  readonly message?: string;
  /** The value at fault, record index first; makes one issue of it. */
  readonly path?: readonly (string | number)[];
  readonly issues?: readonly Issue[];
}

/** What a handler may know of the packet it runs. One per packet; not to be kept after the handler has returned. */
export interface Context<C extends Contract = Contract> {
  readonly user: string;
  readonly roles: readonly string[];
  readonly meta: unknown;
  /** The packet's public name; '' under /call, where there is no packet. */
  readonly reqId: ReqId;
  readonly handler: string;
  readonly action: Action;
  /** 1, or more when a process died while the packet ran, or the handler asked for another try. */
  readonly attempt: number;
  /** Aborted when the server shuts down and its grace period is over. */
  readonly signal: AbortSignal;
  /** Only under /call: the raw request and response. */
  readonly http?: { readonly request: IncomingMessage; readonly response: ServerResponse };

  /**
   * Makes the error that refuses the packet: `throw ctx.fail('email_taken', { path: [0, 'email'] })`.
   */
  fail(code: Refusal<C>, facts?: RefusalFacts): CrudpError;
  /** Makes the error that asks for another try of the packet, `delayMs` from now; the outbox waits. */
  retryAfter(delayMs: number): Error;
  /**
   * Tells others, once the packet has ended well: the push is committed with its result.
   *
   * @param route `handler.action`; records have its output shape.
   */
  push<R extends RouteName<C>>(to: Audience, route: R, records: readonly OutputWrite<SpecOfRoute<C, R>>[]): void;
  /**
   * A statement for the journal's database, run in the transaction that stores the packet's result: both happen, once, or
   * neither does. SQLite journal only.
   *
   * @param options `expectChanges`: the rows it must change; another number makes the packet fail with `conflict`.
   */
  effect(sql: string, params?: readonly unknown[], options?: { readonly expectChanges?: number }): void;
}
