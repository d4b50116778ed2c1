import type { Codec } from '../codec/codec.ts';
import type { Contract, RouteSpec } from '../contract/contract.ts';
import { type Action, actionOf, type ReqId, reqIdOf } from '../packet.ts';
import type { Audience, Context, RefusalFacts } from './context.ts';
import type { Effect, Identity } from './journal.ts';
import { type LogAppend, userLog } from './journal-log.ts';
import { type Refusal, RetryLater, refuse } from './refusal.ts';

export interface PacketFacts {
  readonly identity: Identity;
  readonly outbox: string;
  readonly seq: number;
  readonly spec: RouteSpec;
  readonly attempt: number;
  readonly signal: AbortSignal;
  readonly http?: Context['http'] | undefined;
}

/** The context of one packet, and what its handler asked to be committed with its result. */
export class PacketContext implements Context {
  readonly user: string;
  readonly roles: readonly string[];
  readonly meta: unknown;
  readonly reqId: ReqId;
  readonly handler: string;
  readonly action: Action;
  readonly attempt: number;
  readonly signal: AbortSignal;
  declare readonly http?: NonNullable<Context['http']>;
  private readonly contract: Contract;
  private readonly codec: Codec;
  private readonly collectedPushes: LogAppend[] = [];
  private readonly collectedEffects: Effect[] = [];
  private ended = false;

  constructor(contract: Contract, codec: Codec, { identity, outbox, seq, spec, attempt, signal, http }: PacketFacts) {
    this.contract = contract;
    this.codec = codec;
    this.user = identity.user;
    this.roles = identity.roles;
    this.meta = identity.meta;
    this.reqId = http ? '' : reqIdOf(outbox, seq);
    if (http) this.http = http;
    this.handler = spec.handler;
    this.action = actionOf(spec.route);
    this.attempt = attempt;
    this.signal = signal;
  }

  // Arrows, so that a handler may take the context apart: `({ fail, push }, records) => …`.
  readonly fail = (code: string, facts?: RefusalFacts): Refusal => refuse(this.contract, code, facts);

  readonly retryAfter = (delayMs: number): Error => new RetryLater(delayMs);

  readonly push = (to: Audience, route: string, records: readonly unknown[]): void => {
    this.refuseIfEnded('push');
    const number = routeNumber(this.contract, route);
    // Encoded now: later changes of the records do not count, and a wrong one is reported where it was pushed.
    const frame = this.codec.encodePush(this.contract, { packets: [{ route: number, records }] });
    for (const log of logsOf(to)) this.collectedPushes.push({ log, kind: 'push', frame });
  };

  readonly effect = (sql: string, params: readonly unknown[] = [], options: { expectChanges?: number } = {}): void => {
    this.refuseIfEnded('effect');
    this.collectedEffects.push({ sql, params: [...params], ...options });
  };

  /** Ends the time in which a handler may push and write. What came until then. */
  end(): { readonly pushes: readonly LogAppend[]; readonly effects: readonly Effect[] } {
    this.ended = true;
    return { pushes: this.collectedPushes, effects: this.collectedEffects };
  }

  private refuseIfEnded(what: string): void {
    // It would be lost without a word: the packet's result is on its way to the journal.
    if (this.ended) throw new TypeError(`[context_ended] ${what} after the handler of ${this.reqId} has returned`);
  }
}

/** The logs in which an audience hears of a push. */
export function logsOf(to: Audience): readonly string[] {
  if (to === 'all') return ['all'];
  if ('user' in to) return [userLog(to.user)];
  if ('role' in to) return [`role:${to.role}`];
  return [...new Set(to.users)].map(userLog);
}

export function routeNumber(contract: Contract, name: string): number {
  for (const { route, handler, action } of contract.routes.values()) {
    if (`${handler}.${action}` === name) return route;
  }
  throw new TypeError(`[bad_route] the contract has no ${JSON.stringify(name)}`);
}
