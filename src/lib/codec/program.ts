import { OP_ENUM, OP_STRUCT, ROUTE_COUNT, ROUTE_NO_SHAPE } from '../../../assembly/protocol.ts';
import type { Field, RecordShape, ShapeTable } from '../contract/field.ts';
import { CrudpError } from '../errors.ts';
import type { Kernels } from './kernels.ts';
import { type Column, planOf } from './plan.ts';

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
  const { fields, columns } = planOf(shape.fields);
  const head = [fields.length, 0];
  const nodes: number[] = [];
  for (const [i, field] of fields.entries()) {
    head.push((shape.signature[i] as number) | (Number(isRequired(field)) << 16), nodes.length);
    pushNodes(columns[i] as Column, nodes);
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

function pushNodes({ op, inner, struct, literals }: Column, nodes: number[]): void {
  if (op === OP_STRUCT) nodes.push(op | ((struct?.columns.length ?? 0) << 8));
  else if (op === OP_ENUM) nodes.push(op | (literals.length << 8));
  else nodes.push(op);
  if (inner !== null) pushNodes(inner, nodes);
  for (const column of struct?.columns ?? []) pushNodes(column, nodes);
}
