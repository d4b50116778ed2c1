import {
  OP_BOOL,
  OP_BYTES,
  OP_DATE,
  OP_ENUM,
  OP_F64,
  OP_FILE,
  OP_I8,
  OP_I16,
  OP_I32,
  OP_I64,
  OP_INT,
  OP_JSON,
  OP_LIST,
  OP_NULLABLE,
  OP_OPTIONAL,
  OP_STRING,
  OP_STRUCT,
  OP_SYMBOL,
  OP_TIMESTAMP,
  OP_U8,
  OP_U16,
  OP_U32,
  OP_UNIXID,
} from '../../../assembly/protocol.ts';
import type { Field, TypeNode } from '../contract/field.ts';
import type { Heap } from './kernels.ts';

/** Turns objects into their fields' values, an array for each field; null: one of them is no object. */
export type Plucker = (objects: readonly unknown[]) => unknown[][] | null;

/**
 * Makes n objects; a value of undefined leaves its property out.
 *
 * @param sources For each field its values, or, for those that build-objects.ts knows, their index in that view of the heap.
 */
export type Builder = (n: number, heap: Heap, sources: readonly (number | ArrayLike<unknown>)[]) => unknown[];

/**
 * A type node as the codec works with it. Every column of every frame asks what its type is: a number in a place of its own
 * is known at once, where a table by the type's name is searched each time.
 */
export interface Column {
  /** As in a shape program. */
  readonly op: number;
  /** What a value charges of a reader's budget (A.8). */
  readonly cost: number;
  /** Of optional, nullable, list. */
  readonly inner: Column | null;
  /** Of struct and file. */
  readonly struct: Struct | null;
  /** Of enum. */
  readonly literals: readonly string[];
}

/** The fields of a shape, struct or file; what is generated for them is made when it is first wanted. */
export interface Struct {
  readonly fields: readonly Field[];
  readonly columns: readonly Column[];
  plucker: Plucker | null;
  builder: Builder | null;
}

const ops: Readonly<Record<TypeNode['kind'], number>> = {
  bool: OP_BOOL,
  u8: OP_U8,
  u16: OP_U16,
  u32: OP_U32,
  i8: OP_I8,
  i16: OP_I16,
  i32: OP_I32,
  int: OP_INT,
  i64: OP_I64,
  f64: OP_F64,
  string: OP_STRING,
  symbol: OP_SYMBOL,
  enum: OP_ENUM,
  timestamp: OP_TIMESTAMP,
  date: OP_DATE,
  unixid: OP_UNIXID,
  bytes: OP_BYTES,
  json: OP_JSON,
  optional: OP_OPTIONAL,
  nullable: OP_NULLABLE,
  list: OP_LIST,
  struct: OP_STRUCT,
  file: OP_FILE,
};
/** What is not 1. */
const costs: Readonly<Record<number, number>> = { [OP_STRUCT]: 0, [OP_BYTES]: 8, [OP_FILE]: 12 };

/** As B.1 has them. */
const fileFields: readonly Field[] = [
  { name: 'name', type: { kind: 'string' } },
  { name: 'type', type: { kind: 'symbol' } },
  { name: 'size', type: { kind: 'int' } },
  { name: 'upload', type: { kind: 'string' } },
  { name: 'content', type: { kind: 'bytes' } },
];

const structs = new WeakMap<readonly Field[], Struct>();

/** The plan of a shape's fields, made once. */
export function planOf(fields: readonly Field[]): Struct {
  let struct = structs.get(fields);
  if (struct === undefined) {
    struct = { fields, columns: fields.map(({ type }) => columnOf(type)), plucker: null, builder: null };
    structs.set(fields, struct);
  }
  return struct;
}

function columnOf(type: TypeNode): Column {
  const op = ops[type.kind];
  return {
    op,
    cost: costs[op] ?? 1,
    inner: 'inner' in type ? columnOf(type.inner) : null,
    struct: 'fields' in type ? planOf(type.fields) : type.kind === 'file' ? planOf(fileFields) : null,
    literals: 'literals' in type ? type.literals : [],
  };
}
