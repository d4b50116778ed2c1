import {
  BAD_COUNT,
  BAD_FLAGS,
  BAD_ORDER,
  FLAG_ATOMIC,
  FLAG_DEPS,
  FLAG_MESSAGES,
  KIND_PUSH,
  KIND_REQUEST,
  KIND_RESPONSE,
  LIMIT,
  MAX_STATUS,
  OUT_OF_RANGE,
  ROUTE_COUNT,
  TAPE_ATOMIC,
  TAPE_COUNT,
  TAPE_DEP_COUNTS,
  TAPE_DEP_SUM,
  TAPE_DEPS,
  TAPE_FIRST_F64,
  TAPE_FLAGS,
  TAPE_ITEMS,
  TAPE_MESSAGE_BYTES,
  TAPE_MESSAGE_INDEX,
  TAPE_MESSAGE_LENGTHS,
  TAPE_MESSAGE_TEXT,
  TAPE_MESSAGES,
  TAPE_OLDEST_F64,
  TAPE_OUTBOX_HIGH,
  TAPE_OUTBOX_LOW,
  TAPE_ROUTE,
  TAPE_SEQ,
  TAPE_STATUS,
} from './protocol';
import { get, readStrings, set, textBytes, textStart } from './columns';
import { readBounded32, readCounts, sum, unpack } from './ints';
import { allot, at, charge, count, input, intsHead, MAX_SAFE, raw, refuse, run, value, varint } from './reader';
import { addRecords } from './routes';
import { hasTwins } from './twins';

/** Reads the body up to its groups (A.3) onto the tape. */
export function readHead(kind: u32, tape: usize, maxPackets: u64): bool {
  const allowed: u64 = kind == KIND_REQUEST ? FLAG_DEPS | FLAG_ATOMIC : kind == KIND_RESPONSE ? FLAG_MESSAGES : 0;
  if (!varint()) return false;
  const flags = value;
  if (flags > allowed) return refuseFlags();
  set(tape, TAPE_FLAGS, <u32>flags);
  if (kind != KIND_PUSH && !readPlace(kind, tape)) return false;

  const start = at;
  if (!count()) return false;
  if (value == 0 && kind != KIND_REQUEST) return refuse(BAD_COUNT, start);
  if (value > maxPackets) return refuse(LIMIT, start);
  const n = <u32>value;
  set(tape, TAPE_COUNT, n);
  // Nothing in an empty request but its groups, of which there can be none.
  if (n == 0) return flags == 0 || refuseFlags();

  if (kind != KIND_PUSH && !readSeqs(n, tape, kind == KIND_REQUEST)) return false;
  if (!readBounded32(n, 0, ROUTE_COUNT - 1, OUT_OF_RANGE)) return false;
  set(tape, TAPE_ROUTE, <u32>run);
  if (kind == KIND_RESPONSE) {
    if (!readBounded32(n, 0, MAX_STATUS, OUT_OF_RANGE)) return false;
    set(tape, TAPE_STATUS, <u32>run);
  }
  if (!readItems(n, tape)) return false;
  if (kind == KIND_RESPONSE) return flags == 0 || readMessages(n, tape);
  if ((flags & FLAG_DEPS) != 0 && !readDeps(n, tape)) return false;
  return (flags & FLAG_ATOMIC) == 0 || readAtomic(n, tape);
}

function refuseFlags(): bool {
  return refuse(BAD_FLAGS, input + 2);
}

/** The outbox, and where in it the frame stands. */
function readPlace(kind: u32, tape: usize): bool {
  if (!raw(8)) return false;
  if (load<u64>(run) == 0) return refuse(OUT_OF_RANGE, run);
  set(tape, TAPE_OUTBOX_LOW, load<u32>(run));
  set(tape, TAPE_OUTBOX_HIGH, load<u32>(run, 4));
  let start = at;
  if (!count()) return false;
  const first = value;
  if (first < 1) return refuse(BAD_COUNT, start);
  store<f64>(tape + (TAPE_FIRST_F64 << 2), <f64>first);
  if (kind != KIND_REQUEST) return true;
  start = at;
  if (!count()) return false;
  if (value > first - 1) return refuse(BAD_COUNT, start);
  store<f64>(tape + (TAPE_OLDEST_F64 << 2), <f64>value);
  return true;
}

