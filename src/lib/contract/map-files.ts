import type { Field, RecordShape, TypeNode } from './field.ts';

export type Path = readonly (string | number)[];

/** Whether records of this shape can hold files. */
export function holdsFiles(shape: RecordShape | null): boolean {
  return shape?.fields.some(({ type }) => nodeHoldsFiles(type)) ?? false;
}

/**
 * Puts something in the place of each file of some records, in the order of the shape.
 *
 * Only what leads to a file is copied; values that are no such records are left for others to judge.
 *
 * @param change Called with what stands in a file's place; paths begin with the record's index.
 */
export function mapFiles(
  shape: RecordShape,
  records: readonly unknown[],
  change: (value: unknown, path: Path) => unknown,
): unknown[] {
  const [only] = shape.fields;
  return records.map((record, index) =>
    shape.bare && only
      ? mapValue(only.type, record, [index], change)
      : mapFields(shape.fields, record, [index], change),
  );
}

type Change = (value: unknown, path: Path) => unknown;

function mapFields(fields: readonly Field[], value: unknown, path: Path, change: Change): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const copy: Record<string, unknown> = { ...value };
  for (const { name, type } of fields) {
    if (!nodeHoldsFiles(type) || !Object.hasOwn(value, name)) continue;
    copy[name] = mapValue(type, (value as Record<string, unknown>)[name], [...path, name], change);
  }
  return copy;
}

function mapValue(type: TypeNode, value: unknown, path: Path, change: Change): unknown {
  if (value === undefined || value === null) return value;
  switch (type.kind) {
    case 'file':
      return change(value, path);
    case 'optional':
    case 'nullable':
      return mapValue(type.inner, value, path, change);
    case 'list':
      if (!Array.isArray(value) || !nodeHoldsFiles(type.inner)) return value;
      return value.map((item, index) => mapValue(type.inner, item, [...path, index], change));
    case 'struct':
      return mapFields(type.fields, value, path, change);
    default:
      return value;
  }
}

function nodeHoldsFiles(type: TypeNode): boolean {
  switch (type.kind) {
    case 'file':
      return true;
    case 'optional':
    case 'nullable':
    case 'list':
      return nodeHoldsFiles(type.inner);
    case 'struct':
      return type.fields.some((field) => nodeHoldsFiles(field.type));
    default:
      return false;
  }
}
