import type { Codec } from '../codec/codec.ts';
import type { Contract } from '../contract/contract.ts';
import { EncodeError } from '../errors.ts';
import { type PacketResult, type RequestPacket, Status } from '../packet.ts';
import { mayCall } from './access.ts';
import type { BoundRoute } from './bound-routes.ts';
import type { Effect, Identity, LogAppend } from './journal.ts';
import type { Log } from './log.ts';
import { PacketContext } from './packet-context.ts';
import { Refusal, RetryLater } from './refusal.ts';

/** A packet that has come to its result, and all that is to be committed with it. */
export interface Settled {
  readonly result: PacketResult;
  /** A response frame of this result alone. */
  readonly frame: Uint8Array;
  readonly pushes: readonly LogAppend[];
  readonly effects: readonly Effect[];
}

export type Outcome = Settled | { readonly retryMs: number };

export interface InvokeDeps {
  readonly contract: Contract;
  readonly codec: Codec;
  readonly log: Log;
  readonly now: () => number;
}

export interface Invocation {
  readonly route: BoundRoute;
  readonly packet: RequestPacket;
  readonly identity: Identity;
  readonly outbox: string;
  readonly attempt: number;
  readonly signal: AbortSignal;
}

/** Judges the access rule and runs the handler. Never rejects: whatever is thrown becomes this packet's status. */
export async function invoke(deps: InvokeDeps, invocation: Invocation): Promise<Outcome> {
  const { contract, codec, log, now } = deps;
  const { route, packet, outbox } = invocation;
  const ctx = new PacketContext(contract, codec, { ...invocation, seq: packet.seq, spec: route });
  const facts = {
    user: ctx.user,
    reqId: ctx.reqId,
    handler: ctx.handler,
    action: ctx.action,
    attempt: ctx.attempt,
  };
  const startedAt = now();
  let isStarted = false;
  const settle = (status: number, message = '', records: readonly unknown[] = []): Settled => {
    const result = { seq: packet.seq, route: packet.route, status, message, records };
    return { result, frame: codec.encodeResponse(contract, { outbox, results: [result] }), pushes: [], effects: [] };
  };
  const run = async (): Promise<Outcome> => {
    try {
      if (!(await mayCall(route.access, ctx, packet.records))) return settle(Status.denied);
      isStarted = true;
      log({ event: 'handler_started', items: packet.records.length, ...facts });
      const answer = await route.code(ctx, [...packet.records]);
      return { ...settle(Status.ok, '', answerRecords(route, answer)), ...ctx.end() };
    } catch (error) {
      if (error instanceof Refusal) return settle(error.status, error.resultMessage);
      if (error instanceof RetryLater) return { retryMs: error.delayMs };
      if (error instanceof EncodeError) log({ event: 'output_rejected', path: error.path, error, ...facts });
      else log({ event: 'handler_failed', error, ...facts });
      return settle(Status.internal);
    } finally {
      ctx.end();
    }
  };
  const outcome = await run();
  if ('retryMs' in outcome) log({ event: 'retry_scheduled', delayMs: outcome.retryMs, ...facts });
  else if (!isStarted) log({ event: 'settled', user: ctx.user, reqId: ctx.reqId, status: outcome.result.status });
  else log({ event: 'handler_finished', status: outcome.result.status, durationMs: now() - startedAt, ...facts });
  return outcome;
}

function answerRecords(route: BoundRoute, answer: unknown): readonly unknown[] {
  // An action without an output shape answers nothing, whatever an arrow function happens to return.
  if (route.output === null) return [];
  if (!Array.isArray(answer)) throw new EncodeError('results[0].records', 'the handler answers no array');
  return answer;
}
