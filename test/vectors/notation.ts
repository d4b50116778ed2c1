import type { TypeNode } from '../../src/lib/contract/field.ts';

/** A value as the vectors write it (README.md beside this file). */
export type Notation = unknown;

/** Turns notation into values, without knowing their types: only inside `$json` does nothing stand for anything else. */
export function parse(notation: Notation): unknown {
  if (Array.isArray(notation)) return notation.map(parse);
  if (typeof notation !== 'object' || notation === null) return notation;
  const object = notation as Record<string, unknown>;
  const [key] = Object.keys(object);
  switch (key) {
    case '$i64':
      return BigInt(object.$i64 as string);
    case '$f64':
      return Number(object.$f64);
    case '$date':
      return new Date(object.$date as number);
    case '$bytes':
      return bytesOf(object.$bytes as string);
    case '$json':
      return object.$json;
    case '$undef':
      return undefined;
    case '$file': {
      const file = object.$file as Record<string, unknown>;
      return { ...file, content: bytesOf(file.content as string) };
    }
    default:
      return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, parse(value)]));
  }
}

/** Writes a value of a type in the vectors' notation; two values are the same exactly when their notations are. */
export function write(type: TypeNode, value: unknown): Notation {
  switch (type.kind) {
    case 'i64':
      return { $i64: String(value) };
    case 'f64':
      return Number.isFinite(value) && !Object.is(value, -0)
        ? value
        : { $f64: Object.is(value, -0) ? '-0' : String(value) };
    case 'date':
      return { $date: (value as Date).getTime() };
    case 'bytes':
      return { $bytes: hexOf(value as Uint8Array) };
    case 'json':
      return { $json: value };
    case 'file': {
      const { name, type: mediaType, size, upload, content } = value as Record<string, unknown>;
      return { $file: { name, type: mediaType, size, upload, content: hexOf(content as Uint8Array) } };
    }
    case 'optional':
      return value === undefined ? { $undef: true } : write(type.inner, value);
    case 'nullable':
      return value === null ? null : write(type.inner, value);
    case 'list':
      return (value as unknown[]).map((element) => write(type.inner, element));
    case 'struct':
      return writeFields(type.fields, value as Record<string, unknown>);
    default:
      return value;
  }
}

export function writeFields(
  fields: readonly { readonly name: string; readonly type: TypeNode }[],
  object: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const { name, type } of fields) {
    if (Object.hasOwn(object, name) && object[name] !== undefined) out[name] = write(type, object[name]);
  }
  // A property that no field has is a fault of the decoder: it shows in the comparison.
  for (const name of Object.keys(object)) if (!Object.hasOwn(out, name)) out[name] = { $stray: String(object[name]) };
  return out;
}

export function bytesOf(hex: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(hex.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

export function hexOf(bytes: Uint8Array): string {
  let hex = '';
  for (const byte of bytes) hex += byte.toString(16).padStart(2, '0');
  return hex;
}

/** JSON with its objects' keys in order, so that two notations of one value have one text. */
export function canonical(notation: Notation): string {
  return JSON.stringify(notation, (key, value: unknown) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || key === '$json') return value;
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
