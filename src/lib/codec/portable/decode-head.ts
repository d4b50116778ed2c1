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
} from '../../../../assembly/protocol.ts';
import { measure, unpackF64 } from './ints.ts';
import { readBounded32, readCounts, readWideCounts } from './judge.ts';
import { MAX_SAFE, type Reader } from './reader.ts';
import { refuse } from './refusal.ts';
import type { RouteSums } from './routes.ts';
import { readStrings } from './strings.ts';

/** Where `flags` stands in each frame. */
const FLAGS_OFFSET = 2;

/**
 * Reads the body up to its groups (A.3) onto the tape.
 *
 * @param tape Word index of the tape.
 * @param routes Takes the number of records of each route.
 */
export function readHead(r: Reader, kind: number, tape: number, maxPackets: number, routes: RouteSums): void {
  const allowed = kind === KIND_REQUEST ? FLAG_DEPS | FLAG_ATOMIC : kind === KIND_RESPONSE ? FLAG_MESSAGES : 0;
  const flags = r.varint();
  if (flags > allowed) refuse(BAD_FLAGS, FLAGS_OFFSET);
  r.arena.u32[tape + TAPE_FLAGS] = flags;
  const first = kind === KIND_PUSH ? 1 : readPlace(r, kind, tape);

  const start = r.at;
  const n = r.count();
  if (n === 0 && kind !== KIND_REQUEST) refuse(BAD_COUNT, start);
  if (n > maxPackets) refuse(LIMIT, start);
  set(r, tape + TAPE_COUNT, n);
  // Nothing in an empty request but its groups, of which there can be none.
  if (n === 0) {
    if (flags !== 0) refuse(BAD_FLAGS, FLAGS_OFFSET);
    return;
  }

  if (kind !== KIND_PUSH) set(r, tape + TAPE_SEQ, readSeqs(r, n, first, kind === KIND_REQUEST));
  set(r, tape + TAPE_ROUTE, readBounded32(r, n, 0, ROUTE_COUNT - 1, OUT_OF_RANGE));
  if (kind === KIND_RESPONSE) set(r, tape + TAPE_STATUS, readBounded32(r, n, 0, MAX_STATUS, OUT_OF_RANGE));
  set(r, tape + TAPE_ITEMS, readItems(r, n));
  sumRoutes(r, n, tape, routes);
  if (kind === KIND_REQUEST) {
    if ((flags & FLAG_DEPS) !== 0) readDeps(r, n, tape);
    if ((flags & FLAG_ATOMIC) !== 0) set(r, tape + TAPE_ATOMIC, readAtomic(r, n));
  } else if (flags !== 0) {
    readMessages(r, n, tape);
  }
}

/** The outbox and where in it the frame stands. @returns `first`. */
function readPlace(r: Reader, kind: number, tape: number): number {
  const outbox = r.take(8);
  const low = r.view.getUint32(outbox, true);
  const high = r.view.getUint32(outbox + 4, true);
  if (low === 0 && high === 0) refuse(OUT_OF_RANGE, outbox);
  set(r, tape + TAPE_OUTBOX_LOW, low);
  set(r, tape + TAPE_OUTBOX_HIGH, high);
  let start = r.at;
  const first = r.count();
  if (first < 1) refuse(BAD_COUNT, start);
  r.arena.f64[(tape + TAPE_FIRST_F64) >>> 1] = first;
  if (kind !== KIND_REQUEST) return first;
  start = r.at;
  const oldest = r.count();
  if (oldest > first - 1) refuse(BAD_COUNT, start);
  r.arena.f64[(tape + TAPE_OLDEST_F64) >>> 1] = oldest;
  return first;
}

/** Gaps become sequence numbers where they stand. */
function readSeqs(r: Reader, n: number, first: number, ascending: boolean): number {
  const start = r.at;
  r.intsHead(n);
  const address = r.arena.take(8 * n);
  unpackF64(r, n, address);
  const seqs = r.arena.f64;
  const at = address >>> 3;
  if (seqs[at] !== 0) refuse(BAD_ORDER, start);
  let seq = first - 1;
  let descends = false;
  for (let i = at; i < at + n; i++) {
    const gap = seqs[i] as number;
    if (gap < 0) {
      if (ascending) refuse(BAD_ORDER, start);
      descends = true;
    }
    // Rounded gaps are beyond 2^53 and take the number out of its range either way.
    seq += gap + 1;
    if (!(seq >= 1 && seq <= MAX_SAFE)) refuse(BAD_ORDER, start);
    seqs[i] = seq;
  }
  if (descends && hasTwins(seqs.slice(at, at + n))) refuse(BAD_ORDER, start);
  return address;
}

