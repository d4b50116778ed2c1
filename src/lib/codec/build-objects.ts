import {
  OP_BOOL,
  OP_DATE,
  OP_ENUM,
  OP_F64,
  OP_FILE,
  OP_I8,
  OP_I16,
  OP_I32,
  OP_I64,
  OP_INT,
  OP_LIST,
  OP_STRING,
  OP_SYMBOL,
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
 * One function per shape: its object literal gets one hidden class, and what lies in the arena comes straight out of it.
 *
 * Field names are identifiers (B.1, judged when the shape was made); they are quoted all the same.
 */
function generate({ fields, columns }: Struct): Builder {
  const readings = columns.map(readingOf);
  const present: string[] = [];
  const omissible: string[] = [];
  for (const [i, { name, type }] of fields.entries()) {
    const key = JSON.stringify(name);
    const { value } = readings[i] as Reading;
    if (type.kind === 'optional') omissible.push(`const o${i}=${value};if(o${i}!==undefined)o[${key}]=o${i};`);
    else present.push(`${key}:${value}`);
  }
  const [begin, each, end] = (['begin', 'each', 'end'] as const).map((part) => readings.map((r) => r[part]).join(''));
  const body = `const{u8,i32,u32,f64,i64}=h;${begin}const out=new Array(n);for(let i=0;i<n;i++){${each}const o={${present.join(',')}};${omissible.join('')}out[i]=o;}${end}return out;`;
  return new Function('n', 'h', 'c', body) as Builder;
}

/** Code that reads a column by its cursor. */
interface Reading {
  readonly begin: string;
  /** For each object. */
  readonly each: string;
  /** An expression: the object's value. */
  readonly value: string;
  readonly end: string;
}

function readingOf({ op, inner }: Column, i: number): Reading {
  const [t, p, s, v] = [`t${i}`, `p${i}`, `s${i}`, `v${i}`];
  if (op === OP_STRING) {
    return {
      begin: `const ${t}=c[${i}].open(n),${s}=${t}.piece;let ${p}=${t}.next,${v}=${t}.place;`,
      each: '',
      value: `${s}.substring(${v},${v}+=u32[${p}++])`,
      end: `${t}.close(n,${v});`,
    };
  }
  const item = itemAt(op, t, p);
  if (item !== null) {
    return { begin: `const ${t}=c[${i}];let ${p}=${t}.next;`, each: '', value: item, end: `${t}.next=${p};` };
  }
  const element = op === OP_LIST && inner !== null ? itemAt(inner.op, t, p) : null;
  if (element === null) return { begin: `const ${v}=c[${i}].take(n);`, each: '', value: `${v}[i]`, end: '' };
  // Lists are mostly short, and a literal is made in place, where a list that grows is copied.
  const literals = [0, 1, 2, 3].map((n) => `case ${n}:${v}=[${new Array(n).fill(element)}];break;`).join('');
  return {
    begin: `const ${s}=c[${i}],${t}=${s}.inner;let ${p}=${t}.next;`,
    each: `let ${v},n${i}=u32[${s}.next+i];switch(n${i}){${literals}default:${v}=[];while(n${i}-->0)${v}.push(${element});}`,
    value: v,
    end: `${s}.next+=n;${t}.next=${p};`,
  };
}

/** An expression that gives a column's value at `p` and moves on. @param t The column's cursor. */
function itemAt(op: number, t: string, p: string): string | null {
  const found = elements[op];
  if (found) return (found.code ?? String)(`${found.view}[${p}++]`);
  return op === OP_SYMBOL || op === OP_ENUM ? `${t}.list[${p}===0?0:u32[${p}++]]` : null;
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
