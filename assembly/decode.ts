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
} from './protocol';
import { set } from './columns';
import { readGroups, tails } from './groups';
import { readHead } from './head';
import { allot, at, badOffset, budget, end, open, refuse, setBudget } from './reader';
import { clearRoutes } from './routes';
import { xxh32 } from './xxh32';

const CHECK_BYTES: u32 = 4;

/**
 * Judges a whole frame in the order of A.7 and reads it onto a tape, in one call.
 *
 * Returns the tape's address; traps for a frame that is refused, with code and offset in the status cell. Limits are
 * doubles, as JavaScript has them; made whole they saturate, so any of them may be Infinity. Those of packets and values
 * end below 2^32, more than memory holds of either: what they let pass is counted in 32 bits.
 */
export function decodeFrame(
  frame: usize,
  length: u32,
  kind: u32,
  routeTable: usize,
  maxFrame: f64,
  maxPackets: f64,
  maxGroups: f64,
  maxValues: f64,
  maxUnits: f64,
): usize {
  open(frame, length - CHECK_BYTES);
  if (length < <u32>MIN_FRAME_BYTES) refuse(TRUNCATED, frame);
  if (<f64>length > maxFrame) refuse(LIMIT, frame);
  const head = <u32>load<u8>(frame, 1);
  if (load<u8>(frame) != MAGIC) refuse(BAD_MAGIC, frame);
  if (head >> 4 != VERSION) refuse(BAD_VERSION, frame + 1);
  if ((head & 15) != kind) refuse(BAD_KIND, frame + 1);
  if (load<u32>(end) != xxh32(frame, end)) refuse(BAD_CHECKSUM, end);

  const grown = <f64>VALUES_BASE + <f64>VALUES_PER_BYTE * <f64>length;
  const whole = <u32>(maxValues < grown ? maxValues : grown);
  setBudget(whole, <u64>maxUnits);
  clearRoutes();
  const tape = allot(TAPE_WORDS << 2);
  readHead(kind, tape, <u32>maxPackets);
  readGroups(kind, tape, routeTable, <u64>maxGroups, whole);

  const left = <u64>(end - at);
  if (tails > left) refuse(BAD_LENGTH, at);
  if (tails < left) refuse(TRAILING_BYTES, at + <usize>tails);
  set(tape, TAPE_KIND, kind);
  set(tape, TAPE_TAIL, <u32>(at - frame));
  set(tape, TAPE_BAD_OFFSET, badOffset);
  store<f64>(tape + (TAPE_CHARGED_F64 << 2), <f64>(<u64>whole - budget));
  return tape;
}
