import type { Clock } from '../clock.ts';
import type { Codec } from '../codec/codec.ts';
import type { Contract } from '../contract/contract.ts';
import { CrudpError, EncodeError } from '../errors.ts';
import { actionOf, type PacketResult, type RequestPacket, reqIdOf, Status } from '../packet.ts';
import { admit } from './admit.ts';
import type { BoundRoute } from './bound-routes.ts';
import type { Context } from './context.ts';
import { withDeadline } from './deadline.ts';
import type { PacketFiles } from './files/packet-files.ts';
import type { Effect, Identity } from './journal.ts';
import type { LogAppend } from './journal-log.ts';
import type { Log } from './log.ts';
import { PacketContext } from './packet-context.ts';
import { Refusal, RetryLater } from './refusal.ts';

/** A packet that has come to its result, and all that is to be committed with it. */
export interface Settled {
  readonly result: PacketResult;
  /** About how long a response frame of this result alone is. */
  readonly bytes: number;
  /** That frame, where it was made: encoding is what judges a handler's answer. */
  readonly frame?: Uint8Array;
  readonly pushes: readonly LogAppend[];
  readonly effects: readonly Effect[];
}

/** `aborted`: the server's shutdown cut the handler short; the packet runs again when the server is back. */
export type Outcome = Settled | { readonly retryMs: number } | 'aborted';

export interface InvokeDeps {
  readonly contract: Contract;
  readonly codec: Codec;
  readonly clock: Clock;
  readonly log: Log;
  readonly files: Pick<PacketFiles, 'receive'>;
  readonly now: () => number;
  readonly handlerTimeoutMs: number;
}

export interface Invocation {
  readonly route: BoundRoute;
  readonly packet: RequestPacket;
  readonly identity: Identity;
  readonly outbox: string;
  readonly attempt: number;
  /** Aborted when the server's grace period is over. */
  readonly signal: AbortSignal;
  /** Of a call; no packet is named then. */
  readonly http?: NonNullable<Context['http']>;
}

/** Judges the access rule and runs the handler. Never rejects: whatever is thrown becomes this packet's status. */
export async function invoke(deps: InvokeDeps, invocation: Invocation): Promise<Outcome> {
  const { clock, log, now, handlerTimeoutMs } = deps;
  const startedAt = now();
  const facts = factsOf(invocation);
  const state: CallState = { facts, isStarted: false };
  let outcome: Outcome;
  try {
    outcome = await withDeadline(
      (signal) => call(deps, invocation, signal, state),
      clock,
      handlerTimeoutMs,
      invocation.signal,
    );
  } catch (error) {
    outcome = failure(deps, invocation, facts, error);
  } finally {
    // Also that of a handler that is still at it when its time is over.
    state.ctx?.end();
  }
  if (outcome === 'aborted') log({ event: 'handler_aborted', ...facts });
  else if ('retryMs' in outcome) log({ event: 'retry_scheduled', delayMs: outcome.retryMs, ...facts });
  else if (!state.isStarted) log({ event: 'settled', user: facts.user, reqId: facts.reqId, status: statusOf(outcome) });
  else log({ event: 'handler_finished', status: statusOf(outcome), durationMs: now() - startedAt, ...facts });
  return outcome;
}

interface CallState {
  readonly facts: Facts;
  isStarted: boolean;
  ctx?: PacketContext;
}

async function call(deps: InvokeDeps, invocation: Invocation, signal: AbortSignal, state: CallState): Promise<Settled> {
  const { contract, codec, log } = deps;
  // Named one by one: copies made by spreading, then changed, take slow paths of V8: 4 µs a packet.
  const { route, packet, identity, outbox, attempt, http } = invocation;
  const { seq } = packet;
  const ctx = new PacketContext(contract, codec, { identity, outbox, seq, spec: route, attempt, signal, http });
  state.ctx = ctx;
  const admission = await admit(route, ctx, packet, deps.files);
  if ('status' in admission) return settleWith(invocation, admission.status, admission.message);
  state.isStarted = true;
  log({ event: 'handler_started', items: packet.records.length, ...state.facts });
  const answer = answerRecords(route, await route.code(ctx, admission.records));
  const result = { seq, route: packet.route, status: Status.ok, message: '', records: answer };
  const frame = codec.encodeResponse(contract, { outbox, results: [result] });
  const { pushes, effects } = ctx.end();
  return { result, frame, bytes: frame.length, pushes, effects };
}

/** What a thrown value makes of a packet. No error's text leaves the server but a refusal's. */
function failure({ log }: InvokeDeps, invocation: Invocation, facts: Facts, error: unknown): Outcome {
  if (error instanceof Refusal) return settleWith(invocation, error.status, error.resultMessage);
  if (error instanceof RetryLater) return { retryMs: error.delayMs };
  const isTimeout = error instanceof CrudpError && error.code === 'handler_timeout';
  if (invocation.signal.aborted && !isTimeout) return 'aborted';
  if (error instanceof EncodeError) log({ event: 'output_rejected', path: error.path, error, ...facts });
  else log({ event: 'handler_failed', error, ...facts });
  return settleWith(invocation, Status.internal);
}

export function settleWith({ packet }: { packet: RequestPacket }, status: number, message = ''): Settled {
  const { seq, route } = packet;
  // UTF-8 takes up to three bytes a unit.
  const bytes = 16 + 3 * message.length;
  return { result: { seq, route, status, message, records: [] }, bytes, pushes: [], effects: [] };
}

type Facts = ReturnType<typeof factsOf>;

function factsOf({ route, packet, identity, outbox, attempt, http }: Invocation) {
  const { user } = identity;
  return {
    user,
    reqId: http ? '' : reqIdOf(outbox, packet.seq),
    handler: route.handler,
    action: actionOf(route.route),
    attempt,
  };
}

export function answerRecords(route: BoundRoute, answer: unknown): readonly unknown[] {
  // An action without an output shape answers nothing, whatever an arrow function happens to return.
  if (route.output === null) return [];
  if (!Array.isArray(answer)) throw new EncodeError('results[0].records', 'the handler answers no array');
  return answer;
}

function statusOf({ result }: Settled): number {
  return result.status;
}
