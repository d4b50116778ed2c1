import { EncodeError } from '../errors.ts';
import { type PacketResult, type RequestPacket, Status } from '../packet.ts';
import { admit } from './admit.ts';
import type { BoundRoute } from './bound-routes.ts';
import { withDeadline } from './deadline.ts';
import { answerRecords, type Invocation, type InvokeDeps, type Settled, settleWith } from './invoke.ts';
import { PacketContext } from './packet-context.ts';

/** Packets of one route that share a call: nobody's first try is behind him, so all are begun for the first time. */
export interface SharedInvocation extends Omit<Invocation, 'packet' | 'attempt'> {
  readonly route: BoundRoute;
  readonly packets: readonly RequestPacket[];
}

/**
 * Calls a handler once with the records of many packets (`coalesce`), and gives each packet its share of the answer.
 *
 * @returns A result for each packet; pushes and effects stand with the first that ran. null: something was thrown or not
 *   to be used, nothing of it counts, and the packets are to be run one by one.
 */
export async function invokeTogether(deps: InvokeDeps, invocation: SharedInvocation): Promise<Settled[] | null> {
  const { clock, log, now, handlerTimeoutMs } = deps;
  const { packets, route, identity } = invocation;
  const startedAt = now();
  const state: CallState = {};
  const facts = { user: identity.user, handler: route.handler, packets: packets.length };
  try {
    const run = (signal: AbortSignal) => call(deps, { ...invocation, signal }, state);
    const settled = await withDeadline(run, clock, handlerTimeoutMs, invocation.signal);
    log({ event: 'call_finished', durationMs: now() - startedAt, ...facts });
    return settled;
  } catch (error) {
    log({ event: 'call_split', error, ...facts });
    return null;
  } finally {
    state.ctx?.end();
  }
}

interface CallState {
  ctx?: PacketContext;
}

async function call(deps: InvokeDeps, invocation: SharedInvocation, state: CallState): Promise<Settled[]> {
  const { route, packets } = invocation;
  const refused = new Map<RequestPacket, Settled>();
  const records: unknown[] = [];
  for (const packet of packets) {
    const admission = await admit(route, contextOf(deps, invocation, packet), packet, deps.files);
    if ('records' in admission) for (const record of admission.records) records.push(record);
    else refused.set(packet, settleWith({ packet }, admission.status, admission.message));
  }
  const running = packets.filter((packet) => !refused.has(packet));
  const [first] = running;
  if (!first) return packets.map((packet) => refused.get(packet) as Settled);
  const ctx = contextOf(deps, invocation, first);
  state.ctx = ctx;
  const answer = answerRecords(route, await route.code(ctx, records));
  const results = share(running, answer, route.output !== null);
  // Judges the answer; the frame itself is made again with what is committed beside it.
  const frame = deps.codec.encodeResponse(deps.contract, { outbox: invocation.outbox, results });
  const own = new Map(results.map((result) => [result.seq, result]));
  return packets.map((packet) => {
    const result = own.get(packet.seq);
    if (!result) return refused.get(packet) as Settled;
    const asked = packet === first ? ctx.end() : { pushes: [], effects: [] };
    return { result, bytes: frame.length / results.length, ...asked };
  });
}

/** @throws {EncodeError} */
function share(packets: readonly RequestPacket[], answer: readonly unknown[], hasOutput: boolean): PacketResult[] {
  const count = packets.reduce((sum, { records }) => sum + records.length, 0);
  if (hasOutput && answer.length !== count) {
    throw new EncodeError('results', `${answer.length} records answer ${count}`);
  }
  let place = 0;
  return packets.map(({ seq, route, records: { length } }) => {
    place += length;
    return { seq, route, status: Status.ok, message: '', records: answer.slice(place - length, place) };
  });
}

function contextOf({ contract, codec }: InvokeDeps, invocation: SharedInvocation, { seq }: RequestPacket) {
  return new PacketContext(contract, codec, { ...invocation, attempt: 1, seq, spec: invocation.route });
}
