import { type Blobs, type RecordShape, readColumn, type ShapeTable } from './columns.ts';
import type { Cursor } from './cursor.ts';
import type { RecordCounts, RouteName } from './heads.ts';

/** A group's share of the blob tail. */
interface Tail {
  readonly name: string;
  readonly bytes: number;
  readonly blobs: readonly Blobs[];
}

/** The groups and, after them, the blob tail. */
export function readGroups(cursor: Cursor, table: ShapeTable, records: RecordCounts, name: RouteName): void {
  const count = cursor.count('groups', 'Records of one route stand together, as columns.');
  const tails: Tail[] = [];
  for (let index = 0; index < count; index++) tails.push(readGroup(cursor, table, records, name));
  for (const tail of tails) cursor.within(tail.name, () => readTail(cursor, tail));
}

function readGroup(cursor: Cursor, table: ShapeTable, records: RecordCounts, name: RouteName): Tail {
  const route = Number(cursor.varint('route', (value) => name(Number(value))));
  return cursor.within(name(route), () => {
    const length = cursor.count('length', "Bytes from here to the end of the group's columns.");
    cursor.demand(length);
    const outer = cursor.end;
    cursor.end = cursor.at + length;
    const bytes = cursor.count('tail', 'Bytes of this group in the blob tail.');
    const fieldCount = cursor.count('fields', 'How many columns were written.');
    const signature = readSignature(cursor, fieldCount);
    const blobs: Blobs[] = [];
    const shape = table.get(route) ?? null;
    if (shape !== null && isKnown(shape, signature)) {
      for (const { name: field, type } of shape.fields.slice(0, fieldCount)) {
        const label = field || 'value';
        cursor.within(label, () => readColumn(cursor, type, records.get(route) ?? 0, label, blobs));
      }
    }
    const why = shape === null ? 'This contract does not have the route.' : 'This contract does not have these fields.';
    cursor.pass(cursor.left, 'columns, skipped', `${cursor.left} bytes`, why);
    cursor.end = outer;
    return { name: name(route), bytes, blobs };
  });
}

function readSignature(cursor: Cursor, count: number): number[] {
  cursor.demand(2 * count);
  const signs = Array.from({ length: count }, (_, index) => Number(cursor.word(cursor.at + 2 * index, 2)));
  const text = signs.map((sign) => sign.toString(16).padStart(4, '0')).join(' ');
  cursor.pass(
    2 * count,
    'signature',
    text,
    'A hash of the names and types of the fields up to each: both sides mean the same.',
  );
  return signs;
}

function isKnown({ signature }: RecordShape, signs: readonly number[]): boolean {
  return signs.slice(0, signature.length).every((sign, index) => sign === signature[index]);
}

function readTail(cursor: Cursor, { bytes, blobs }: Tail): void {
  const end = cursor.at + bytes;
  for (const { label, lengths } of blobs) {
    // Empty blobs take no bytes: there may be millions of them.
    if (lengths.sum() === 0n) continue;
    for (let index = 0; index < lengths.count && cursor.at < end; index++) {
      const length = Number(lengths.get(index));
      if (length > 0) cursor.pass(Math.min(length, end - cursor.at), label, `${length} bytes`);
    }
  }
  cursor.pass(end - cursor.at, 'blobs, skipped', `${end - cursor.at} bytes`);
}
