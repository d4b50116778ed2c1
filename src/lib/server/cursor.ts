import { xxh32 } from '../xxh32.ts';
import type { LogPosition } from './journal-log.ts';

/**
 * An opaque place in the logs that a user hears, as event ids and `Last-Event-ID` carry it.
 *
 * base64url of: version u8 (1) · flags u8 (1: logs were left out) · epoch u64 · per log: u16 of the name's hash ·
 * varint offset · u32 mark, where offset > 0. Marks decide whether a place is right; the hash only finds the log.
 */
export interface Cursor {
  readonly epoch: string;
  readonly places: ReadonlyMap<string, LogPosition>;
  /** The cursor had no room for all of the logs: those that are missing were left out, not unknown. */
  readonly incomplete: boolean;
}

/** 256 characters of base64url. */
const maxBytes = 192;
const version = 1;
const flagIncomplete = 1;
const headBytes = 10;
const text = new TextEncoder();

/** A place in a log, as it is written into a cursor. */
export interface Place {
  /** `nameHash` of the log's name. */
  readonly hash: number;
  readonly position: LogPosition;
}

/** Holds the cursor that is written, and from one to the next the epoch: a broadcast writes thousands of them. */
const scratch = Buffer.alloc(maxBytes);
let scratchEpoch = '';
scratch[0] = version;

/** Logs first named are first to find room. */
export function encodeCursor(epoch: string, places: readonly Place[]): string {
  if (epoch !== scratchEpoch) scratch.write(epoch, 2, 'hex');
  scratchEpoch = epoch;
  scratch[1] = 0;
  let end = headBytes;
  for (const { hash, position } of places) {
    const { offset, mark } = position;
    const size = 2 + varintBytes(offset) + (offset > 0 ? 4 : 0);
    if (end + size > maxBytes) {
      scratch[1] = flagIncomplete;
      break;
    }
    end = scratch.writeUInt16LE(hash, end);
    end = writeVarint(scratch, offset, end);
    if (offset > 0) end = scratch.writeUInt32BE(Number.parseInt(mark, 16), end);
  }
  return scratch.toString('base64url', 0, end);
}

/**
 * Finds the places of `logs` in a cursor.
 *
 * @param logs In the order in which `encodeCursor` had them: names whose hashes are equal are told apart by it, and by
 *   the marks.
 * @returns null for anything that `encodeCursor` would not have written; a place that was made up is found out by its mark.
 */
export function decodeCursor(cursor: string, logs: readonly string[]): Cursor | null {
  if (cursor.length > 256 || !/^[A-Za-z0-9_-]+$/.test(cursor)) return null;
  const bytes = Buffer.from(cursor, 'base64url');
  if (bytes.length < headBytes || bytes[0] !== version || (bytes[1] ?? 0) > flagIncomplete) return null;
  const places: { readonly hash: number; readonly position: LogPosition }[] = [];
  for (let at = headBytes; at < bytes.length; ) {
    if (at + 2 > bytes.length) return null;
    const hash = bytes.readUInt16LE(at);
    const number = readVarint(bytes, at + 2);
    if (!number) return null;
    const { value: offset, end } = number;
    const markEnd = offset > 0 ? end + 4 : end;
    if (markEnd > bytes.length) return null;
    places.push({ hash, position: { offset, mark: bytes.toString('hex', end, markEnd) } });
    at = markEnd;
  }
  const found = new Map<string, LogPosition>();
  for (const log of logs) {
    const index = places.findIndex(({ hash }) => hash === nameHash(log));
    const [place] = index < 0 ? [] : places.splice(index, 1);
    if (place) found.set(log, place.position);
  }
  return { epoch: bytes.toString('hex', 2, headBytes), places: found, incomplete: bytes[1] === flagIncomplete };
}

/** 16 bits. */
export function nameHash(log: string): number {
  const bytes = text.encode(log);
  return xxh32(new DataView(bytes.buffer), 0, bytes.length, 0) & 0xffff;
}

function varintBytes(value: number): number {
  let count = 1;
  for (; value >= 128; value = Math.floor(value / 128)) count++;
  return count;
}

// Arithmetic, not shifts: offsets go up to 2^53.
function writeVarint(bytes: Buffer, value: number, at: number): number {
  for (; value >= 128; value = Math.floor(value / 128)) at = bytes.writeUInt8((value % 128) + 128, at);
  return bytes.writeUInt8(value, at);
}

function readVarint(bytes: Buffer, at: number): { readonly value: number; readonly end: number } | null {
  let value = 0;
  for (let scale = 1; at < bytes.length && scale < 2 ** 53; scale *= 128) {
    const byte = bytes.readUInt8(at++);
    value += (byte & 127) * scale;
    if (byte < 128) return Number.isSafeInteger(value) ? { value, end: at } : null;
  }
  return null;
}
