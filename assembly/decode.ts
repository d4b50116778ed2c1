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
import { allot, at, badOffset, budget, end, open, refuse, run, setBudget } from './reader';
import { clearRoutes } from './routes';
import { xxh32 } from './xxh32';

const CHECK_BYTES: u32 = 4;

/**
 * Judges a whole frame in the order of A.7 and reads it onto a tape, in one call.
 *
 * Returns the tape's address; 0 for a frame that is refused, with code and offset in the status cell. Limits are doubles,
 * as JavaScript has them: any of them may be Infinity.
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
  open(frame, length, length < CHECK_BYTES ? 0 : CHECK_BYTES);
  if (length < <u32>MIN_FRAME_BYTES) return none(refuse(TRUNCATED, frame));
  if (<f64>length > maxFrame) return none(refuse(LIMIT, frame));
  const head = <u32>load<u8>(frame, 1);
  if (load<u8>(frame) != MAGIC) return none(refuse(BAD_MAGIC, frame));
  if (head >> 4 != VERSION) return none(refuse(BAD_VERSION, frame + 1));
  if ((head & 15) != kind) return none(refuse(BAD_KIND, frame + 1));
  if (load<u32>(end) != xxh32(frame, end)) return none(refuse(BAD_CHECKSUM, end));

  const grown = <f64>VALUES_BASE + <f64>VALUES_PER_BYTE * <f64>length;
  const whole = whole64(maxValues < grown ? maxValues : grown);
  setBudget(whole, whole64(maxUnits));
  clearRoutes();
  if (!allot(TAPE_WORDS << 2)) return 0;
  const tape = run;
  if (!readHead(kind, tape, whole64(maxPackets))) return 0;
  if (!readGroups(kind, tape, routeTable, whole64(maxGroups), whole)) return 0;

  const left = <u64>(end - at);
  if (tails > left) return none(refuse(BAD_LENGTH, at));
  if (tails < left) return none(refuse(TRAILING_BYTES, at + <usize>tails));
  set(tape, TAPE_KIND, kind);
  set(tape, TAPE_TAIL, <u32>(at - frame));
  set(tape, TAPE_BAD_OFFSET, badOffset);
  store<f64>(tape + (TAPE_CHARGED_F64 << 2), <f64>(whole - budget));
  return tape;
}

function none(_refused: bool): usize {
  return 0;
}

/** A limit as a whole number: what is below it is what is below the double, and Infinity is out of reach. */
function whole64(limit: f64): u64 {
  return limit >= 9007199254740992 ? 9007199254740992 : limit > 0 ? <u64>limit : 0;
}
