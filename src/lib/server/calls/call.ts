import type { Codec } from '../../codec/codec.ts';
import { judgeRecords } from '../../codec/encode/judge.ts';
import type { Contract } from '../../contract/contract.ts';
import { CrudpError, DecodeError, EncodeError, type Issue } from '../../errors.ts';
import type { DecodeLimits } from '../../limits.ts';
import { type PacketResult, type RequestPacket, Status } from '../../packet.ts';
import { issuesIn } from '../../result-issues.ts';
import type { BoundRoute, BoundRoutes } from '../bound-routes.ts';
import type { CallRequest } from '../core.ts';
import { statusOfEffect } from '../effect-status.ts';
import { receiveFiles } from '../files/packet-files.ts';
import { type InvokeDeps, invoke, type Settled } from '../invoke.ts';
import type { Journal } from '../journal.ts';
import { RequestRefused } from '../refused.ts';
import type { Uploads } from '../uploads.ts';

export interface CallDeps extends InvokeDeps {
  readonly journal: Journal;
  readonly routes: BoundRoutes;
  readonly limits: DecodeLimits;
  readonly uploads: Uploads | null;
}

/** More tell the sender nothing new, and a body of 8 MiB could ask for as many millions. */
const maxIssues = 100;

/** Stands for a packet's name where none is seen. */
const nameless = { outbox: '0000000000000001', seq: 1 };

/**
 * Judges a call's records as those of a packet, and runs its handler.
 *
 * @param signal Aborted when the server's grace period is over.
 * @returns The handler's answer.
 * @throws {RequestRefused} What came of it otherwise: the code is a status' name.
 */
export async function call(deps: CallDeps, request: CallRequest, signal: AbortSignal): Promise<readonly unknown[]> {
  const { contract, codec } = deps;
  const { identity, http } = request;
  const route = deps.routes.get(request.route);
  if (!route) throw new RequestRefused(404, 'unsupported', 'this server does not run it');
  const packet = packetOf(deps, route, request.records);
  const find = (upload: string) => request.find(upload) ?? deps.uploads?.find(identity.user, upload) ?? null;
  const files = { receive: (own: RequestPacket) => receiveFiles(contract, own, find) };
  const invocation = { route, packet, identity, outbox: nameless.outbox, attempt: 1, signal, http };
  const outcome = await invoke({ ...deps, files }, invocation);
  if (outcome === 'aborted') throw new RequestRefused(503, 'draining', 'the server is closing');
  if ('retryMs' in outcome) {
    const retryAfterSeconds = Math.ceil(outcome.retryMs / 1000);
    throw new RequestRefused(503, 'retry_later', 'the handler asks for another try', { retryAfterSeconds });
  }
  if (outcome.result.status !== Status.ok) throw refusalOf(contract, outcome.result);
  await commit(deps, outcome);
  return answerIn(codec, deps, outcome);
}

/** As the records would arrive in a packet: defaults filled in, within the limits of a frame. */
function packetOf(
  { contract, codec, limits }: CallDeps,
  { route, input }: BoundRoute,
  records: readonly unknown[],
): RequestPacket {
  const issues = input ? judgeRecords(input, records, maxIssues) : [];
  if (issues.length > 0) throw invalid(issues);
  try {
    const batch = {
      outbox: nameless.outbox,
      first: 1,
      oldest: 0,
      packets: [{ seq: 1, route, records: input ? records : [] }],
    };
    const decoded = codec.decodeRequest(contract, codec.encodeRequest(contract, batch), { limits, copyBytes: true });
    return decoded.packets[0] as RequestPacket;
  } catch (error) {
    if (error instanceof EncodeError) throw invalid([{ path: [], message: error.message }]);
    if (!(error instanceof DecodeError)) throw error;
    throw new RequestRefused(413, 'too_large', 'more than a packet may hold');
  }
}

/** Pushes and effects stand before anybody is told that it went well. */
async function commit({ journal, contract, log }: CallDeps, { pushes, effects }: Settled): Promise<void> {
  if (pushes.length === 0 && effects.length === 0) return;
  const outcome = await journal.commit({ pushes, effects });
  if (outcome.kind !== 'effect_failed') return;
  const status = statusOfEffect(outcome);
  if (status === Status.internal) {
    log({ event: 'failed', where: 'effect of a call', error: new CrudpError('effect_failed', outcome.message) });
  }
  throw refusalOf(contract, { status, message: '' });
}

function answerIn(codec: Codec, { contract }: CallDeps, { frame, result }: Settled): readonly unknown[] {
  // Read back: as a client would see it, defaults and all.
  return frame ? (codec.decodeResponse(contract, frame).results[0]?.records ?? []) : result.records;
}

/** How HTTP says what came of a call; 422 for whatever is the application's own. */
const httpStatuses: Readonly<Record<string, number>> = {
  denied: 403,
  not_found: 404,
  conflict: 409,
  internal: 500,
};

function refusalOf(contract: Contract, { status, message }: Pick<PacketResult, 'status' | 'message'>): RequestRefused {
  const code = contract.errorName(status);
  const issues = issuesIn(status, message);
  const text = issues ? (issues[0]?.message ?? '') : message || (sentences[code] ?? 'the server refuses');
  return new RequestRefused(httpStatuses[code] ?? 422, code, text, { body: { ...(issues && { issues }) } });
}

const sentences: Readonly<Record<string, string>> = {
  denied: 'not allowed',
  internal: 'the server failed; its log says why',
  conflict: 'it does not fit what is there',
};

function invalid(issues: readonly Issue[]): RequestRefused {
  const [{ path, message }] = issues as [Issue];
  return new RequestRefused(422, 'invalid', `${path.join('.')}: ${message}`, {
    body: { issues: issues.slice(0, maxIssues) },
  });
}
