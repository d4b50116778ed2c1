import {
  SLOT_COUNT,
  SLOT_EXTRA,
  SLOT_SECOND,
  SLOT_TEXT,
  SLOT_TEXT_BYTES,
  SLOT_VALUES,
} from '../../../../assembly/protocol.ts';
import type { Materials } from './materials.ts';

const nothing: readonly string[] = [];

/** The text of a column of strings; where in it the first begins, its slot says from now on (SLOT_SECOND). */
export function textOf({ heap: { u32 }, text }: Materials, slot: number): string {
  const piece = text.piece(
    u32[slot + SLOT_TEXT] as number,
    u32[slot + SLOT_TEXT_BYTES] as number,
    u32[slot + SLOT_EXTRA] as number,
  );
  u32[slot + SLOT_SECOND] = text.place;
  return piece;
}

/** The distinct strings of a column of symbols. */
export function dictionaryOf(materials: Materials, slot: number): readonly string[] {
  const { u32 } = materials.heap;
  return u32[slot + SLOT_COUNT] === 0 ? nothing : stringsOf(materials, slot, u32[slot + SLOT_EXTRA] as number);
}

/** The n strings whose lengths and text a slot has. */
export function stringsOf({ heap: { u32 }, text }: Materials, slot: number, n: number): string[] {
  const [offset, bytes] = [u32[slot + SLOT_TEXT] as number, u32[slot + SLOT_TEXT_BYTES] as number];
  return text.strings(offset, bytes, u32, (u32[slot + SLOT_VALUES] as number) >>> 2, n);
}

/** What gives a blob, by where in the tail it begins and ends. */
export function blobsOf({ text: { frame }, tail, copyBytes }: Materials): (start: number, end: number) => Uint8Array {
  // Node's Buffer is a Uint8Array whose `slice` does not copy, and whose views are Buffers again.
  const bytes = new Uint8Array(frame.buffer, frame.byteOffset, frame.length);
  return copyBytes
    ? (start, end) => bytes.slice(tail + start, tail + end)
    : (start, end) => bytes.subarray(tail + start, tail + end);
}
