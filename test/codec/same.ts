/**
 * Whether two values are the same all through: -0 is not 0, a missing property is not an undefined one, and properties
 * stand in the same order. Of objects it knows plain ones, arrays, dates and bytes, which is all that a codec makes.
 */
export function same(one: unknown, two: unknown): boolean {
  if (typeof one !== 'object' || typeof two !== 'object' || one === null || two === null) return Object.is(one, two);
  if (Object.getPrototypeOf(one) !== Object.getPrototypeOf(two)) return false;
  if (one instanceof Uint8Array) return sameBytes(one, two as Uint8Array);
  if (one instanceof Date) return Object.is(one.getTime(), (two as Date).getTime());
  if (Array.isArray(one)) {
    const other = two as unknown[];
    return one.length === other.length && one.every((item, index) => same(item, other[index]));
  }
  const names = Object.keys(one);
  const others = Object.keys(two);
  if (names.length !== others.length) return false;
  for (const [index, name] of names.entries()) {
    if (others[index] !== name) return false;
    if (!same((one as Record<string, unknown>)[name], (two as Record<string, unknown>)[name])) return false;
  }
  return true;
}

function sameBytes(one: Uint8Array, two: Uint8Array): boolean {
  return one.length === two.length && one.every((byte, index) => byte === two[index]);
}
