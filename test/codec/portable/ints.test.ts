import { describe, expect, it } from 'vitest';
import { Arena } from '../../../src/lib/codec/portable/arena.ts';
import { unpack32, unpack64, unpackF64 } from '../../../src/lib/codec/portable/ints.ts';
import { within } from '../../../src/lib/codec/portable/judge.ts';
import { Reader } from '../../../src/lib/codec/portable/reader.ts';
import { writeInts32, writeInts64, writeIntsF64, writeUints32 } from '../../../src/lib/codec/portable/write-ints.ts';
import { Writer } from '../../../src/lib/codec/portable/writer.ts';
import { ints, intsAs, random } from '../reference.ts';

const arena = new Arena(1 << 24, 1 << 16);
const reader = new Reader(arena);
const writer = new Writer(arena);
const MIN_64 = -(1n << 63n);
const MAX_64 = (1n << 63n) - 1n;
const SAFE = BigInt(Number.MAX_SAFE_INTEGER);

type Form = 'i32' | 'u32' | 'f64' | 'i64';
const bounds: Record<Form, [bigint, bigint]> = {
  i32: [-(1n << 31n), (1n << 31n) - 1n],
  u32: [0n, (1n << 32n) - 1n],
  f64: [-SAFE, SAFE],
  i64: [MIN_64, MAX_64],
};

function place(values: readonly bigint[], form: Form): number {
  const address = arena.take(8 * values.length);
  values.forEach((value, i) => {
    if (form === 'i64') arena.i64[(address >>> 3) + i] = value;
    else arena[form][(address >>> (form === 'f64' ? 3 : 2)) + i] = Number(value);
  });
  return address;
}

function written(values: readonly bigint[], form: Form): number[] {
  arena.clear();
  const address = place(values, form);
  writer.open();
  const start = writer.at;
  if (form === 'i32') writeInts32(writer, address, values.length);
  else if (form === 'u32') writeUints32(writer, address, values.length);
  else if (form === 'f64') writeIntsF64(writer, arena.f64, address >>> 3, values.length);
  else writeInts64(writer, address, values.length);
  const bytes = [...arena.u8.subarray(start, writer.at)];
  writer.close();
  return bytes;
}

function read(bytes: number[], n: number, form: Form): bigint[] {
  arena.clear();
  // Not at the begin of a buffer, so that offsets and addresses cannot be taken for each other.
  // Behind it stands what may be loaded and must not be looked at: in a frame the check.
  const frame = Uint8Array.from([1, 2, 3, ...bytes, 255, 255, 255, 255]).subarray(3);
  reader.open(frame, 0, bytes.length);
  reader.intsHead(n);
  expect(reader.at).toBe(bytes.length);
  const address = arena.take(8 * n);
  if (form === 'i64') unpack64(reader, n, address);
  else if (form === 'f64') unpackF64(reader, n, address);
  else unpack32(reader, n, address);
  const shift = form === 'f64' || form === 'i64' ? 3 : 2;
  return Array.from({ length: n }, (_, i) => BigInt(arena[form][(address >>> shift) + i] as number | bigint));
}

/** Columns of every width, at every end of the range. */
function columns(form: Form, seed: number): bigint[][] {
  const [min, max] = bounds[form];
  const next = random(seed);
  const found: bigint[][] = [[min], [max], [min, max], [max, min], [0n], [min, min, min]];
  for (let width = 0; width <= 8; width++) {
    const step = 1n << BigInt(8 * width);
    for (const spread of [step - 1n, step, step + 1n]) {
      if (spread > max - min) continue;
      found.push([min, min + spread], [max, max - spread, max], [max - spread, max - spread / 2n, max]);
    }
    for (let n = 1; n < 80; n = 2 * n + 1) {
      const base = form === 'u32' ? BigInt(next(2 ** 20)) : BigInt(next(2 ** 31)) - BigInt(2 ** 30);
      const values = Array.from({ length: n }, () => {
        let offset = 0n;
        for (let i = 0; i < width; i++) offset = offset * 256n + BigInt(next(256));
        return base + offset;
      });
      if (values.every((value) => value >= min && value <= max)) found.push(values);
    }
  }
  return found;
}

describe.each<Form>(['i32', 'u32', 'f64', 'i64'])('ints columns in %s', (form) => {
  const cases = columns(form, 11);

  it('writes what the protocol says', () => {
    for (const values of cases) expect(written(values, form)).toEqual(ints(values));
    expect(written([], form)).toEqual([]);
  });

  it('reads what was written', () => {
    for (const values of cases) expect(read(ints(values), values.length, form)).toEqual(values);
  });

  it('reads any width and base that hold the values', () => {
    for (const values of cases.filter(({ length }) => length > 1)) {
      const least = values.reduce((a, b) => (b < a ? b : a));
      for (const base of [least, least - 1n, -1n, 0n, MIN_64, MAX_64]) {
        if (base < MIN_64) continue;
        expect(read(intsAs(values, 8, base), values.length, form)).toEqual(values);
      }
      if (least - 5n < MIN_64) continue;
      const width = (ints(values)[0] as number) + 1;
      if (width <= 8) expect(read(intsAs(values, width, least - 5n), values.length, form)).toEqual(values);
    }
  });
});

describe('within', () => {
  function judged(bytes: number[], n: number, form: 'i32' | 'f64', min: number, max: number): boolean {
    read(bytes, n, form);
    return within(reader, n, min, max);
  }

  it('goes by the values, not by the base', () => {
    const values = [3n, 5n, 9n];
    for (const form of ['i32', 'f64'] as const) {
      for (const [width, base] of [
        [1, 3n],
        [1, -100n],
        [8, -(1n << 60n)],
        [8, (1n << 60n) + 1n],
      ] as const) {
        const bytes = intsAs(values, width, base);
        expect(judged(bytes, 3, form, 3, 9)).toBe(true);
        expect(judged(bytes, 3, form, 4, 9)).toBe(false);
        expect(judged(bytes, 3, form, 3, 8)).toBe(false);
      }
    }
  });

  it('takes no value of 64 bits for a small one', () => {
    for (const far of [1n << 32n, 1n << 53n, 1n << 62n, MAX_64, MIN_64, -(1n << 32n)]) {
      expect(judged(ints([1n, far]), 2, 'i32', 0, 255)).toBe(false);
      expect(judged(ints([far]), 1, 'i32', 0, 255)).toBe(false);
    }
  });

  it('tells safe integers from their neighbours', () => {
    const max = Number.MAX_SAFE_INTEGER;
    expect(judged(ints([SAFE, -SAFE]), 2, 'f64', -max, max)).toBe(true);
    for (const far of [SAFE + 1n, -SAFE - 1n, SAFE + 2n]) {
      expect(judged(ints([far]), 1, 'f64', -max, max)).toBe(false);
      expect(judged(ints([far, 0n]), 2, 'f64', -max, max)).toBe(false);
      expect(judged(intsAs([0n, far], 8, 77n), 2, 'f64', -max, max)).toBe(false);
    }
  });

  it('sums what a base below zero lifts to counts', () => {
    read(intsAs([4n, 250n, 1n], 2, -6n), 3, 'i32');
    expect(within(reader, 3, 0, 300)).toBe(true);
    expect(reader.sum).toBe(255);
  });
});
