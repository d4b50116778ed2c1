const names: ReadonlySet<string> = new Set(Object.getOwnPropertyNames(Object.prototype));

/**
 * Whether every object has such a property (`constructor`, `toString` …): as a field it counts only where it is the
 * object's own, or a record without it would have a function there.
 */
export function isInherited(name: string): boolean {
  return names.has(name);
}
