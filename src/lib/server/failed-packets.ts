import { EncodeError } from '../errors.ts';
import { type Action, actionOf, type PacketResult, type ReqId, reqIdOf, Status } from '../packet.ts';
import type { BoundRoutes } from './bound-routes.ts';
import { statusOfEffect } from './effect-status.ts';
import type { PacketFiles } from './files/packet-files.ts';
import { type InvokeDeps, invoke } from './invoke.ts';
import type { FailedPacket, FailureQuery, Journal, KeptFailure, PendingBatch } from './journal.ts';
import { type LogAppend, userLog } from './journal-log.ts';
import { RequestRefused } from './refused.ts';
import { type UnitDeps, type UnitPacket, unitsOf } from './units.ts';

/** A packet that came to nothing. */
export interface FailedPacketEntry {
  readonly user: string;
  readonly reqId: ReqId;
  readonly handler: string;
  readonly action: Action;
  readonly status: number;
  readonly message: string;
  /** As the client sent them. */
  readonly records: readonly unknown[];
  /** ms since 1970 UTC. */
  readonly at: number;
  /** For `after` of the next page. */
  readonly place: number;
}

export interface ListQuery {
  readonly user?: string;
  readonly status?: number;
  /** Default 100. */
  readonly limit?: number;
  /** `place` of the last entry of the page before. */
  readonly after?: number;
}

/** Which packet: its ReqID, and whose, since outboxes are numbered by their users. */
export interface FailedPacketKey {
  readonly user: string;
  readonly reqId: ReqId;
}

/** For operators: packets that came to nothing are kept until they are discarded, go well when run again, or are too old. */
export interface FailedPackets {
  list(query?: ListQuery): Promise<readonly FailedPacketEntry[]>;
  /**
   * Runs the packet's handler again, for the user who sent it, as a packet of the server's: its effects are committed, its
   * pushes are told, and what it answers is pushed to the user's devices. The result that the client got stays as it was.
   *
   * @returns The status it came to now; with 0 it is kept no longer. null: there is no such packet, or none any more when
   *   it had run: somebody else has discarded it, or run it again, and nothing of this run stands.
   */
  runAgain(key: FailedPacketKey): Promise<{ readonly status: number; readonly message: string } | null>;
  /** @returns Whether there was one. */
  discard(key: FailedPacketKey): Promise<boolean>;
}

export interface FailedPacketsDeps extends InvokeDeps, UnitDeps {
  readonly journal: Journal;
  readonly routes: BoundRoutes;
  readonly files: Pick<PacketFiles, 'receive' | 'ended'>;
}

/** @param signal Aborted when the server closes. */
export function createFailedPackets(deps: FailedPacketsDeps, signal: AbortSignal): FailedPackets {
  const { journal, codec, contract, log } = deps;

  const find = async ({ user, reqId }: FailedPacketKey): Promise<KeptFailure | undefined> => {
    const [, outbox, seq] = /^([0-9a-f]{16})\.(\d+)$/.exec(reqId) ?? [];
    if (!outbox) throw new TypeError(`[bad_req_id] ${JSON.stringify(reqId)} is no ReqID`);
    const [kept] = await journal.failures({ user, outbox, seq: Number(seq), limit: 1 });
    return kept;
  };

  const run = async (kept: KeptFailure): Promise<{ status: number; message: string } | null> => {
    const packet = packetOf(kept, deps);
    const route = deps.routes.get(packet.route);
    if (!route || packet.mark || packet.issues) return { status: Status[packet.mark ?? 'unsupported'], message: '' };
    const { identity, outbox, id } = kept;
    const outcome = await invoke(deps, { route, packet, identity, outbox, attempt: 1, signal });
    if (outcome === 'aborted') throw new RequestRefused(503, 'draining', 'the server is closing');
    if ('retryMs' in outcome) return { status: Status.exhausted, message: '' };
    const { result, pushes, effects } = outcome;
    if (result.status !== Status.ok) return result;
    const own: LogAppend[] = result.records.length > 0 ? [answerPush(kept.user, result)] : [];
    const committed = await journal.commit({ effects, pushes: [...pushes, ...own] }, id);
    if (committed.kind === 'gone') return null;
    if (committed.kind === 'effect_failed') return { status: statusOfEffect(committed), message: '' };
    await deps.files.ended(packet, kept, Status.ok);
    return { status: Status.ok, message: '' };
  };

  const answerPush = (user: string, { route, records }: PacketResult): LogAppend => {
    const frame = codec.encodePush(contract, { packets: [{ route, records }] });
    return { log: userLog(user), kind: 'push', frame };
  };

  return {
    async list({ limit = 100, ...query } = {}) {
      const kept = await journal.failures({ ...definite(query), limit });
      return kept.map((failure) => entryOf(failure, deps));
    },
    async runAgain(key) {
      const kept = await find(key);
      const outcome = kept ? await run(kept) : null;
      if (!outcome) return null;
      const { status, message } = outcome;
      log({ event: 'packet_rerun', user: key.user, reqId: key.reqId, status });
      return { status, message };
    },
    async discard(key) {
      const kept = await find(key);
      if (!kept || (await journal.discard([kept.id])) === 0) return false;
      await deps.files.ended(packetOf(kept, deps), kept, Status.ok);
      return true;
    },
  };
}

/**
 * What is to be kept of a packet with this result, which is one of `keptStatuses`.
 *
 * @returns null where it cannot be written: what could not be read, and what has grown beyond a frame's limits since,
 *   by a contract's defaults.
 */
export function failureOf(
  { codec, contract, log }: UnitDeps & Pick<InvokeDeps, 'log'>,
  outbox: string,
  { identity }: Pick<PendingBatch, 'identity'>,
  { seq, route, records, mark, issues }: UnitPacket,
  { status, message }: PacketResult,
): FailedPacket | null {
  if (mark || issues) return null;
  try {
    const frame = codec.encodeRequest(contract, { outbox, first: seq, oldest: 0, packets: [{ seq, route, records }] });
    return { seq, status, message, identity, contract: contract.version, frame };
  } catch (error) {
    if (!(error instanceof EncodeError)) throw error;
    log({ event: 'failed', where: `keeping ${reqIdOf(outbox, seq)}`, error });
    return null;
  }
}

function packetOf({ frame, contract, identity, seq }: KeptFailure, deps: UnitDeps): UnitPacket {
  const batch = { frame, contract, identity, from: seq, to: seq, receivedAt: 0 };
  const [unit] = unitsOf(batch, { next: seq, done: [] }, deps);
  return unit?.packets[0] as UnitPacket;
}

function entryOf(kept: KeptFailure, deps: UnitDeps): FailedPacketEntry {
  const { user, outbox, seq, status, message, at, id } = kept;
  const { route, records } = packetOf(kept, deps);
  const handler = deps.contract.routes.get(route)?.handler ?? '';
  return {
    user,
    reqId: reqIdOf(outbox, seq),
    handler,
    action: actionOf(route),
    status,
    message,
    records,
    at,
    place: id,
  };
}

function definite({ user, status, after }: ListQuery): Omit<FailureQuery, 'limit'> {
  return {
    ...(user !== undefined && { user }),
    ...(status !== undefined && { status }),
    ...(after !== undefined && { after }),
  };
}
