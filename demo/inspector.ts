import type { Shapes } from './inspector/columns.ts';
import { Cursor, type Span, Unreadable } from './inspector/cursor.ts';
import { readGroups } from './inspector/groups.ts';
import { type RouteName, readHead } from './inspector/heads.ts';

export type { Shapes } from './inspector/columns.ts';
export type { Span } from './inspector/cursor.ts';
export type { RouteName } from './inspector/heads.ts';

const kinds = ['', 'request', 'response', 'push'];
const checkBytes = 4;

/**
 * Explains a frame byte by byte (PROTOCOL.md part A), for people who want to see what travels.
 *
 * It is no judge: it does not look at the checksum or at the range of values, and where a frame is not what the protocol
 * says, the rest of it is one span that says so. It never throws.
 *
 * @param shapes By which records are read; a contract is one.
 * @param name How routes are called.
 * @returns Spans in order, each byte in exactly one.
 */
export function inspect(frame: Uint8Array, shapes: Shapes, name: RouteName = (route) => `route ${route}`): Span[] {
  const cursor = new Cursor(frame, Math.max(0, frame.length - checkBytes));
  try {
    readFrame(cursor, shapes, name);
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    cursor.end = Math.max(0, frame.length - checkBytes);
    cursor.pass(cursor.left, 'not understood', `${cursor.left} bytes`, error.message);
  }
  cursor.end = frame.length;
  const check = hex(frame.subarray(cursor.at));
  cursor.pass(cursor.left, 'check', check, 'XXH32 of all bytes before it: damage on the way is noticed.');
  return cursor.spans;
}

function readFrame(cursor: Cursor, shapes: Shapes, name: RouteName): void {
  const magic = cursor.u8('magic', (value) => (value === 0xc5 ? 'a CRUDP frame' : 'no CRUDP frame'));
  if (magic !== 0xc5) throw new Unreadable('a frame begins with C5');
  const head = cursor.u8('kind', (value) => `${kinds[value & 15] || 'no kind'}, version ${value >> 4}`);
  const kind = head & 15;
  if (head >> 4 !== 1 || kind < 1 || kind > 3) throw new Unreadable('this version and kind are not known');
  const records = cursor.within('packets', () => readHead(cursor, kind, name));
  readGroups(cursor, kind === 1 ? shapes.inputs : shapes.outputs, records, name);
  cursor.pass(cursor.left, 'not understood', `${cursor.left} bytes`, 'Nothing is due here.');
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}
