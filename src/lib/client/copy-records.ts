import type { Field, RecordShape, TypeNode } from '../contract/field.ts';

/**
 * Copies records that their shape allows: fields it knows and nothing else. What is stored is what is sent later, whatever
 * the caller does with its own objects meanwhile.
 */
export function copyRecords(shape: RecordShape, records: readonly unknown[]): unknown[] {
  const [only] = shape.fields;
  if (shape.bare && only) return records.map((record) => copyValue(only.type, record));
  return records.map((record) => copyFields(shape.fields, record));
}

function copyFields(fields: readonly Field[], value: unknown): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const { name, type } of fields) {
    const inner = (value as Record<string, unknown>)[name];
    // A default is filled in when it is encoded: until then the field is what the caller left open.
    if (inner !== undefined) copy[name] = copyValue(type, inner);
  }
  return copy;
}

function copyValue(type: TypeNode, value: unknown): unknown {
  if (value === undefined || value === null) return value;
  switch (type.kind) {
    case 'optional':
    case 'nullable':
      return copyValue(type.inner, value);
    case 'list':
      return (value as unknown[]).map((item) => copyValue(type.inner, item));
    case 'struct':
      return copyFields(type.fields, value);
    case 'date':
      return new Date((value as Date).getTime());
    case 'bytes':
      return (value as Uint8Array).slice();
    case 'file': {
      const { name, type: mediaType, size, upload, content } = value as Record<string, unknown>;
      return { name, type: mediaType, size, upload, content: (content as Uint8Array).slice() };
    }
    case 'json':
      // Exactly what will be sent: toJSON is asked now, not days later.
      return JSON.parse(JSON.stringify(value));
    default:
      return value;
  }
}

/** Whether records of this shape are arrays or may be: then one of them cannot be told from many. */
export function isListLike(shape: RecordShape): boolean {
  let node = shape.fields[0]?.type;
  while (node && (node.kind === 'optional' || node.kind === 'nullable')) node = node.inner;
  return shape.bare && (node?.kind === 'list' || node?.kind === 'json');
}