function hasTwins(numbers: Float64Array): boolean {
  numbers.sort();
  for (let i = 1; i < numbers.length; i++) if (numbers[i] === numbers[i - 1]) return true;
  return false;
}

function readItems(r: Reader, n: number): number {
  const start = r.at;
  const address = readWideCounts(r, n);
  if (n * r.greatest > MAX_SAFE) {
    measure(r, n);
    if (r.sum > MAX_SAFE) refuse(BAD_COUNT, start);
  }
  return address;
}

function sumRoutes(r: Reader, n: number, tape: number, routes: RouteSums): void {
  const { i32, u32, f64 } = r.arena;
  const route = (u32[tape + TAPE_ROUTE] as number) >>> 2;
  const items = (u32[tape + TAPE_ITEMS] as number) >>> 3;
  for (let i = 0; i < n; i++) {
    const count = f64[items + i] as number;
    if (count > 0) routes.add(i32[route + i] as number, count);
  }
}

function readDeps(r: Reader, n: number, tape: number): void {
  let start = r.at;
  const counts = readCounts(r, n);
  const { sum } = r;
  if (sum > MAX_SAFE) refuse(BAD_COUNT, start);
  if (sum === 0) refuse(BAD_FLAGS, FLAGS_OFFSET);
  start = r.at;
  r.charge(sum);
  r.intsHead(sum);
  const address = r.arena.take(8 * sum);
  unpackF64(r, sum, address);
  const { u32, f64 } = r.arena;
  const seqs = (u32[tape + TAPE_SEQ] as number) >>> 3;
  let at = address >>> 3;
  for (let i = 0; i < n; i++) {
    const end = at + (u32[(counts >>> 2) + i] as number);
    const seq = f64[seqs + i] as number;
    for (let last = 0; at < end; at++) {
      const distance = f64[at] as number;
      if (!(distance > last && distance < seq)) refuse(BAD_ORDER, start);
      last = distance;
    }
  }
  set(r, tape + TAPE_DEP_COUNTS, counts);
  set(r, tape + TAPE_DEPS, address);
  set(r, tape + TAPE_DEP_SUM, sum);
}

function readAtomic(r: Reader, n: number): number {
  const start = r.at;
  const address = readBounded32(r, n, 0, n, BAD_ORDER);
  const { i32 } = r.arena;
  let greatest = 0;
  let before = 0;
  for (let i = 0; i < n; i++) {
    const group = i32[(address >>> 2) + i] as number;
    if (group !== 0 && group !== before) {
      if (group !== greatest + 1) refuse(BAD_ORDER, start);
      greatest = group;
    }
    before = group;
  }
  if (greatest === 0) refuse(BAD_FLAGS, FLAGS_OFFSET);
  return address;
}

function readMessages(r: Reader, n: number, tape: number): void {
  let start = r.at;
  const k = r.count();
  if (k > n) refuse(BAD_COUNT, start);
  if (k === 0) refuse(BAD_FLAGS, FLAGS_OFFSET);
  start = r.at;
  const indices = readBounded32(r, k, 0, n - 1, BAD_ORDER);
  const { i32 } = r.arena;
  let index = -1;
  for (let i = indices >>> 2; i < (indices >>> 2) + k; i++) {
    index += (i32[i] as number) + 1;
    if (index >= n) refuse(BAD_ORDER, start);
    i32[i] = index;
  }
  set(r, tape + TAPE_MESSAGES, k);
  set(r, tape + TAPE_MESSAGE_INDEX, indices);
  set(r, tape + TAPE_MESSAGE_LENGTHS, readStrings(r, k, 1));
  set(r, tape + TAPE_MESSAGE_TEXT, r.textStart);
  set(r, tape + TAPE_MESSAGE_BYTES, r.textBytes);
}

function set(r: Reader, word: number, value: number): void {
  r.arena.u32[word] = value;
}
