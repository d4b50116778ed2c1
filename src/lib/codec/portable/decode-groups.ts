import {
  BAD_COUNT,
  BAD_LENGTH,
  BAD_ORDER,
  GROUP_FIELDS_READ,
  GROUP_FIELDS_WRITTEN,
  GROUP_MISMATCH,
  GROUP_PROGRAM,
  GROUP_READ,
  GROUP_RECORDS_F64,
  GROUP_ROUTE,
  GROUP_SLOTS,
  GROUP_STATE,
  GROUP_TAIL,
  GROUP_TAIL_START,
  GROUP_UNSUPPORTED,
  GROUP_WORDS,
  KIND_REQUEST,
  LIMIT,
  OUT_OF_RANGE,
  PROGRAM_FIELDS,
  PROGRAM_HEAD,
  PROGRAM_NODES,
  ROUTE_COUNT,
  ROUTE_NO_SHAPE,
  ROUTE_UNKNOWN,
  SLOT_WORDS,
  TAPE_GROUP_RECORDS,
  TAPE_GROUPS,
} from '../../../../assembly/protocol.ts';
import { readColumn } from './decode-columns.ts';
import type { Reader } from './reader.ts';
import { refuse } from './refusal.ts';
import type { RouteSums } from './routes.ts';

/** What a frame's groups are judged by. */
export interface GroupRules {
  kind: number;
  /** Address of the route table. */
  routeTable: number;
  maxGroups: number;
  /** The whole budget of values (A.8), not what is left of it. */
  budget: number;
}

/**
 * Reads all groups (A.4), up to the blob tail.
 *
 * @param tape Word index of the tape.
 * @returns The sum of the groups' tails, rounded where it is beyond 2^53.
 */
export function readGroups(r: Reader, tape: number, routes: RouteSums, rules: GroupRules): number {
  const start = r.at;
  const count = r.count();
  if (count !== routes.distinct) refuse(BAD_COUNT, start);
  if (count > rules.maxGroups) refuse(LIMIT, start);
  const records = r.arena.take(4 * GROUP_WORDS * count);
  r.arena.u32[tape + TAPE_GROUPS] = count;
  r.arena.u32[tape + TAPE_GROUP_RECORDS] = records;
  let route = -1;
  let tails = 0;
  for (let i = 0; i < count; i++) {
    const at = r.at;
    const expected = routes.after(route);
    route = r.varint();
    if (route >= ROUTE_COUNT) refuse(OUT_OF_RANGE, at);
    if (route !== expected) refuse(BAD_ORDER, at);
    tails += readGroup(r, (records >>> 2) + i * GROUP_WORDS, route, routes.sumOf(route), tails, rules);
  }
  return tails;
}

/** @returns The bytes the group owns in the tail. */
function readGroup(r: Reader, group: number, route: number, n: number, tailStart: number, rules: GroupRules): number {
  const frameEnd = r.end;
  const lengthAt = r.at;
  const length = r.count();
  if (length > frameEnd - r.at) refuse(BAD_COUNT, lengthAt);
  const end = r.at + length;
  r.end = end;
  const tailAt = r.at;
  const tail = r.count();
  const fieldsAt = r.at;
  const written = r.count();
  if (written === 0 || 2 * written > end - r.at) refuse(BAD_COUNT, fieldsAt);
  const signs = r.take(2 * written);

  const entry = r.arena.u32[(rules.routeTable >>> 2) + route] as number;
  const known = entry !== ROUTE_UNKNOWN && entry !== ROUTE_NO_SHAPE;
  const program = known ? entry : 0;
  let state = known ? compare(r, program >>> 2, signs, written) : GROUP_UNSUPPORTED;
  if (state === GROUP_READ) {
    const fields = r.arena.u32[(program >>> 2) + PROGRAM_FIELDS] as number;
    const read = Math.min(fields, written);
    const { badOffset } = r;
    r.tailLeft = tail;
    r.tailAt = tailStart;
    const slots = readFields(r, program >>> 2, read, n);
    if (!chargeDefaults(r, (fields - read) * n, lengthAt, rules)) state = GROUP_MISMATCH;
    if (written <= fields) {
      if (r.at !== end) refuse(BAD_LENGTH, lengthAt);
      if (r.tailLeft !== 0) refuse(BAD_LENGTH, tailAt);
    }
    if (state === GROUP_READ) {
      r.arena.u32[group + GROUP_FIELDS_READ] = read;
      r.arena.u32[group + GROUP_SLOTS] = slots;
    } else {
      r.badOffset = badOffset;
    }
  }
  r.at = end;
  r.end = frameEnd;

  const { u32, f64 } = r.arena;
  u32[group + GROUP_ROUTE] = route;
  u32[group + GROUP_STATE] = state;
  f64[(group + GROUP_RECORDS_F64) >>> 1] = n;
  u32[group + GROUP_FIELDS_WRITTEN] = written;
  u32[group + GROUP_PROGRAM] = program;
  u32[group + GROUP_TAIL] = tail;
  u32[group + GROUP_TAIL_START] = tailStart;
  return tail;
}

/** Whether the fields written are those the reader knows, as far as both go, and what is missing may be missing. */
function compare(r: Reader, program: number, signs: number, written: number): number {
  const { u32 } = r.arena;
  const fields = u32[program + PROGRAM_FIELDS] as number;
  for (let i = 0; i < fields; i++) {
    const field = u32[program + PROGRAM_HEAD + 2 * i] as number;
    if (i >= written) {
      if (field >>> 16 !== 0) return GROUP_MISMATCH;
      continue;
    }
    if (r.view.getUint16(signs + 2 * i, true) !== (field & 0xffff)) return GROUP_MISMATCH;
  }
  return GROUP_READ;
}

/** Reads the columns of the first `count` fields. @returns The address of the group's slots. */
function readFields(r: Reader, program: number, count: number, n: number): number {
  const fields = r.arena.u32[program + PROGRAM_FIELDS] as number;
  const slots = r.arena.take(4 * SLOT_WORDS * (r.arena.u32[program + PROGRAM_NODES] as number));
  r.nodes = program + PROGRAM_HEAD + 2 * fields;
  r.slots = slots >>> 2;
  let node = 0;
  for (let i = 0; i < count; i++) node = readColumn(r, node, n, 1);
  return slots;
}

/**
 * Charges the values a reader makes for fields the writer did not know.
 *
 * @returns False where the group is to be marked instead: a reader of answers whose defaults alone exceed the budget would
 *   otherwise never get past a frame that is no fault of its writer's.
 */
function chargeDefaults(r: Reader, values: number, lengthAt: number, rules: GroupRules): boolean {
  if (values <= r.budget) {
    r.budget -= values;
    return true;
  }
  if (rules.kind === KIND_REQUEST || values <= rules.budget) refuse(LIMIT, lengthAt);
  return false;
}
