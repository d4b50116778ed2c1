import {
  LIMIT_FRAME_BYTES,
  SLOT_COUNT,
  SLOT_EXTRA,
  SLOT_TEXT,
  SLOT_TEXT_BYTES,
  SLOT_VALUES,
} from '../../../../assembly/protocol.ts';
import { EncodeError } from '../../errors.ts';
import type { Kernels } from '../kernels.ts';
import { Ungatherable } from './ungatherable.ts';

/** Up to so many units a native call costs more than to write them one by one. */
const FEW_UNITS = 48;

const utf8 = new TextEncoder();

/** What Node's Buffer offers beyond Uint8Array; absent in browsers. Newer ones write seven times as fast as `encodeInto`. */
interface Utf8Writing {
  utf8Write(text: string, offset: number, length: number): number;
}
const utf8Write = (globalThis as { Buffer?: { prototype: Utf8Writing } }).Buffer?.prototype.utf8Write;

/**
 * Writes strings as one run of UTF-8.
 *
 * One native call for the whole run: a call each would cost more than the strings.
 *
 * @param text All of them, one after another.
 * @param word Where the run's address is noted.
 * @param lengths Word index of the first one's length.
 * @param n How many there are.
 * @returns The run's length in bytes.
 * @throws {Ungatherable} A string has half of a pair.
 */
export function writeText(kernels: Kernels, text: string, word: number, lengths: number, n: number): number {
  const units = text.length;
  // A unit is at most three bytes of UTF-8.
  const address = kernels.reserve(3 * units);
  const { u8, u32 } = kernels.heap;
  u32[word] = address;
  if (units <= FEW_UNITS && writeAscii(u8, address, text)) return units;
  const bytes = encodeInto(u8, address, text);
  // Encoding puts U+FFFD where half a pair stands; all ASCII has none.
  if (bytes !== units && !areWellFormed(text, u32, lengths, n)) throw new Ungatherable();
  return bytes;
}

function encodeInto(u8: Uint8Array, address: number, text: string): number {
  const space = 3 * text.length;
  if (utf8Write !== undefined) return utf8Write.call(u8, text, address, space);
  return utf8.encodeInto(text, u8.subarray(address, address + space)).written;
}

/** Writes the run of a column whose strings' lengths are written and noted in its slot. @throws {Ungatherable} */
export function writeRun(kernels: Kernels, text: string, slot: number): void {
  const { u32 } = kernels.heap;
  const lengths = (u32[slot + SLOT_VALUES] as number) >>> 2;
  const bytes = writeText(kernels, text, slot + SLOT_TEXT, lengths, u32[slot + SLOT_COUNT] as number);
  kernels.heap.u32[slot + SLOT_TEXT_BYTES] = bytes;
  kernels.heap.u32[slot + SLOT_EXTRA] = text.length;
}

/** @returns Whether all of it was ASCII; if not, what was written is to be overwritten. */
function writeAscii(u8: Uint8Array, address: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 0x7f) return false;
    u8[address + i] = unit;
  }
  return true;
}

/** V8 knows that Latin-1 has none without a look at it. */
const half = /[\ud800-\udfff]/;

/** Whether each string of a run is: halves of two strings that stand side by side are no pair. */
function areWellFormed(text: string, words: Uint32Array, lengths: number, n: number): boolean {
  if (!half.test(text)) return true;
  if (!text.isWellFormed()) return false;
  let begin = 0;
  for (let i = lengths; i < lengths + n; i++) {
    if ((text.charCodeAt(begin) & 0xfc00) === 0xdc00) return false;
    begin += words[i] as number;
  }
  return true;
}

/** A frame cannot hold it; known before the memory for it is taken. */
export function tooMuchText(): EncodeError {
  return new EncodeError('', `its text has more than ${LIMIT_FRAME_BYTES} bytes`);
}
