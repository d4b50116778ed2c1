import type { Field, RecordShape, TypeNode } from '../../src/lib/contract/field.ts';
import type { Random } from './random.ts';

/** How the values of one column lie to each other; what a column's form depends on. */
interface Taste {
  readonly style: 'same' | 'near' | 'edges' | 'any';
  readonly base: bigint;
  readonly width: number;
  readonly alphabet: readonly string[];
}

const alphabets: readonly (readonly string[])[] = [
  ['a', 'b', 'Z', ' ', '~', '"', '\\'],
  ['a', '\u0000', '\u007f', '\n'],
  ['é', 'ß', '\u0080', '\u07ff', 'n'],
  ['\u0800', '日', '\uffff', '\ufeff', '\ud7ff', '\ue000'],
  ['😀', '\u{10000}', '\u{10ffff}', 'x'],
  ['a', 'ß', '\u0800', '\u0fff', '日', '😀', '\u{10ffff}'],
];

/** A taste for each type node, kept for the time of a batch. */
export class Tastes {
  private readonly random: Random;
  private readonly tastes = new Map<TypeNode, Taste>();

  constructor(random: Random) {
    this.random = random;
  }

  of(type: TypeNode): Taste {
    let taste = this.tastes.get(type);
    if (taste === undefined) {
      taste = {
        style: this.random.pick(['same', 'near', 'edges', 'any']),
        base: BigInt.asIntN(64, this.random.bits(this.random.below(65))),
        width: this.random.below(65),
        alphabet: this.random.pick(alphabets),
      };
      this.tastes.set(type, taste);
    }
    return taste;
  }
}

export function randomRecord(random: Random, shape: RecordShape, tastes: Tastes): unknown {
  const [field] = shape.fields;
  return shape.bare ? randomValue(random, (field as Field).type, tastes) : randomObject(random, shape.fields, tastes);
}

function randomObject(random: Random, fields: readonly Field[], tastes: Tastes): object {
  const object: Record<string, unknown> = {};
  for (const { name, type } of fields) {
    const value = randomValue(random, type, tastes);
    if (value !== undefined) object[name] = value;
  }
  return object;
}

const safe = BigInt(Number.MAX_SAFE_INTEGER);
const ranges: Readonly<Record<string, readonly [bigint, bigint]>> = {
  u8: [0n, 0xffn],
  u16: [0n, 0xffffn],
  u32: [0n, 0xffff_ffffn],
  i8: [-0x80n, 0x7fn],
  i16: [-0x8000n, 0x7fffn],
  i32: [-0x8000_0000n, 0x7fff_ffffn],
  int: [-safe, safe],
  timestamp: [-safe, safe],
  date: [-8_640_000_000_000_000n, 8_640_000_000_000_000n],
  i64: [-(2n ** 63n), 2n ** 63n - 1n],
  ticks: [1n, 2n ** 63n - 1n],
  node: [0n, 2n ** 63n - 1n],
};

/** Any value of a type. */
export function randomValue(random: Random, type: TypeNode, tastes: Tastes): unknown {
  const taste = tastes.of(type);
  switch (type.kind) {
    case 'bool':
      return taste.style === 'same' ? taste.base >= 0n : random.once(2);
    case 'i64':
      return whole(random, 'i64', taste);
    case 'f64':
      return float(random, taste);
    case 'string':
      return text(random, taste, random.count(0, 6));
    case 'symbol':
      return text(random, taste, random.below(taste.style === 'any' ? 4 : 2));
    case 'enum':
      return taste.style === 'same' ? type.literals[0] : random.pick(type.literals);
    case 'date':
      return new Date(Number(whole(random, 'date', taste)));
    case 'unixid':
      return unixid(random, taste);
    case 'bytes':
      return random.bytes(taste.style === 'same' ? taste.width >> 4 : random.count(0, 5));
    case 'json':
      return json(random, taste, 3);
    case 'file':
      return {
        name: text(random, taste, random.below(5)),
        type: random.pick(['image/png', 'text/plain', '']),
        size: Number(whole(random, 'int', taste)),
        upload: random.pick(['', 'f00']),
        content: random.bytes(random.below(4)),
      };
    case 'optional':
      return isAbsent(random, taste) ? undefined : randomValue(random, type.inner, tastes);
    case 'nullable':
      return isAbsent(random, taste) ? null : randomValue(random, type.inner, tastes);
    case 'list': {
      // Lists in lists in lists would be many.
      const n =
        taste.style === 'same' ? taste.width >> 5 : type.inner.kind === 'list' ? random.below(3) : random.count(0, 3);
      return Array.from({ length: n }, () => randomValue(random, type.inner, tastes));
    }
    case 'struct':
      return randomObject(random, type.fields, tastes);
    default:
      return Number(whole(random, type.kind, taste));
  }
}

