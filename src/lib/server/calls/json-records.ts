import type { Field, RecordShape, TypeNode } from '../../contract/field.ts';
import type { FileValue } from '../../contract/file.ts';

/**
 * Reads JSON as records: an array as many, anything else as one. What JSON has no room for stands as a text: dates in
 * ISO 8601, i64 in digits, bytes in base64. What cannot be read stays as it is, for the shape to refuse it by its path.
 */
export function recordsOfJson(shape: RecordShape | null, json: unknown): unknown[] {
  if (!shape) return [];
  const [only] = shape.fields;
  const records = Array.isArray(json) ? json : json === undefined ? [] : [json];
  return records.map((record) => (shape.bare && only ? jsonValue(only.type, record) : fieldsOf(shape.fields, record)));
}

/** The other way round: values that `JSON.stringify` takes. */
export function jsonOf(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (value instanceof Date || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(jsonOf);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, jsonOf(inner)]));
}

function fieldsOf(fields: readonly Field[], value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const copy: Record<string, unknown> = {};
  for (const { name, type } of fields) {
    if (Object.hasOwn(value, name)) copy[name] = jsonValue(type, (value as Record<string, unknown>)[name]);
  }
  return copy;
}

export function jsonValue(type: TypeNode, value: unknown): unknown {
  switch (type.kind) {
    case 'optional':
      return value === null ? undefined : jsonValue(type.inner, value);
    case 'nullable':
      return value === null ? null : jsonValue(type.inner, value);
    case 'list':
      return Array.isArray(value) ? value.map((item) => jsonValue(type.inner, item)) : value;
    case 'struct':
      return fieldsOf(type.fields, value);
    case 'date':
      return typeof value === 'string' || typeof value === 'number' ? new Date(value) : value;
    case 'i64':
      return typeof value === 'string' && /^-?\d{1,20}$/.test(value) ? BigInt(value) : value;
    case 'bytes':
      return bytesOf(value) ?? value;
    case 'file':
      return fileOf(value);
    default:
      return value;
  }
}

function fileOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const { name = '', type = '', upload = '', size, content = '' } = value as { [K in keyof FileValue]?: unknown };
  const bytes = bytesOf(content);
  return bytes ? { name, type, upload, size: size ?? bytes.length, content: bytes } : value;
}

function bytesOf(value: unknown): Uint8Array | null {
  const isBase64 = typeof value === 'string' && /^[\w+/-]*={0,2}$/.test(value);
  return isBase64 ? new Uint8Array(Buffer.from(value, 'base64')) : null;
}
