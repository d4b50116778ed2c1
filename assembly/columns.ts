import {
  BAD_COUNT,
  BAD_LENGTH,
  BAD_MODE,
  BAD_PADDING,
  BAD_UTF8,
  LIMIT,
  OUT_OF_RANGE,
  SLOT_BAD,
  SLOT_COUNT,
  SLOT_EXTRA,
  SLOT_OFFSET,
  SLOT_SECOND,
  SLOT_TEXT,
  SLOT_TEXT_BYTES,
  SLOT_VALUES,
} from './protocol';
import { greatest, readBounded32, readCounts, sum, unpack, valueAt, within } from './ints';
import {
  allot,
  at,
  badOffset,
  byte,
  count,
  input,
  intsHead,
  MAX_SAFE,
  maxUnits,
  raw,
  refuse,
  run,
  setBadOffset,
  value,
} from './reader';
import { cutsPair, NOT_UTF8, utf16Length } from './utf8';

// Columns of scalars (A.5) into the arena, each of n > 0 values. Field values that their type does not allow are marked
// where they are and stored as 0: they are judged when records are read, after everything else (A.7).

const PLAIN: u64 = 255;
const CANONICAL_NAN: u64 = 0x7ff8000000000000;
const INFINITY_BITS: u64 = 0x7ff0000000000000;

export function get(slot: usize, word: u32): u32 {
  return load<u32>(slot + (word << 2));
}

export function set(slot: usize, word: u32, content: u32): void {
  store<u32>(slot + (word << 2), content);
}

/** A column of T within [lowest, highest]. */
export function readWhole<T>(n: u32, slot: usize, lowest: i64, highest: i64): bool {
  if (!intsHead(n)) return false;
  const offsets = run;
  if (!allot(<u64>n * sizeof<T>())) return false;
  const to = run;
  set(slot, SLOT_VALUES, <u32>to);
  unpack<T>(n, to, offsets);
  if (within(lowest, highest)) return true;
  for (let i: u32 = 0; i < n; i++) {
    const v = valueAt(offsets, i);
    if (v >= lowest && v <= highest) continue;
    if (!markBad(slot, i)) return false;
    store<T>(to + <usize>i * sizeof<T>(), 0);
  }
  return true;
}

export function readUnixids(n: u32, slot: usize): bool {
  if (!readWhole<i64>(n, slot, i64.MIN_VALUE, i64.MAX_VALUE)) return false;
  const ticks = <usize>get(slot, SLOT_VALUES);
  if (!readWhole<i64>(n, slot, i64.MIN_VALUE, i64.MAX_VALUE)) return false;
  const nodes = <usize>get(slot, SLOT_VALUES);
  set(slot, SLOT_VALUES, <u32>ticks);
  set(slot, SLOT_SECOND, <u32>nodes);
  for (let i: u32 = 0; i < n; i++) {
    const place = <usize>i << 3;
    if (load<i64>(ticks + place) > 0 && load<i64>(nodes + place) >= 0) continue;
    if (!markBad(slot, i)) return false;
    store<i64>(ticks + place, 0);
    store<i64>(nodes + place, 0);
  }
  return true;
}

export function readFloats(n: u32, slot: usize): bool {
  if (!byte()) return false;
  const mode = <u32>value;
  if (mode == PLAIN) return readPlain(n, slot);
  if (mode > 7) return refuse(BAD_MODE, at - 1);
  if (!readWhole<f64>(n, slot, -(<i64>MAX_SAFE), MAX_SAFE)) return false;
  if (mode == 0) return true;
  let power: f64 = 1;
  for (let k: u32 = 0; k < mode; k++) power *= 10;
  let to = <usize>get(slot, SLOT_VALUES);
  for (const last = to + (<usize>n << 3); to < last; to += 8) store<f64>(to, load<f64>(to) / power);
  return true;
}

function readPlain(n: u32, slot: usize): bool {
  if (!raw(<u64>n << 3)) return false;
  const from = run;
  if (!allot(<u64>n << 3)) return false;
  const to = run;
  set(slot, SLOT_VALUES, <u32>to);
  memory.copy(to, from, <usize>n << 3);
  for (let i: u32 = 0; i < n; i++) {
    const place = to + (<usize>i << 3);
    const bits = load<u64>(place);
    if ((bits & i64.MAX_VALUE) <= INFINITY_BITS || bits == CANONICAL_NAN) continue;
    if (!markBad(slot, i)) return false;
    store<u64>(place, 0);
  }
  return true;
}

