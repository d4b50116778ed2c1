import type { Field, RecordShape, ScalarKind, ShapeTable, TypeNode } from '../../src/lib/contract/field.ts';
import { makeShape } from '../../src/lib/contract/record-shape.ts';
import type { Random } from './random.ts';
import { randomValue, Tastes } from './values.ts';

const scalars: readonly ScalarKind[] = [
  'bool',
  'u8',
  'u16',
  'u32',
  'i8',
  'i16',
  'i32',
  'int',
  'i64',
  'f64',
  'string',
  'symbol',
  'timestamp',
  'date',
  'unixid',
  'bytes',
  'json',
  'file',
];
const literals = [
  'draft',
  'sent',
  'in-progress',
  'später',
  '完了',
  '😀',
  'a',
  'B',
  '0',
  '-',
  '"',
  '\\',
  '_',
  'ñ',
  'z9',
];

/** What a chain of optional and nullable already holds (B.1 bounds it). */
interface Chain {
  readonly optional: boolean;
  readonly nullable: boolean;
}
const unwrapped: Chain = { optional: false, nullable: false };

/** Any type with at most `room` wrappers around its scalars. */
export function randomType(random: Random, room: number, chain = unwrapped): TypeNode {
  if (room === 0 || random.below(8) < 4) return randomScalar(random, chain);
  switch (random.below(4)) {
    case 0:
      if (chain.optional) return randomScalar(random, chain);
      return { kind: 'optional', inner: randomType(random, room - 1, { ...chain, optional: true }) };
    case 1:
      if (chain.nullable) return randomScalar(random, chain);
      return { kind: 'nullable', inner: randomType(random, room - 1, { ...chain, nullable: true }) };
    case 2:
      return { kind: 'list', inner: randomType(random, room - 1) };
    default:
      return { kind: 'struct', fields: randomFields(random, 1 + random.below(3), room - 1, 'f') };
  }
}

function randomScalar(random: Random, chain: Chain): TypeNode {
  if (random.once(scalars.length + 1)) {
    return { kind: 'enum', literals: random.shuffle(literals).slice(0, 1 + random.below(literals.length)) };
  }
  const kind = random.pick(scalars);
  return { kind: kind === 'json' && chain.nullable ? 'string' : kind };
}

function randomFields(random: Random, n: number, room: number, prefix: string): Field[] {
  return Array.from({ length: n }, (_, i) => ({ name: `${prefix}${i}`, type: randomType(random, room) }));
}

/** The deepest type there may be: 16 wrappers around a scalar. */
function deepType(random: Random): TypeNode {
  let type = randomScalar(random, { optional: true, nullable: true });
  for (let i = 0; i < 16; i++) {
    type = i % 2 === 0 ? { kind: 'list', inner: type } : { kind: random.pick(['optional', 'nullable']), inner: type };
  }
  return type;
}

export function randomShape(random: Random): RecordShape {
  const bare = random.once(6);
  if (bare) {
    const type = random.once(10) ? deepType(random) : randomType(random, 3);
    if (type.kind !== 'struct') return makeShape([{ name: '', type }]);
  }
  return makeShape(randomFields(random, 1 + random.count(0, 5), 3, 'f').map((field) => withDefault(random, field)));
}

/** Routes with shapes; some are known and have none. */
export function randomTable(random: Random): ShapeTable {
  const table = new Map<number, RecordShape | null>();
  for (let i = random.count(1, 3); i > 0; i--) {
    const route = random.pick([random.below(1024), random.below(8), 0, 1023]);
    const shared = [...table.values()].find((shape) => shape !== null);
    if (random.once(12)) table.set(route, null);
    else table.set(route, shared && random.once(4) ? shared : randomShape(random));
  }
  return table;
}

/** The table of somebody with an older or newer contract, or with another one altogether. */
export function randomReader(random: Random, table: ShapeTable): ShapeTable {
  const reader = new Map<number, RecordShape | null>();
  for (const [route, shape] of table) {
    const change = random.below(8);
    if (change === 0) continue;
    if (change === 1 || shape === null) reader.set(route, random.once(4) ? randomShape(random) : null);
    else reader.set(route, change < 4 ? shape : otherVersion(random, shape));
  }
  return reader;
}

function otherVersion(random: Random, shape: RecordShape): RecordShape {
  const { fields } = shape;
  if (shape.bare) return random.once(2) ? disguised(random, shape) : randomShape(random);
  switch (random.below(5)) {
    case 0:
      return makeShape(fields.slice(0, 1 + random.below(fields.length)));
    case 1:
      return makeShape(retyped(random, fields));
    case 2:
      return disguised(random, shape);
    default: {
      const added = randomFields(random, 1 + random.below(3), 2, 'new').map((field): Field => {
        if (random.once(8)) return field;
        if (random.once(2)) return withFallback(random, field);
        return { ...field, type: field.type.kind === 'optional' ? field.type : optionalOf(field.type) };
      });
      return makeShape([...fields, ...added]);
    }
  }
}

/** One field has another type. */
function retyped(random: Random, fields: readonly Field[]): Field[] {
  const place = random.below(fields.length);
  return fields.map((field, i) => (i === place ? { ...field, type: randomType(random, 2) } : field));
}

/** Other types with the same signature: 16 bits may meet by chance, and a hostile writer is free to write them. */
function disguised(random: Random, shape: RecordShape): RecordShape {
  const fields = shape.fields.map(({ name, type }) => ({ name, type: kin(random, type, unwrapped) }));
  return { ...makeShape(fields), signature: shape.signature };
}

const wholes = ['u8', 'u16', 'u32', 'i8', 'i16', 'i32', 'int', 'i64', 'timestamp', 'date'] as const;

/** A type whose columns look alike, so that it is values that are wrong. */
function kin(random: Random, type: TypeNode, chain: Chain): TypeNode {
  switch (type.kind) {
    case 'optional':
    case 'nullable':
      return { kind: type.kind, inner: kin(random, type.inner, { ...chain, [type.kind]: true }) };
    case 'list':
      return { kind: 'list', inner: kin(random, type.inner, unwrapped) };
    case 'struct':
      return {
        kind: 'struct',
        fields: type.fields.map((field) => ({ ...field, type: kin(random, field.type, unwrapped) })),
      };
    case 'string':
      return { kind: chain.nullable ? 'string' : 'json' };
    case 'json':
      return { kind: 'string' };
    case 'enum':
      return { kind: 'enum', literals: type.literals.slice(0, 1 + random.below(type.literals.length)) };
    default:
      return (wholes as readonly string[]).includes(type.kind) ? { kind: random.pick(wholes) } : type;
  }
}

function optionalOf(inner: TypeNode): TypeNode {
  // Whatever stands in the chain below, a fresh scalar under optional is a type.
  return inner.kind === 'nullable' ? { kind: 'optional', inner: { kind: 'i32' } } : { kind: 'optional', inner };
}

function withDefault(random: Random, field: Field): Field {
  return random.once(8) ? withFallback(random, field) : field;
}

function withFallback(random: Random, field: Field): Field {
  const value = randomValue(random, field.type, new Tastes(random));
  return value === undefined ? field : { ...field, fallback: { value } };
}
