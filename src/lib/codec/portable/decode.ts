import {
  BAD_CHECKSUM,
  BAD_KIND,
  BAD_LENGTH,
  BAD_MAGIC,
  BAD_VERSION,
  LIMIT,
  MAGIC,
  MIN_FRAME_BYTES,
  TAPE_BAD_OFFSET,
  TAPE_CHARGED_F64,
  TAPE_KIND,
  TAPE_TAIL,
  TAPE_WORDS,
  TRAILING_BYTES,
  TRUNCATED,
  VALUES_BASE,
  VALUES_PER_BYTE,
  VERSION,
} from '../../../../assembly/protocol.ts';
import { xxh32 } from '../../xxh32.ts';
import type { FrameLimits } from '../kernels.ts';
import { type GroupRules, readGroups } from './decode-groups.ts';
import { readHead } from './decode-head.ts';
import type { Reader } from './reader.ts';
import { refuse } from './refusal.ts';
import type { RouteSums } from './routes.ts';

const CHECK_BYTES = 4;

/**
 * Judges a whole frame in the order of A.7 and reads it onto a tape.
 *
 * @returns The address of the tape.
 * @throws {Refusal} Where the frame is at fault.
 */
export function decodeFrame(
  r: Reader,
  routes: RouteSums,
  frame: Uint8Array,
  kind: number,
  routeTable: number,
  limits: FrameLimits,
): number {
  const { length } = frame;
  if (length < MIN_FRAME_BYTES) refuse(TRUNCATED, 0);
  if (length > limits.frame) refuse(LIMIT, 0);
  const head = frame[1] as number;
  if (frame[0] !== MAGIC) refuse(BAD_MAGIC, 0);
  if (head >>> 4 !== VERSION) refuse(BAD_VERSION, 1);
  if ((head & 15) !== kind) refuse(BAD_KIND, 1);
  const end = length - CHECK_BYTES;
  r.open(frame, 2, end);
  if (r.view.getUint32(end, true) !== xxh32(r.view, 0, end, 0)) refuse(BAD_CHECKSUM, end);

  const budget = Math.min(limits.values, VALUES_BASE + VALUES_PER_BYTE * length);
  r.budget = budget;
  r.maxUnits = limits.string;
  routes.clear();
  const tape = r.arena.take(4 * TAPE_WORDS);
  readHead(r, kind, tape >>> 2, limits.packets, routes);
  const rules: GroupRules = { kind, routeTable, maxGroups: limits.groups, budget };
  const tails = readGroups(r, tape >>> 2, routes, rules);

  const tail = r.at;
  if (tails > end - tail) refuse(BAD_LENGTH, tail);
  if (tails < end - tail) refuse(TRAILING_BYTES, tail + tails);
  const { u32, f64 } = r.arena;
  u32[(tape >>> 2) + TAPE_KIND] = kind;
  u32[(tape >>> 2) + TAPE_TAIL] = tail;
  u32[(tape >>> 2) + TAPE_BAD_OFFSET] = r.badOffset;
  f64[((tape >>> 2) + TAPE_CHARGED_F64) >>> 1] = budget - r.budget;
  return tape;
}
