import { LIMIT_JSON_DEPTH, LIMIT_STRING_UNITS } from '../../../../assembly/protocol.ts';
import type { Field, RecordShape, TypeNode } from '../../contract/field.ts';
import type { Issue } from '../../errors.ts';
import { isShallow, jsonTextOf } from '../json-text.ts';
import { ops } from '../plan.ts';
import { parseUnixid } from '../unixid-text.ts';
import { isInherited } from './inherited.ts';
import { type Range, ranges } from './ranges.ts';

type Path = readonly (string | number)[];

/**
 * Finds every value that its type does not allow.
 *
 * @param enough It looks no further once it has found so many, and may have found some more then.
 * @returns Paths begin with the record's index: `[0, 'lines', 2, 'qty']`. Empty: the records can be encoded.
 */
export function judgeRecords(
  shape: RecordShape,
  records: readonly unknown[],
  enough = Number.POSITIVE_INFINITY,
): Issue[] {
  const found: Found = { issues: [], enough };
  const field = shape.fields[0] as Field;
  for (let i = 0; i < records.length && found.issues.length < enough; i++) {
    if (shape.bare) judgeValue(field.type, records[i], [i], found);
    else judgeFields(shape.fields, records[i], [i], found);
  }
  return found.issues;
}

interface Found {
  readonly issues: Issue[];
  readonly enough: number;
}

function judgeFields(fields: readonly Field[], value: unknown, path: Path, found: Found): void {
  if (typeof value !== 'object' || value === null) {
    found.issues.push({ path, message: 'an object is wanted' });
    return;
  }
  for (const { name, type, fallback } of fields) {
    const inner =
      isInherited(name) && !Object.hasOwn(value, name) ? undefined : (value as Record<string, unknown>)[name];
    if (inner === undefined && fallback !== undefined) continue;
    judgeValue(type, inner, [...path, name], found);
  }
}

function judgeValue(type: TypeNode, value: unknown, path: Path, found: Found): void {
  switch (type.kind) {
    case 'optional':
      if (value !== undefined) judgeValue(type.inner, value, path, found);
      return;
    case 'nullable':
      if (value !== null) judgeValue(type.inner, value, path, found);
      return;
    case 'struct':
      judgeFields(type.fields, value, path, found);
      return;
    case 'list':
      if (!Array.isArray(value)) {
        found.issues.push({ path, message: 'an array is wanted' });
        return;
      }
      for (let i = 0; i < value.length && found.issues.length < found.enough; i++) {
        judgeValue(type.inner, value[i], [...path, i], found);
      }
      return;
    default: {
      const message = faultOf(type, value);
      if (message !== null) found.issues.push({ path, message });
    }
  }
}

/** What is wrong with a scalar value; null: nothing. */
function faultOf(type: TypeNode, value: unknown): string | null {
  if (value === undefined && type.kind !== 'json') return 'missing';
  switch (type.kind) {
    case 'bool':
      return typeof value === 'boolean' ? null : 'true or false is wanted';
    case 'i64':
      if (typeof value !== 'bigint') return 'a bigint is wanted';
      return value === BigInt.asIntN(64, value) ? null : 'beyond 64 bits';
    case 'f64':
      return typeof value === 'number' ? null : 'a number is wanted';
    case 'string':
    case 'symbol':
      return faultOfText(value);
    case 'enum':
      return typeof value === 'string' && type.literals.includes(value)
        ? null
        : `one of ${type.literals.join(', ')} is wanted`;
    case 'date':
      return value instanceof Date && !Number.isNaN(value.getTime()) ? null : 'a valid Date is wanted';
    case 'unixid':
      return typeof value === 'string' && parseUnixid(value) ? null : 'a unixid is wanted: <ticks> or <ticks>.<node>';
    case 'bytes':
      return value instanceof Uint8Array ? null : 'a Uint8Array is wanted';
    case 'json':
      return faultOfJson(value);
    case 'file':
      return faultOfFile(value);
    default: {
      const [least, most] = ranges[ops[type.kind]] as Range;
      if (typeof value !== 'number' || !Number.isInteger(value)) return 'a whole number is wanted';
      return value >= least && value <= most ? null : `${least} to ${most} is wanted`;
    }
  }
}

function faultOfText(value: unknown): string | null {
  if (typeof value !== 'string') return 'a string is wanted';
  if (value.length > LIMIT_STRING_UNITS) return `longer than ${LIMIT_STRING_UNITS} characters`;
  return value.isWellFormed() ? null : 'half of a surrogate pair in it';
}

function faultOfJson(value: unknown): string | null {
  const text = jsonTextOf(value);
  if (text === null) return 'JSON can not hold it';
  if (text.length > LIMIT_STRING_UNITS) return `its JSON is longer than ${LIMIT_STRING_UNITS} characters`;
  return isShallow(text, LIMIT_JSON_DEPTH) ? null : `nested deeper than ${LIMIT_JSON_DEPTH}`;
}

function faultOfFile(value: unknown): string | null {
  if (typeof value !== 'object' || value === null) return 'a file is wanted';
  const { name, type, size, upload, content } = value as Record<string, unknown>;
  for (const [key, text] of Object.entries({ name, type, upload })) {
    const fault = faultOfText(text);
    if (fault !== null) return `${key}: ${fault}`;
  }
  if (!Number.isSafeInteger(size)) return 'size: a whole number is wanted';
  return content instanceof Uint8Array ? null : 'content: a Uint8Array is wanted';
}
