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
  SLOT_VALUES,
  TAPE_ATOMIC,
  TAPE_COUNT,
  TAPE_DEP_COUNTS,
  TAPE_DEP_SUM,
  TAPE_DEPS,
  TAPE_FIRST_F64,
  TAPE_FLAGS,
  TAPE_ITEMS,
  TAPE_MESSAGE_INDEX,
  TAPE_MESSAGE_LENGTHS,
  TAPE_MESSAGES,
  TAPE_OLDEST_F64,
  TAPE_OUTBOX_LOW,
  TAPE_ROUTE,
  TAPE_SEQ,
  TAPE_STATUS,
} from './protocol';
import { get, readStrings, set } from './columns';
import { AS_F64, AS_I32, judgeSum, readBounded32, readCounts, readInts, sum } from './ints';
import { allot, charge, count, fault, input, MAX_SAFE, raw, refuse, varint } from './reader';
import { addRecords } from './routes';
import { hasTwins } from './twins';

/** Reads the body up to its groups (A.3) onto the tape. */
export function readHead(kind: u32, tape: usize, maxPackets: u64): void {
  // Two flags in a request, one in a response, none in a push.
  const allowed: u64 = 3 >> (kind - KIND_REQUEST);
  const flags = varint();
  if (flags > allowed) refuseFlags();
  set(tape, TAPE_FLAGS, <u32>flags);
  if (kind != KIND_PUSH) readPlace(kind, tape);

  const packets = count();
  if (packets == 0 && kind != KIND_REQUEST) fault(BAD_COUNT);
  if (packets > maxPackets) fault(LIMIT);
  const n = <u32>packets;
  set(tape, TAPE_COUNT, n);
  if (n == 0) {
    // Nothing in an empty request but its groups, of which there can be none.
    if (flags != 0) refuseFlags();
    return;
  }
  if (kind != KIND_PUSH) readSeqs(n, tape, kind == KIND_REQUEST);
  set(tape, TAPE_ROUTE, <u32>readBounded32(n, ROUTE_COUNT - 1, OUT_OF_RANGE));
  if (kind == KIND_RESPONSE) set(tape, TAPE_STATUS, <u32>readBounded32(n, MAX_STATUS, OUT_OF_RANGE));
  readItems(n, tape);
  if (kind == KIND_RESPONSE) {
    if (flags != 0) readMessages(n, tape);
  } else {
    if ((flags & FLAG_DEPS) != 0) readDeps(n, tape);
    if ((flags & FLAG_ATOMIC) != 0) readAtomic(n, tape);
  }
}

function refuseFlags(): void {
  refuse(BAD_FLAGS, input + 2);
}

/** The outbox, and where in it the frame stands. */
function readPlace(kind: u32, tape: usize): void {
  const outbox = raw(8);
  const number = load<u64>(outbox);
  if (number == 0) refuse(OUT_OF_RANGE, outbox);
  store<u64>(tape + (TAPE_OUTBOX_LOW << 2), number);
  const first = count();
  if (first < 1) fault(BAD_COUNT);
  store<f64>(tape + (TAPE_FIRST_F64 << 2), <f64>first);
  if (kind != KIND_REQUEST) return;
  const oldest = count();
  if (oldest > first - 1) fault(BAD_COUNT);
  store<f64>(tape + (TAPE_OLDEST_F64 << 2), <f64>oldest);
}

/** Gaps become sequence numbers where they stand. */
function readSeqs(n: u32, tape: usize, ascending: bool): void {
  const seqs = readInts(n, AS_F64);
  set(tape, TAPE_SEQ, <u32>seqs);
  let seq = load<f64>(tape + (TAPE_FIRST_F64 << 2)) - 1;
  let bad = load<f64>(seqs) != 0;
  let descends = false;
  for (let i: u32 = 0; i < n; i++) {
    const place = seqs + ((<usize>i) << 3);
    const gap = load<f64>(place);
    if (gap < 0) descends = true;
    // Rounded gaps are beyond 2^53 and take the number out of its range either way.
    seq += gap + 1;
    if (!(seq >= 1 && seq <= <f64>MAX_SAFE)) bad = true;
    store<f64>(place, seq);
  }
  if (!bad && descends) {
    if (ascending) {
      bad = true;
    } else {
      const copy = allot((<u64>n) << 3);
      memory.copy(copy, seqs, (<usize>n) << 3);
      bad = hasTwins(copy, n);
    }
  }
  if (bad) fault(BAD_ORDER);
}

function readItems(n: u32, tape: usize): void {
  const items = readCounts(n, AS_F64, 0);
  judgeSum();
  set(tape, TAPE_ITEMS, <u32>items);
  const routes = <usize>get(tape, TAPE_ROUTE);
  for (let i: u32 = 0; i < n; i++) {
    const records = load<f64>(items + ((<usize>i) << 3));
    if (records > 0) addRecords(load<u32>(routes + ((<usize>i) << 2)), <u64>records);
  }
}

function readDeps(n: u32, tape: usize): void {
  const counts = readCounts(n, AS_I32, 0);
  const total = sum;
  judgeSum();
  if (total == 0) refuseFlags();
  charge(total);
  let place = readInts(<u32>total, AS_F64);
  set(tape, TAPE_DEP_COUNTS, <u32>counts);
  set(tape, TAPE_DEPS, <u32>place);
  set(tape, TAPE_DEP_SUM, <u32>total);
  const seqs = <usize>get(tape, TAPE_SEQ);
  for (let i: u32 = 0; i < n; i++) {
    const last = place + ((<usize>load<u32>(counts + ((<usize>i) << 2))) << 3);
    const seq = load<f64>(seqs + ((<usize>i) << 3));
    for (let before: f64 = 0; place < last; place += 8) {
      const distance = load<f64>(place);
      if (!(distance > before && distance < seq)) fault(BAD_ORDER);
      before = distance;
    }
  }
}

function readAtomic(n: u32, tape: usize): void {
  const groups = readBounded32(n, n, BAD_ORDER);
  set(tape, TAPE_ATOMIC, <u32>groups);
  let highest: u32 = 0;
  let before: u32 = 0;
  for (let i: u32 = 0; i < n; i++) {
    const group = load<u32>(groups + ((<usize>i) << 2));
    if (group != 0 && group != before) {
      highest++;
      if (group != highest) fault(BAD_ORDER);
    }
    before = group;
  }
  if (highest == 0) refuseFlags();
}

function readMessages(n: u32, tape: usize): void {
  const listed = count();
  if (listed > n) fault(BAD_COUNT);
  if (listed == 0) refuseFlags();
  const k = <u32>listed;
  const indices = readBounded32(k, n - 1, BAD_ORDER);
  set(tape, TAPE_MESSAGES, k);
  set(tape, TAPE_MESSAGE_INDEX, <u32>indices);
  let next: u32 = 0;
  for (let i: u32 = 0; i < k; i++) {
    const place = indices + ((<usize>i) << 2);
    const index = next + load<u32>(place);
    if (index >= n) fault(BAD_ORDER);
    store<u32>(place, index);
    next = index + 1;
  }
  readStrings(k, 1, tape + ((TAPE_MESSAGE_LENGTHS - SLOT_VALUES) << 2));
}