/** Gaps become sequence numbers where they stand. */
function readSeqs(n: u32, tape: usize, ascending: bool): bool {
  const start = at;
  if (!intsHead(n)) return false;
  const offsets = run;
  if (!allot(<u64>n << 3)) return false;
  const seqs = run;
  unpack<f64>(n, seqs, offsets);
  set(tape, TAPE_SEQ, <u32>seqs);
  if (load<f64>(seqs) != 0) return refuse(BAD_ORDER, start);
  let seq = load<f64>(tape + (TAPE_FIRST_F64 << 2)) - 1;
  let descends = false;
  for (let i: u32 = 0; i < n; i++) {
    const place = seqs + (<usize>i << 3);
    const gap = load<f64>(place);
    if (gap < 0) {
      if (ascending) return refuse(BAD_ORDER, start);
      descends = true;
    }
    // Rounded gaps are beyond 2^53 and take the number out of its range either way.
    seq += gap + 1;
    if (!(seq >= 1 && seq <= <f64>MAX_SAFE)) return refuse(BAD_ORDER, start);
    store<f64>(place, seq);
  }
  if (!descends) return true;
  if (!allot(<u64>n << 3)) return false;
  memory.copy(run, seqs, <usize>n << 3);
  return !hasTwins(run, n) || refuse(BAD_ORDER, start);
}

function readItems(n: u32, tape: usize): bool {
  const start = at;
  if (!readCounts<f64>(n)) return false;
  if (sum > MAX_SAFE) return refuse(BAD_COUNT, start);
  const items = run;
  set(tape, TAPE_ITEMS, <u32>items);
  const routes = <usize>get(tape, TAPE_ROUTE);
  for (let i: u32 = 0; i < n; i++) {
    const records = load<f64>(items + (<usize>i << 3));
    if (records > 0) addRecords(load<u32>(routes + (<usize>i << 2)), <u64>records);
  }
  return true;
}

function readDeps(n: u32, tape: usize): bool {
  let start = at;
  if (!readCounts<u32>(n)) return false;
  const counts = run;
  if (sum > MAX_SAFE) return refuse(BAD_COUNT, start);
  if (sum == 0) return refuseFlags();
  start = at;
  if (!charge(sum)) return false;
  const total = <u32>sum;
  if (!intsHead(total)) return false;
  const offsets = run;
  if (!allot(<u64>total << 3)) return false;
  let place = run;
  unpack<f64>(total, place, offsets);
  set(tape, TAPE_DEP_COUNTS, <u32>counts);
  set(tape, TAPE_DEPS, <u32>place);
  set(tape, TAPE_DEP_SUM, total);
  const seqs = <usize>get(tape, TAPE_SEQ);
  for (let i: u32 = 0; i < n; i++) {
    const last = place + (<usize>load<u32>(counts + (<usize>i << 2)) << 3);
    const seq = load<f64>(seqs + (<usize>i << 3));
    for (let before: f64 = 0; place < last; place += 8) {
      const distance = load<f64>(place);
      if (!(distance > before && distance < seq)) return refuse(BAD_ORDER, start);
      before = distance;
    }
  }
  return true;
}

function readAtomic(n: u32, tape: usize): bool {
  const start = at;
  if (!readBounded32(n, 0, n, BAD_ORDER)) return false;
  set(tape, TAPE_ATOMIC, <u32>run);
  let highest: u32 = 0;
  let before: u32 = 0;
  for (let i: u32 = 0; i < n; i++) {
    const group = load<u32>(run + (<usize>i << 2));
    if (group != 0 && group != before) {
      if (group != highest + 1) return refuse(BAD_ORDER, start);
      highest = group;
    }
    before = group;
  }
  return highest > 0 || refuseFlags();
}

function readMessages(n: u32, tape: usize): bool {
  let start = at;
  if (!count()) return false;
  if (value > n) return refuse(BAD_COUNT, start);
  if (value == 0) return refuseFlags();
  const k = <u32>value;
  start = at;
  if (!readBounded32(k, 0, n - 1, BAD_ORDER)) return false;
  set(tape, TAPE_MESSAGES, k);
  set(tape, TAPE_MESSAGE_INDEX, <u32>run);
  let next: u32 = 0;
  for (let i: u32 = 0; i < k; i++) {
    const place = run + (<usize>i << 2);
    const index = next + load<u32>(place);
    if (index >= n) return refuse(BAD_ORDER, start);
    store<u32>(place, index);
    next = index + 1;
  }
  if (!readStrings(k, 1)) return false;
  set(tape, TAPE_MESSAGE_LENGTHS, <u32>run);
  set(tape, TAPE_MESSAGE_TEXT, textStart);
  set(tape, TAPE_MESSAGE_BYTES, textBytes);
  return true;
}
