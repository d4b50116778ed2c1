// Columns as PROTOCOL.md A.5 says them, one value at a time in BigInt: slow, and near enough to the text to be compared with it.

const MASK = (1n << 64n) - 1n;

export function varint(value: bigint): number[] {
  const bytes: number[] = [];
  for (; value > 127n; value >>= 7n) bytes.push(Number(value & 127n) | 128);
  return [...bytes, Number(value)];
}

export function svarint(value: bigint): number[] {
  return varint(value >= 0n ? 2n * value : -2n * value - 1n);
}

export function ints(values: readonly bigint[]): number[] {
  const [first] = values;
  if (first === undefined) return [];
  if (values.length === 1) return svarint(first);
  const base = values.reduce((a, b) => (b < a ? b : a));
  const spread = values.reduce((a, b) => (b > a ? b : a)) - base;
  let width = 0;
  while (spread >> BigInt(8 * width) > 0n) width++;
  return intsAs(values, width, base);
}

/** A form that an encoder need not choose: any base, and any width that holds the offsets mod 2^64. */
export function intsAs(values: readonly bigint[], width: number, base: bigint): number[] {
  return [width, ...svarint(base), ...values.flatMap((value) => little((value - base) & MASK, width))];
}

export function little(value: bigint, bytes: number): number[] {
  return Array.from({ length: bytes }, (_, i) => Number((value >> BigInt(8 * i)) & 255n));
}

/** The least k that serves all values, or 255. */
export function mode(values: readonly number[]): number {
  for (let k = 0; k < 8; k++) if (values.every((value) => scaled(value, k) !== undefined)) return k;
  return 255;
}

export function floats(values: readonly number[]): number[] {
  if (values.length === 0) return [];
  const k = mode(values);
  if (k < 8) return [k, ...ints(values.map((value) => BigInt(scaled(value, k) as number)))];
  const view = new DataView(new ArrayBuffer(8));
  return [
    k,
    ...values.flatMap((value) => {
      view.setFloat64(0, value, true);
      return little(Number.isNaN(value) ? 0x7ff8000000000000n : view.getBigUint64(0, true), 8);
    }),
  ];
}

function scaled(value: number, k: number): number | undefined {
  if (!Number.isFinite(value) || Object.is(value, -0)) return undefined;
  const product = value * 10 ** k;
  const below = Math.floor(product);
  const rest = product - below;
  const r = rest < 0.5 || (rest === 0.5 && below % 2 === 0) ? below : below + 1;
  return Number.isSafeInteger(r) && r / 10 ** k === value ? r : undefined;
}

/** A seeded generator (mulberry32): whole numbers below `n`. */
export function random(seed: number): (n: number) => number {
  return (n) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * n);
  };
}