function isAbsent(random: Random, { style, base }: Taste): boolean {
  return style === 'same' ? base < 0n : random.once(style === 'near' ? 8 : 2);
}

function whole(random: Random, kind: string, { style, base, width }: Taste): bigint {
  const [least, most] = ranges[kind] as readonly [bigint, bigint];
  switch (style) {
    case 'same':
      return clamp(base, least, most);
    case 'near':
      return clamp(clamp(base, least, most) + random.bits(width), least, most);
    case 'edges':
      return clamp(random.pick([least, least + 1n, most, most - 1n, 0n, -1n, 1n, base]), least, most);
    case 'any':
      return clamp(BigInt.asIntN(64, random.bits(64)) >> random.bits(6), least, most);
  }
}

function clamp(value: bigint, least: bigint, most: bigint): bigint {
  return value < least ? least : value > most ? most : value;
}

const awkward = [
  0,
  -0,
  1,
  0.1,
  0.5,
  1e-7,
  5e-8,
  1.5e-7,
  0.1 + 0.2,
  1 / 3,
  2 ** 53 - 1,
  2 ** 53,
  -(2 ** 53),
  2 ** 51 + 0.5,
  -(2 ** 51) - 0.5,
  900719925474099.2,
  90071992547409.91,
  1e21,
  1e22,
  5e-324,
  2.2250738585072014e-308,
  Number.MAX_VALUE,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
];
const doubles = new DataView(new ArrayBuffer(8));

function float(random: Random, { style, base, width }: Taste): number {
  const places = width % 9;
  switch (style) {
    case 'same':
      return Number(base) / 10 ** places;
    case 'near':
      // What people write: a few places, a few digits before them.
      return (random.below(2 ** (width >> 1)) - random.below(1000)) / 10 ** places;
    case 'edges':
      return random.pick(awkward) * (random.once(2) ? 1 : -1);
    case 'any':
      doubles.setBigUint64(0, random.bits(64));
      return doubles.getFloat64(0);
  }
}

function text(random: Random, { style, base, alphabet }: Taste, length: number): string {
  if (style === 'same') return (alphabet[0] as string).repeat(Number(BigInt.asUintN(2, base)));
  return Array.from({ length }, () => random.pick(alphabet)).join('');
}

function unixid(random: Random, taste: Taste): string {
  const ticks = whole(random, 'ticks', taste);
  const node = random.once(2) ? 0n : whole(random, 'node', taste);
  return node === 0n ? String(ticks) : `${ticks}.${node}`;
}

function json(random: Random, taste: Taste, depth: number): unknown {
  switch (random.below(depth === 0 ? 5 : 7)) {
    case 0:
      return null;
    case 1:
      return random.once(2);
    case 2:
      return random.pick([0, 1, -1.5, 1e300, 2 ** 53]);
    case 3:
      return text(random, taste, random.below(4));
    case 4:
      return random.pick(['\ud800', '[[[{', '"', '\\']);
    case 5:
      return Array.from({ length: random.below(4) }, () => json(random, taste, depth - 1));
    default:
      return Object.fromEntries(
        Array.from({ length: random.below(3) }, (_, i) => [`k${i}`, json(random, taste, depth - 1)]),
      );
  }
}
