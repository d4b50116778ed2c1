import {
  KIND_REQUEST,
  KIND_RESPONSE,
  LIMIT_PACKETS,
  LIMIT_STRING_UNITS,
  MAX_STATUS,
  ROUTE_COUNT,
} from '../../../assembly/protocol.ts';
import type { ShapeTable } from '../contract/field.ts';
import { EncodeError } from '../errors.ts';
import type { PacketResult, PushPacket, RequestPacket } from '../packet.ts';
import { parseOutbox } from './outbox-text.ts';

/** A batch of any kind. */
export interface Writable {
  readonly kind: number;
  /** Absent in a push. */
  readonly outbox?: string;
  /** Sequence number of the first packet. */
  readonly first?: number;
  readonly oldest?: number;
  readonly packets: readonly (RequestPacket | PacketResult | PushPacket)[];
}

/**
 * Judges everything of a batch but its records' values, by the rules of A.3 and the default limits.
 *
 * @throws {EncodeError}
 */
export function judgeBatch(batch: Writable, table: ShapeTable): void {
  const { kind, packets } = batch;
  const name = kind === KIND_RESPONSE ? 'results' : 'packets';
  if (packets.length > LIMIT_PACKETS) throw new EncodeError(name, `more than ${LIMIT_PACKETS}`);
  if (kind !== KIND_REQUEST && packets.length === 0) throw new EncodeError(name, 'at least one is wanted');
  let last = -1;
  for (let i = 0; i < packets.length; i++) {
    const { route, records } = packets[i] as Writable['packets'][number];
    if (route === last || (records.length === 0 && isWhole(route, 0, ROUTE_COUNT - 1))) continue;
    const path = `${name}[${i}]`;
    if (!isWhole(route, 0, ROUTE_COUNT - 1))
      throw new EncodeError(`${path}.route`, `0 to ${ROUTE_COUNT - 1} is wanted`);
    const shape = table.get(route);
    if (shape === undefined) throw new EncodeError(`${path}.route`, `the contract has no route ${route}`);
    if (shape === null) throw new EncodeError(`${path}.records`, 'this route carries no records in this direction');
    last = route;
  }
  if (batch.outbox === undefined) return;
  if (!parseOutbox(batch.outbox)) {
    throw new EncodeError('outbox', '16 lower-case hex digits, not all 0, are wanted');
  }
  if (!isWhole(batch.first, 1, Number.MAX_SAFE_INTEGER))
    throw new EncodeError('first', 'a whole number from 1 is wanted');
  if (kind === KIND_REQUEST) judgeRequest(batch.first as number, batch.oldest, packets as readonly RequestPacket[]);
  else judgeResults(packets as readonly PacketResult[]);
}

function judgeRequest(first: number, oldest: number | undefined, packets: readonly RequestPacket[]): void {
  if (!isWhole(oldest, 0, first - 1)) throw new EncodeError('oldest', `0 to ${first - 1} is wanted`);
  let last = first - 1;
  let lastGroup = 0;
  let groups = 0;
  for (let i = 0; i < packets.length; i++) {
    const { seq, after, group = 0 } = packets[i] as RequestPacket;
    if (!isWhole(seq, last + 1, i === 0 ? first : Number.MAX_SAFE_INTEGER)) {
      throw new EncodeError(
        `packets[${i}].seq`,
        i === 0 ? `${first} (first) is wanted` : `more than ${last} is wanted`,
      );
    }
    last = seq;
    if (after !== undefined) judgeAfter(after, seq, i);
    if (group !== 0 && group !== lastGroup) {
      groups++;
      if (group !== groups) throw new EncodeError(`packets[${i}].group`, `0 or ${groups} is wanted`);
    }
    lastGroup = group;
  }
}

function judgeAfter(after: readonly number[], seq: number, i: number): void {
  let before = seq;
  for (const [j, other] of after.entries()) {
    if (!isWhole(other, 1, before - 1)) {
      throw new EncodeError(`packets[${i}].after[${j}]`, `1 to ${before - 1} is wanted`);
    }
    before = other;
  }
}

function judgeResults(results: readonly PacketResult[]): void {
  // Results mostly come in order; then none is there twice.
  let last = 0;
  let seen: Set<number> | undefined;
  for (let i = 0; i < results.length; i++) {
    const { seq, status, message } = results[i] as PacketResult;
    if (!isWhole(seq, 1, Number.MAX_SAFE_INTEGER)) {
      throw new EncodeError(`results[${i}].seq`, 'a whole number from 1 is wanted');
    }
    if (seq <= last) seen ??= new Set(results.slice(0, i).map((result) => result.seq));
    if (seen?.has(seq)) throw new EncodeError(`results[${i}].seq`, `${seq} is there twice`);
    seen?.add(seq);
    last = seq;
    if (!isWhole(status, 0, MAX_STATUS)) throw new EncodeError(`results[${i}].status`, `0 to ${MAX_STATUS} is wanted`);
    if (typeof message !== 'string') throw new EncodeError(`results[${i}].message`, 'a string is wanted');
    if (message.length > LIMIT_STRING_UNITS) throw new EncodeError(`results[${i}].message`, 'too long');
  }
}

function isWhole(value: unknown, least: number, most: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;
}
