import {
  BAD_COUNT,
  BAD_LENGTH,
  BAD_UTF8,
  LIMIT,
  OUT_OF_RANGE,
  SLOT_EXTRA,
  SLOT_SECOND,
  SLOT_TEXT,
  SLOT_TEXT_BYTES,
  SLOT_VALUES,
} from '../../../../assembly/protocol.ts';
import { readBounded32, readCounts, within } from './judge.ts';
import { MAX_SAFE, type Reader } from './reader.ts';
import { refuse } from './refusal.ts';
import { cutsPair, hasPairs, utf16Length } from './utf8.ts';

/**
 * A column of n > 0 strings: u32[n] lengths in UTF-16 units; the text is judged and stays in the frame.
 * Where it lies is left in `textStart` and `textBytes`, its UTF-16 units in `sum`.
 *
 * @param least The shortest a string may be: 0, or 1 for messages.
 */
export function readStrings(r: Reader, n: number, least: number): number {
  const start = r.at;
  const address = readCounts(r, n);
  const { sum: units, greatest } = r;
  if (!within(r, n, least, MAX_SAFE)) refuse(BAD_COUNT, start);
  if (greatest > r.maxUnits) refuse(LIMIT, start);
  const excess = r.count();
  const bytes = units + excess;
  const run = r.take(bytes);
  const seen = utf16Length(r.view, run, r.at);
  if (seen < 0) refuse(BAD_UTF8, run);
  if (seen !== units) refuse(BAD_LENGTH, start);
  if (hasPairs && cutsPair(r.frame, run, r.arena.u32, address >>> 2, n)) refuse(BAD_LENGTH, start);
  r.textStart = run;
  r.textBytes = bytes;
  r.sum = units;
  return address;
}

export function readStringColumn(r: Reader, n: number, slot: number): void {
  const address = readStrings(r, n, 0);
  const { u32 } = r.arena;
  u32[slot + SLOT_VALUES] = address;
  u32[slot + SLOT_TEXT] = r.textStart;
  u32[slot + SLOT_TEXT_BYTES] = r.textBytes;
  u32[slot + SLOT_EXTRA] = r.sum;
}

export function readSymbolColumn(r: Reader, n: number, slot: number): void {
  const start = r.at;
  const size = r.count();
  if (size < 1 || size > n) refuse(BAD_COUNT, start);
  readStringColumn(r, size, slot);
  const indices = size > 1 ? readBounded32(r, n, 0, size - 1, OUT_OF_RANGE) : r.arena.take(4 * n);
  r.arena.u32[slot + SLOT_SECOND] = indices;
  r.arena.u32[slot + SLOT_EXTRA] = size;
}
