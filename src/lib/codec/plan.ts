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
import type { Builder } from './decode/materials.ts';
import type { Heap } from './kernels.ts';

/**
 * Writes what it can of objects' fields into the arena, and gives the rest.
 *
 * @param at Address of the space for it: `Gathering.bytes` for each object.
 * @param slot Word index of the first field's slot; those of the columns that it writes are filled.
 * @param rest Filled for each of `Gathering.rest`.
 * @returns Whether all values that it has seen are right.
 */
export type Gatherer = (
  objects: readonly unknown[],
  heap: Heap,
  at: number,
  slot: number,
  rest: (string | unknown[])[],
) => boolean;

/** How generated code gathers a struct's fields. */
export interface Gathering {
  readonly write: Gatherer;
  /** Of the arena, for each object. */
  readonly bytes: number;
  /** What an object's columns charge of a reader's budget, without those of `rest`. */
  readonly cost: number;
  readonly rest: readonly Rest[];
}

/** What is left of a field when generated code has seen it. */
export interface Rest {
  /** Null: strings, whose lengths stand in the arena and which are given as one. Else the column of the values that are given. */
  readonly column: Column | null;
  /** Words from the first field's slot to the column's. */
  readonly slot: number;
}

/**
 * A type node as the codec works with it. Every column of every frame asks what its type is: a number in a place of its own
 * is known at once, where a table by the type's name is searched each time.
 */
export interface Column {
  /** As in a shape program. */
  readonly op: number;
  /** What a value charges of a reader's budget (A.8). */
  readonly cost: number;
  /** How many slots it has, with all below it. */
  readonly nodes: number;
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
  /** Those of its nodes that are JSON, counted from its first field's. */
  readonly jsonNodes: readonly number[];
  gathering: Gathering | null;
  builder: Builder | null;
}

export const ops: Readonly<Record<TypeNode['kind'], number>> = {
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
    const columns = fields.map(({ type }) => columnOf(type));
    struct = { fields, columns, jsonNodes: jsonNodesOf(columns), gathering: null, builder: null };
    structs.set(fields, struct);
  }
  return struct;
}

function columnOf(type: TypeNode): Column {
  const op = ops[type.kind];
  const inner = 'inner' in type ? columnOf(type.inner) : null;
  const struct = 'fields' in type ? planOf(type.fields) : type.kind === 'file' ? planOf(fileFields) : null;
  return {
    op,
    cost: costs[op] ?? 1,
    nodes: 1 + (inner?.nodes ?? 0) + (struct === null ? 0 : nodesOf(struct)),
    inner,
    struct,
    literals: 'literals' in type ? type.literals : [],
  };
}

function jsonNodesOf(columns: readonly Column[]): number[] {
  const found: number[] = [];
  let node = 0;
  for (const { op, inner, struct, nodes } of columns) {
    if (op === OP_JSON) found.push(node);
    const below = inner === null ? struct?.jsonNodes : jsonNodesOf([inner]);
    for (const place of below ?? []) found.push(node + 1 + place);
    node += nodes;
  }
  return found;
}

/** How many slots the columns of a struct have, with all below them. */
export function nodesOf({ columns }: Struct): number {
  let nodes = 0;
  for (const column of columns) nodes += column.nodes;
  return nodes;
}
