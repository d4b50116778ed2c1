import {
  OP_BOOL,
  OP_DATE,
  OP_F64,
  OP_FILE,
  OP_I8,
  OP_I16,
  OP_I32,
  OP_I64,
  OP_INT,
  OP_TIMESTAMP,
  OP_U8,
  OP_U16,
  OP_U32,
} from '../../../assembly/protocol.ts';
import type { Field } from '../contract/field.ts';
import type { Heap } from './kernels.ts';
import type { Builder, Column, Struct } from './plan.ts';

/** How values lie in the arena that need nothing else to be made. */
export interface Elements {
  readonly view: keyof Heap;
  /** Of a byte address to an index in the view. */
  readonly shift: number;
  /** Makes a value of an element, where it is not one already. */
  readonly read?: (element: number | bigint) => unknown;
  /** The same as code. */
  readonly code?: (element: string) => string;
}

const small: Elements = { view: 'i32', shift: 2 };
const double: Elements = { view: 'f64', shift: 3 };

/** By operation; null: these values take more to make. */
export const elements: readonly (Elements | null)[] = listByOp({
  [OP_BOOL]: { view: 'u8', shift: 0, read: (element) => element === 1, code: (element) => `${element}===1` },
  [OP_U8]: small,
  [OP_U16]: small,
  [OP_I8]: small,
  [OP_I16]: small,
  [OP_I32]: small,
  [OP_U32]: { view: 'u32', shift: 2 },
  [OP_INT]: double,
  [OP_TIMESTAMP]: double,
  [OP_F64]: double,
  [OP_DATE]: {
    view: 'f64',
    shift: 3,
    read: (element) => new Date(Number(element)),
    code: (element) => `new Date(${element})`,
  },
  [OP_I64]: { view: 'i64', shift: 3 },
});

function listByOp(found: Readonly<Record<number, Elements>>): (Elements | null)[] {
  return Array.from({ length: OP_FILE + 1 }, (_, op) => found[op] ?? null);
}

let allowed: boolean | undefined;

/** A content security policy may forbid generated functions; then closures do it, slower. */
export function canGenerate(): boolean {
  if (allowed === undefined) {
    try {
      allowed = new Function('return true')() === true;
    } catch {
      allowed = false;
    }
  }
  return allowed;
}

/** The builder of all of a struct's or shape's fields, made once. Only where functions may be generated. */
export function builderOf(struct: Struct): Builder {
  struct.builder ??= generate(struct);
  return struct.builder;
}

/**
 * One function per shape: its object literal gets one hidden class, each column one element kind, and plain elements come
 * straight out of the arena.
 *
 * Field names are identifiers (B.1, judged when the shape was made); they are quoted all the same.
 */
function generate({ fields, columns: types }: Struct): Builder {
  const columns = fields.map((_, i) => `const c${i}=c[${i}];`).join('');
  const present: string[] = [];
  const omissible: string[] = [];
  for (const [i, { name, type }] of fields.entries()) {
    const key = JSON.stringify(name);
    const found = elements[(types[i] as Column).op];
    if (type.kind === 'optional') omissible.push(`const v${i}=c${i}[i];if(v${i}!==undefined)o[${key}]=v${i};`);
    else if (!found) present.push(`${key}:c${i}[i]`);
    else present.push(`${key}:${(found.code ?? String)(`${found.view}[c${i}+i]`)}`);
  }
  const body = `const{u8,i32,u32,f64,i64}=h;${columns}const out=new Array(n);for(let i=0;i<n;i++){const o={${present.join(',')}};${omissible.join('')}out[i]=o;}return out;`;
  return new Function('n', 'h', 'c', body) as Builder;
}

/** The same without generated code, and with any column in place of one that was not read; properties in the same order. */
export function buildByLoop(fields: readonly Field[], n: number, columns: readonly ArrayLike<unknown>[]): unknown[] {
  const places = [...fields.keys()].sort((a, b) => Number(isOmissible(fields[a])) - Number(isOmissible(fields[b])));
  const out = new Array<unknown>(n);
  for (let i = 0; i < n; i++) {
    const object: Record<string, unknown> = {};
    for (const place of places) {
      const field = fields[place] as Field;
      const value = (columns[place] as ArrayLike<unknown>)[i];
      if (value !== undefined || !isOmissible(field)) object[field.name] = value;
    }
    out[i] = object;
  }
  return out;
}

function isOmissible(field: Field | undefined): boolean {
  return field?.type.kind === 'optional';
}
