import type { Contract } from 'crudp';
import { type Cursor, countOf } from './cursor.ts';
import { type Ints, preview, readBits, readFloats, readInts, readPresence, readStrings, readSymbols } from './runs.ts';

/** The shapes that frames are read by: a contract has them. */
export type Shapes = Pick<Contract, 'inputs' | 'outputs'>;
export type ShapeTable = Shapes['inputs'];
export type RecordShape = NonNullable<ShapeTable extends ReadonlyMap<number, infer S> ? S : never>;
type TypeNode = RecordShape['fields'][number]['type'];

/** Lengths of the blobs of one `bytes` column; the blobs themselves stand in the frame's tail. */
export interface Blobs {
  readonly label: string;
  readonly lengths: Ints;
}

/** Reads the column of `count` values of a type. @param blobs Gets what is to be found in the tail, in order. */
export function readColumn(cursor: Cursor, type: TypeNode, count: number, label: string, blobs: Blobs[]): void {
  if (count === 0) return;
  switch (type.kind) {
    case 'bool':
      readBits(cursor, count, label, (set) => `${set} of ${count} true`);
      return;
    case 'enum':
      readInts(cursor, count, label, (values) =>
        preview(values, (position) => type.literals[Number(position)] ?? `no ${position}`),
      );
      return;
    case 'timestamp':
    case 'date':
      readInts(cursor, count, label, (values) => preview(values, timeText));
      return;
    case 'unixid':
      readInts(cursor, count, `${label}: ticks`, (values) => preview(values));
      readInts(cursor, count, `${label}: nodes`, (values) => preview(values));
      return;
    case 'f64':
      readFloats(cursor, count, label);
      return;
    case 'string':
    case 'json':
      readStrings(cursor, count, label);
      return;
    case 'symbol':
      readSymbols(cursor, count, label);
      return;
    case 'bytes':
      blobs.push({ label, lengths: readInts(cursor, count, `${label}: lengths`) });
      return;
    case 'optional':
    case 'nullable':
      readColumn(cursor, type.inner, readPresence(cursor, count, label), label, blobs);
      return;
    case 'list':
      readList(cursor, type.inner, count, label, blobs);
      return;
    case 'struct':
      for (const field of type.fields) readColumn(cursor, field.type, count, `${label}.${field.name}`, blobs);
      return;
    case 'file':
      readStrings(cursor, count, `${label}.name`);
      readSymbols(cursor, count, `${label}.type`);
      readInts(cursor, count, `${label}.size`);
      readStrings(cursor, count, `${label}.upload`);
      blobs.push({ label: `${label}.content`, lengths: readInts(cursor, count, `${label}.content: lengths`) });
      return;
    default:
      readInts(cursor, count, label);
  }
}

function readList(cursor: Cursor, inner: TypeNode, count: number, label: string, blobs: Blobs[]): void {
  const counts = readInts(cursor, count, `${label}: how many`);
  readColumn(cursor, inner, countOf(counts.sum()), `${label}[]`, blobs);
}

function timeText(ms: bigint): string {
  const date = new Date(Number(ms));
  return Number.isNaN(date.getTime()) ? `${ms} ms` : date.toISOString();
}
