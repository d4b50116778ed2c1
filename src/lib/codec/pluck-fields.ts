import type { Field } from '../contract/field.ts';
import { isInherited } from './inherited.ts';
import type { Plucker, Struct } from './plan.ts';

/** The fields' values of objects. @param jit Whether a function may be generated for it, once. */
export function pluck(struct: Struct, objects: readonly unknown[], jit: boolean): unknown[][] | null {
  if (!jit) return pluckByLoop(struct.fields, objects);
  struct.plucker ??= generate(struct.fields);
  return struct.plucker(objects);
}

/**
 * One function per shape: each property is read at a place of its own in the code, where the engine learns where it lies.
 *
 * Field names are identifiers (B.1, judged when the shape was made); they are quoted all the same. Defaults are values of
 * the shape's author, and handed in.
 */
function generate(fields: readonly Field[]): Plucker {
  const columns = fields.map((_, i) => `c${i}`);
  const reads = fields.map(({ name, fallback }, i) => {
    const key = JSON.stringify(name);
    const own = isInherited(name) ? `has(o,${key})?o[${key}]:undefined` : `o[${key}]`;
    if (fallback === undefined) return `c${i}[i]=${own};`;
    return `const v${i}=${own};c${i}[i]=v${i}===undefined?d[${i}]:v${i};`;
  });
  const body = `return r=>{const n=r.length;${columns.map((column) => `const ${column}=new Array(n);`).join('')}for(let i=0;i<n;i++){const o=r[i];if(typeof o!=='object'||o===null)return null;${reads.join('')}}return[${columns}];}`;
  const make = new Function('d', 'has', body) as (defaults: readonly unknown[], has: typeof Object.hasOwn) => Plucker;
  return make(
    fields.map(({ fallback }) => fallback?.value),
    Object.hasOwn,
  );
}

function pluckByLoop(fields: readonly Field[], objects: readonly unknown[]): unknown[][] | null {
  for (const object of objects) if (typeof object !== 'object' || object === null) return null;
  return fields.map(({ name, fallback }) => {
    const values = new Array<unknown>(objects.length);
    const inherited = isInherited(name);
    for (let i = 0; i < objects.length; i++) {
      const object = objects[i] as Record<string, unknown>;
      const value = inherited && !Object.hasOwn(object, name) ? undefined : object[name];
      values[i] = value === undefined && fallback !== undefined ? fallback.value : value;
    }
    return values;
  });
}
