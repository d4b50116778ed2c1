import {
  BAD_CHECKSUM,
  BAD_LENGTH,
  TAPE_BAD_OFFSET,
  TAPE_CHARGED_F64,
  TAPE_KIND,
  TAPE_TAIL,
  TAPE_WORDS,
  TRAILING_BYTES,
} from './protocol';
import { set } from './columns';
import { readGroups, tails } from './groups';
import { readHead } from './head';
import { allot, at, badOffset, budget, end, open, refuse, setBudget } from './reader';
import { clearRoutes } from './routes';
import { xxh32 } from './xxh32';

const CHECK_BYTES: u32 = 4;

/**
 * Judges a frame in the order of A.7, from its checksum on, and reads it onto a tape, in one call. Length, frame limit,
 * magic, version and kind are JavaScript's to judge, before it copies the frame.
 *
 * Returns the tape's address; traps for a frame that is refused, with code and offset in their cells. Limits are
 * doubles, as JavaScript has them; made whole they saturate, so any of them may be Infinity. Those of packets and values
 * end below 2^32, more than memory holds of either: what they let pass is counted in 32 bits.
 */
export function decodeFrame(
  frame: usize,
  length: u32,
  routeTable: usize,
  maxPackets: f64,
  maxGroups: f64,
  maxValues: f64,
  maxUnits: f64,
): usize {
  open(frame, length - CHECK_BYTES);
  if (load<u32>(end) != xxh32(frame, end, 0)) refuse(BAD_CHECKSUM, end);

  const whole = <u32>maxValues;
  setBudget(whole, <i64>maxUnits);
  clearRoutes();
  const tape = allot(TAPE_WORDS << 2);
  const kind = <u32>load<u8>(frame, 1) & 15;
  set(tape, TAPE_KIND, kind);
  readHead(kind, tape, <u32>maxPackets);
  readGroups(kind, tape, routeTable, <u64>maxGroups, whole);

  const left = <u64>(end - at);
  if (tails > left) refuse(BAD_LENGTH, at);
  if (tails < left) refuse(TRAILING_BYTES, at + <usize>tails);
  set(tape, TAPE_TAIL, <u32>(at - frame));
  set(tape, TAPE_BAD_OFFSET, badOffset);
  store<f64>(tape + (TAPE_CHARGED_F64 << 2), <f64>(<u64>whole - budget));
  return tape;
}
