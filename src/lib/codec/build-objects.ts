import type { Field } from '../contract/field.ts';

/** Makes n objects of their fields' columns; a value of undefined leaves its property out. */
export type Builder = (n: number, columns: readonly ArrayLike<unknown>[]) => unknown[];

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

/** The builder of a struct's or shape's fields, made once. */
export function builderOf(fields: readonly Field[], jit: boolean): Builder {
  if (!jit) return (n, columns) => buildByLoop(fields, n, columns);
  let builder = builders.get(fields);
  if (builder === undefined) {
    builder = generate(fields);
    builders.set(fields, builder);
  }
  return builder;
}

/**
 * One function per shape: its object literal gets one hidden class, and each column one element kind.
 *
 * Field names are identifiers (B.1, judged when the shape was made); they are quoted all the same.
 */
function generate(fields: readonly Field[]): Builder {
  const columns = fields.map((_, i) => `const c${i}=c[${i}];`).join('');
  const present: string[] = [];
  const omissible: string[] = [];
  for (const [i, { name, type }] of fields.entries()) {
    const key = JSON.stringify(name);
    if (type.kind === 'optional') omissible.push(`const v${i}=c${i}[i];if(v${i}!==undefined)o[${key}]=v${i};`);
    else present.push(`${key}:c${i}[i]`);
  }
  const body = `${columns}const out=new Array(n);for(let i=0;i<n;i++){const o={${present.join(',')}};${omissible.join('')}out[i]=o;}return out;`;
  return new Function('n', 'c', body) as Builder;
}

function buildByLoop(fields: readonly Field[], n: number, columns: readonly ArrayLike<unknown>[]): unknown[] {
  const out = new Array<unknown>(n);
  for (let i = 0; i < n; i++) {
    const object: Record<string, unknown> = {};
    for (let f = 0; f < fields.length; f++) {
      const { name, type } = fields[f] as Field;
      const value = (columns[f] as ArrayLike<unknown>)[i];
      if (value !== undefined || type.kind !== 'optional') object[name] = value;
    }
    out[i] = object;
  }
  return out;
}
