import type { Issue } from './errors.ts';

/** The four actions, in the order of their numbers on the wire. */
export const actions = ['create', 'read', 'update', 'delete'] as const;
export type Action = (typeof actions)[number];

/** handler * 4 + action: what a packet is addressed to. */
export type Route = number;

export function routeOf(handler: number, action: Action): Route {
  return handler * 4 + actions.indexOf(action);
}

export function handlerOf(route: Route): number {
  return route >> 2;
}

export function actionOf(route: Route): Action {
  return actions[route & 3] as Action;
}

/** One operation of a request. Its records succeed or fail together. */
export interface RequestPacket {
  /** Its number in the outbox, from 1. */
  readonly seq: number;
  readonly route: Route;
  readonly records: readonly unknown[];
  /** Sequence numbers of packets that must have ended well before this one runs; strictly descending. */
  readonly after?: readonly number[];
  /** Number of the atomic group in this batch, from 1; 0 or absent: none. */
  readonly group?: number;
}

/** Many packets of one outbox, in order (A.3). */
export interface BatchRequest {
  /** 16 lower-case hex digits, not all 0. */
  readonly outbox: string;
  /** Sequence number of the first packet, or the next one to be used where there is none. */
  readonly first: number;
  /** first - o, where o is the lowest number still needed; 0 when there is none below `first`. */
  readonly oldest: number;
  readonly packets: readonly RequestPacket[];
}

/** A packet's terminal answer. */
export interface PacketResult {
  readonly seq: number;
  readonly route: Route;
  /** 0 ok, else a status code (C.5). */
  readonly status: number;
  /** '' for none. */
  readonly message: string;
  readonly records: readonly unknown[];
}

/** Many results of one outbox, in any order. */
export interface BatchResponse {
  readonly outbox: string;
  readonly results: readonly PacketResult[];
}

/** Something that was created, read, updated or deleted by somebody else. */
export interface PushPacket {
  readonly route: Route;
  readonly records: readonly unknown[];
}

export interface PushBatch {
  readonly packets: readonly PushPacket[];
}

/** Why a packet's records were not read (A.4). */
export type Mark = 'contract_mismatch' | 'unsupported';

/** What decoding adds to a packet: `mark` and `items` where its group was not read (`records` is then empty). */
export interface Reading {
  readonly mark?: Mark;
  /** How many records it carries; set with `mark`. */
  readonly items?: number;
  /** Values their types do not allow; only with `invalidValues: 'mark'` (`records` is then empty). */
  readonly issues?: readonly Issue[];
}

export interface DecodedRequest extends BatchRequest {
  readonly packets: readonly (RequestPacket & Reading)[];
}
export interface DecodedResponse extends BatchResponse {
  readonly results: readonly (PacketResult & Reading)[];
}
export interface DecodedPush extends PushBatch {
  readonly packets: readonly (PushPacket & Reading)[];
}

/** A ReqID: the public name of a packet, `<outbox>.<seq>`. */
export type ReqId = string;

export function reqIdOf(outbox: string, seq: number): ReqId {
  return `${outbox}.${seq}`;
}

/** Status codes of C.5; 256 and above are the application's own. */
export const Status = {
  ok: 0,
  failed: 1,
  invalid: 2,
  denied: 3,
  not_found: 4,
  conflict: 5,
  skipped: 6,
  rolled_back: 7,
  unsupported: 8,
  contract_mismatch: 9,
  expired: 10,
  exhausted: 11,
  poison: 12,
  internal: 13,
  too_large: 14,
  forgotten: 15,
} as const;
export type StatusName = keyof typeof Status;

/** A packet of a request without its records. */
export interface PacketHead {
  readonly seq: number;
  readonly route: Route;
  /** How many records it carries. */
  readonly items: number;
  readonly after: readonly number[];
  readonly group: number;
}

/** A request without its records. */
export interface RequestHead {
  readonly outbox: string;
  readonly first: number;
  readonly oldest: number;
  readonly packets: readonly PacketHead[];
}
