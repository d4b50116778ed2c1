import type { Field } from '../../contract/field.ts';
import { isInherited } from './inherited.ts';

/** The fields' values of objects, an array for each field; null: one of them is no object. */
export function pluck(fields: readonly Field[], objects: readonly unknown[]): unknown[][] | null {
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
