import { EncodeError } from '../errors.ts';
import { type RequestPacket, Status } from '../packet.ts';
import { mayCall } from './access.ts';
import type { BoundRoute } from './bound-routes.ts';
import { withDeadline } from './deadline.ts';
import { answerRecords, type Invocation, type InvokeDeps, type Settled, settleWith, validRecords } from './invoke.ts';
import { PacketContext } from './packet-context.ts';
import { issuesMessage } from './refusal.ts';

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
  const { contract, codec, clock, log, now, handlerTimeoutMs } = deps;
  const { route, packets, outbox, signal: shutdown } = invocation;
  const startedAt = now();
  const settled = new Map<RequestPacket, Settled>();
  const facts = { user: invocation.identity.user, handler: route.handler };
  try {
    await withDeadline(
      async (signal) => {
        const running: { packet: RequestPacket; count: number }[] = [];
        const records: unknown[] = [];
        for (const packet of packets) {
          const own = contextOf(deps, { ...invocation, signal }, packet);
          const verdict = await admit(route, own, packet, records);
          if (verdict) settled.set(packet, verdict);
          else running.push({ packet, count: packet.records.length });
        }
        const [first] = running;
        if (!first) return;
        const ctx = contextOf(deps, { ...invocation, signal }, first.packet);
        try {
          const answer = answerRecords(route, await route.code(ctx, records));
          if (route.output !== null && answer.length !== records.length) {
            throw new EncodeError('results', `${answer.length} records answer ${records.length}`);
          }
          let place = 0;
          const results = running.map(({ packet: { seq, route: number }, count }) => {
            const own = answer.slice(place, place + count);
            place += count;
            return { seq, route: number, status: Status.ok, message: '', records: own };
          });
          // Judges the answer; the frame itself is made again with what is committed beside it.
          const bytes = codec.encodeResponse(contract, { outbox, results }).length / results.length;
          const nothing = { pushes: [], effects: [] };
          for (const [index, { packet }] of running.entries()) {
            const result = results[index] as (typeof results)[number];
            settled.set(packet, { result, bytes, ...(index === 0 ? ctx.end() : nothing) });
          }
        } finally {
          ctx.end();
        }
      },
      clock,
      handlerTimeoutMs,
      shutdown,
    );
  } catch (error) {
    log({ event: 'call_split', packets: packets.length, error, ...facts });
    return null;
  }
  log({ event: 'call_finished', packets: packets.length, durationMs: now() - startedAt, ...facts });
  return packets.map((packet) => settled.get(packet) as Settled);
}

function contextOf({ contract, codec }: InvokeDeps, invocation: SharedInvocation, { seq }: RequestPacket) {
  return new PacketContext(contract, codec, { ...invocation, attempt: 1, seq, spec: invocation.route });
}

/** Adds a packet's records to those of the call, or says why it has no part in it. */
async function admit(
  route: BoundRoute,
  ctx: PacketContext,
  packet: RequestPacket,
  records: unknown[],
): Promise<Settled | null> {
  if (!(await mayCall(route.access, ctx, packet.records))) return settleWith({ packet }, Status.denied);
  const valid = await validRecords(route, packet.records);
  if ('issues' in valid) return settleWith({ packet }, Status.invalid, issuesMessage(valid.issues));
  records.push(...valid);
  return null;
}