/** A column of bits as u8[n] at `run`; returns false or leaves how many are set in the slot. */
export function readBits(n: u32, slot: usize): bool {
  const bytes = (n + 7) >> 3;
  if (!raw(bytes)) return false;
  const from = run;
  const rest = n & 7;
  if (rest != 0 && load<u8>(from + bytes - 1) >> <u8>rest != 0) return refuse(BAD_PADDING, from);
  if (!allot(n)) return false;
  const to = run;
  set(slot, SLOT_VALUES, <u32>to);
  let present: u32 = 0;
  for (let i: u32 = 0; i < n; i++) {
    const bit = (<u32>load<u8>(from + (i >> 3)) >> (i & 7)) & 1;
    store<u8>(to + i, bit);
    present += bit;
  }
  value = present;
  return true;
}

/** Reads which of n values are present; how many are is left in SLOT_EXTRA. */
export function readPresence(n: u32, slot: usize): bool {
  const start = at;
  if (!byte()) return false;
  const mode = <u32>value;
  if (mode > 2) return refuse(BAD_MODE, start);
  let present = mode == 1 ? n : 0;
  if (mode == 2) {
    if (!readBits(n, slot)) return false;
    present = <u32>value;
    if (present == 0 || present == n) return refuse(BAD_MODE, start);
  } else {
    if (!allot(n)) return false;
    set(slot, SLOT_VALUES, <u32>run);
    if (mode == 1) memory.fill(run, 1, n);
  }
  set(slot, SLOT_EXTRA, present);
  return true;
}

/** Reads how many elements each of n lists has; how many there are is left in `sum`. */
export function readListCounts(n: u32, slot: usize): bool {
  const start = at;
  if (!readCounts<u32>(n)) return false;
  set(slot, SLOT_VALUES, <u32>run);
  if (sum > MAX_SAFE) return refuse(BAD_COUNT, start);
  set(slot, SLOT_EXTRA, <u32>sum);
  return true;
}

/** Where the text of the strings column read last lies, as an offset in the frame, and its bytes and UTF-16 units. */
export let textStart: u32 = 0;
export let textBytes: u32 = 0;
export let textUnits: u32 = 0;

/** A column of strings, their lengths as u32[n] at `run`; each at least `shortest` units long (1 for messages). */
export function readStrings(n: u32, shortest: i64): bool {
  const start = at;
  if (!readCounts<u32>(n)) return false;
  const lengths = run;
  const units = sum;
  if (!within(shortest, i64.MAX_VALUE)) return refuse(BAD_COUNT, start);
  if (<u64>greatest > maxUnits) return refuse(LIMIT, start);
  if (!count()) return false;
  const excess = value;
  if (!raw(units + excess)) return false;
  const text = run;
  const seen = utf16Length(text, at);
  if (seen == NOT_UTF8) return refuse(BAD_UTF8, text);
  if (seen != <u32>units || (excess > 0 && cutsPair(text, lengths, n))) return refuse(BAD_LENGTH, start);
  textStart = <u32>(text - input);
  textBytes = <u32>(units + excess);
  textUnits = <u32>units;
  run = lengths;
  return true;
}

export function readStringColumn(n: u32, slot: usize): bool {
  if (!readStrings(n, 0)) return false;
  set(slot, SLOT_VALUES, <u32>run);
  set(slot, SLOT_TEXT, textStart);
  set(slot, SLOT_TEXT_BYTES, textBytes);
  set(slot, SLOT_EXTRA, textUnits);
  return true;
}

export function readSymbolColumn(n: u32, slot: usize): bool {
  const start = at;
  if (!count()) return false;
  const size = value;
  if (size < 1 || size > n) return refuse(BAD_COUNT, start);
  if (!readStringColumn(<u32>size, slot)) return false;
  if (size > 1) {
    if (!readBounded32(n, 0, size - 1, OUT_OF_RANGE)) return false;
  } else if (!allot(<u64>n << 2)) {
    return false;
  }
  set(slot, SLOT_SECOND, <u32>run);
  set(slot, SLOT_EXTRA, <u32>size);
  return true;
}

/** Marks value i of the column as one that its type does not allow. */
function markBad(slot: usize, i: u32): bool {
  let marks = <usize>get(slot, SLOT_BAD);
  if (marks == 0) {
    if (!allot(get(slot, SLOT_COUNT))) return false;
    marks = run;
    set(slot, SLOT_BAD, <u32>marks);
    // Columns are read in frame order, so the first one to get here is the first in the frame.
    if (badOffset == 0) setBadOffset(get(slot, SLOT_OFFSET));
  }
  store<u8>(marks + i, 1);
  return true;
}
