import type { Field, TypeNode } from '../contract/field.ts';
import type { Heap } from './kernels.ts';

/**
 * Makes n objects; a value of undefined leaves its property out.
 *
 * @param sources For each field its values, or, for the kinds in `elements`, their index in that view of the heap.
 */
export type Builder = (n: number, heap: Heap, sources: readonly (number | ArrayLike<unknown>)[]) => unknown[];

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

export const elements: { readonly [K in TypeNode['kind']]?: Elements } = {
  bool: { view: 'u8', shift: 0, read: (element) => element === 1, code: (element) => `${element}===1` },
  u8: small,
  u16: small,
  i8: small,
  i16: small,
  i32: small,
  u32: { view: 'u32', shift: 2 },
  int: double,
  timestamp: double,
  f64: double,
  date: {
    view: 'f64',
    shift: 3,
    read: (element) => new Date(Number(element)),
    code: (element) => `new Date(${element})`,
  },
  i64: { view: 'i64', shift: 3 },
};

const builders = new WeakMap<readonly Field[], Builder>();

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
export function builderOf(fields: readonly Field[]): Builder {
  let builder = builders.get(fields);
  if (builder === undefined) {
    builder = generate(fields);
    builders.set(fields, builder);
  }
  return builder;
}

/**
 * One function per shape: its object literal gets one hidden class, each column one element kind, and plain elements come
 * straight out of the arena.
 *
 * Field names are identifiers (B.1, judged when the shape was made); they are quoted all the same.
 */
function generate(fields: readonly Field[]): Builder {
  const columns = fields.map((_, i) => `const c${i}=c[${i}];`).join('');
  const present: string[] = [];
  const omissible: string[] = [];
  for (const [i, { name, type }] of fields.entries()) {
    const key = JSON.stringify(name);
    const found = elements[type.kind];
    if (type.kind === 'optional') omissible.push(`const v${i}=c${i}[i];if(v${i}!==undefined)o[${key}]=v${i};`);
    else if (found === undefined) present.push(`${key}:c${i}[i]`);
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
