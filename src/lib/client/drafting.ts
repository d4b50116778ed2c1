import type { Codec } from '../codec/codec.ts';
import { judgeRecords } from '../codec/encode/judge.ts';
import type { Contract, RouteSpec } from '../contract/contract.ts';
import { CrudpError } from '../errors.ts';
import type { ReqId, RequestPacket } from '../packet.ts';
import type { CallOptions, Dependency } from './client-types.ts';
import { copyRecords, isListLike } from './copy-records.ts';
import type { DependencyFacts, Draft } from './enqueue.ts';
import { PendingOperation } from './operation.ts';
import type { PacketKey } from './storage.ts';
import { type InlineLimits, takeFiles } from './uploads/take-files.ts';

const readExpiresMs = 30_000;

export interface DraftFacts {
  readonly now: number;
  readonly limits: InlineLimits;
  /** Whether the transport takes files that are too large for the packet. */
  readonly canUpload: boolean;
  /** 32 hex digits. */
  readonly newUploadId: () => string;
}

/**
 * Judges a call's records and takes a copy of them. `bytes` is not known yet: the codec may still be loading.
 *
 * @throws {CrudpError} `invalid`, with issues; `too_large`.
 * @throws {TypeError} for a call that the types would not have let pass.
 */
export function draftOf(
  contract: Contract,
  route: RouteSpec,
  given: readonly unknown[],
  options: CallOptions,
  group: object | null,
  { now, limits, canUpload, newUploadId }: DraftFacts,
): Draft {
  const { input } = route;
  if (!input && given.length > 0) throw new TypeError(`[no_input] ${route.handler}.${route.action} takes no records`);
  const { records, uploads, toRead, faults } = takeFiles(input, given, limits, newUploadId);
  const issues = input ? [...judgeRecords(input, records), ...faults] : [];
  const [first] = issues;
  if (first) {
    const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : '';
    throw new CrudpError('invalid', `${first.path.join('.')}: ${first.message}${more}`, { issues });
  }
  const [large] = uploads;
  if (large && !canUpload) {
    throw new CrudpError(
      'too_large',
      `${large.name || 'a file'} is too large for a packet, and there are no uploads here`,
    );
  }
  const { expiresInMs, expiresAt = route.action === 'read' ? now + readExpiresMs : undefined } = options;
  const dependencies = [options.after ?? []].flat().map(dependencyOf);
  return {
    route: route.route,
    records: input ? copyRecords(input, records) : [],
    contract: contract.version,
    bytes: 0,
    expiresAt: expiresInMs === undefined ? expiresAt : now + expiresInMs,
    uploads,
    toRead,
    group,
    after: () => dependencies.map((facts) => facts()),
  };
}

/** One record or many, as the call's argument has them. */
export function manyOf(route: RouteSpec, given: unknown): readonly unknown[] {
  if (given === undefined && !route.input) return [];
  if (Array.isArray(given)) return given;
  if (route.input && isListLike(route.input)) {
    throw new TypeError(`[not_an_array] ${route.handler}.${route.action} takes an array of records`);
  }
  return [given];
}

/**
 * Judges drafts as a frame of their own would be, together where they are an atomic group.
 *
 * @returns The drafts with their sizes.
 * @throws {EncodeError} `unencodable`.
 */
export function measured(codec: Codec, contract: Contract, drafts: readonly Draft[]): Draft[] {
  const size = (packets: readonly RequestPacket[]): number =>
    codec.encodeRequest(contract, { outbox: '0000000000000001', first: 1, oldest: 0, packets }).length;
  const packets = drafts.map(({ route, records }, index) => ({ seq: index + 1, route, records }));
  if (drafts.length > 1 && drafts[0]?.group) size(packets);
  return drafts.map((draft) => ({ ...draft, bytes: size([{ seq: 1, route: draft.route, records: draft.records }]) }));
}

function dependencyOf(dependency: Dependency): () => DependencyFacts {
  if (dependency instanceof PendingOperation) {
    return () => ({ key: dependency.key, ...(dependency.wasOk !== undefined && { wasOk: dependency.wasOk }) });
  }
  const name = typeof dependency === 'string' ? dependency : dependency.reqId;
  const key = keyOf(name ?? '');
  if (!key) throw new TypeError(`[bad_dependency] ${String(name)} is neither an operation nor a ReqID`);
  return () => ({ key });
}

/** @returns null for a text that is no ReqID. */
export function keyOf(reqId: ReqId): PacketKey | null {
  const [, outbox, seq] = /^([0-9a-f]{16})\.([1-9]\d{0,15})$/.exec(reqId) ?? [];
  return outbox === undefined ? null : { outbox, seq: Number(seq) };
}
