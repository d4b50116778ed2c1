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
  ROUTE_COUNT,
  ROUTE_NO_SHAPE,
} from '../../../assembly/protocol.ts';
import type { Field, RecordShape, ScalarKind, ShapeTable, TypeNode } from '../contract/field.ts';
import { CrudpError } from '../errors.ts';
import type { Kernels } from './kernels.ts';

const scalarOps: Readonly<Record<ScalarKind, number>> = {
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
  timestamp: OP_TIMESTAMP,
  date: OP_DATE,
  unixid: OP_UNIXID,
  bytes: OP_BYTES,
  json: OP_JSON,
  file: OP_FILE,
};
/** {name:string, type:symbol, size:int, upload:string, content:bytes} (B.1). */
const fileOps = [OP_STRING, OP_SYMBOL, OP_INT, OP_STRING, OP_BYTES];

interface Installed {
  readonly generation: number;
  readonly address: number;
}
const installed = new WeakMap<Kernels, WeakMap<ShapeTable, Installed>>();
const programs = new WeakMap<RecordShape, Uint32Array>();

/**
 * Puts a direction's shapes into the kernels' arena, once per kernels and table, again when the arena was emptied.
 *
 * Call it between calls, that is before `begin`.
 *
 * @returns Address of the route table.
 */
export function installSchema(kernels: Kernels, table: ShapeTable): number {
  let tables = installed.get(kernels);
  if (tables === undefined) {
    tables = new WeakMap();
    installed.set(kernels, tables);
  }
  const found = tables.get(table);
  if (found !== undefined && found.generation === kernels.generation) return found.address;
  const address = install(kernels, table);
  tables.set(table, { generation: kernels.generation, address });
  return address;
}

/** The words of a shape program, as protocol.ts lays them out. */
export function compileProgram(shape: RecordShape): Uint32Array {
  const known = programs.get(shape);
  if (known !== undefined) return known;
  const { fields } = shape;
  const head = [fields.length, 0];
  const nodes: number[] = [];
  for (const [i, field] of fields.entries()) {
    head.push((shape.signature[i] as number) | (Number(isRequired(field)) << 16), nodes.length);
    pushNodes(field.type, nodes);
  }
  head[1] = nodes.length;
  const words = Uint32Array.from([...head, ...nodes]);
  programs.set(shape, words);
  return words;
}

function install(kernels: Kernels, table: ShapeTable): number {
  // One block for all programs: a shape that several routes share stands there once.
  const places = new Map<RecordShape, number>();
  let size = 0;
  for (const shape of table.values()) {
    if (shape === null || places.has(shape)) continue;
    places.set(shape, size);
    size += compileProgram(shape).length;
  }
  const block = new Uint32Array(size);
  for (const [shape, place] of places) block.set(compileProgram(shape), place);

  // Installing the table may empty the arena, and the block with it; into an empty one both fit, or never will.
  for (let attempt = 0; attempt < 2; attempt++) {
    const base = kernels.install(block);
    const { generation } = kernels;
    const routes = new Uint32Array(ROUTE_COUNT);
    for (const [route, shape] of table) {
      routes[route] = shape === null ? ROUTE_NO_SHAPE : base + 4 * (places.get(shape) as number);
    }
    const address = kernels.install(routes);
    if (kernels.generation === generation) return address;
  }
  throw new CrudpError(
    'out_of_memory',
    `the shapes take ${4 * size} bytes of the codec's memory, more than it has for them`,
  );
}

/** Whether a reader that knows the field can do nothing without it (A.4). */
function isRequired(field: Field): boolean {
  return field.type.kind !== 'optional' && field.fallback === undefined;
}

function pushNodes(type: TypeNode, nodes: number[]): void {
  switch (type.kind) {
    case 'optional':
    case 'nullable':
    case 'list':
      nodes.push(type.kind === 'list' ? OP_LIST : type.kind === 'optional' ? OP_OPTIONAL : OP_NULLABLE);
      pushNodes(type.inner, nodes);
      return;
    case 'struct':
      nodes.push(OP_STRUCT | (type.fields.length << 8));
      for (const field of type.fields) pushNodes(field.type, nodes);
      return;
    case 'enum':
      nodes.push(OP_ENUM | (type.literals.length << 8));
      return;
    default:
      nodes.push(scalarOps[type.kind]);
      if (type.kind === 'file') nodes.push(...fileOps);
  }
}
