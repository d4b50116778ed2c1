import { describe, expect, it } from 'vitest';
import { SLOT_BAD, SLOT_COUNT, SLOT_OFFSET, SLOT_VALUES, SLOT_WORDS } from '../../../assembly/protocol.ts';
import { Arena } from '../../../src/lib/codec/portable/arena.ts';
import { readFloats } from '../../../src/lib/codec/portable/floats.ts';
import { Reader } from '../../../src/lib/codec/portable/reader.ts';
import { writeFloats } from '../../../src/lib/codec/portable/write-floats.ts';
import { Writer } from '../../../src/lib/codec/portable/writer.ts';
import { floats, little, mode, random } from '../reference.ts';

const arena = new Arena(1 << 24, 1 << 16);
const reader = new Reader(arena);
const writer = new Writer(arena);

function written(values: readonly number[]): number[] {
  arena.clear();
  const address = arena.take(8 * values.length);
  arena.f64.set(values, address >>> 3);
  writer.open();
  const start = writer.at;
  writeFloats(writer, address, values.length);
  const bytes = [...arena.u8.subarray(start, writer.at)];
  writer.close();
  return bytes;
}

function read(bytes: number[], n: number): { values: number[]; bad: number[] } {
  arena.clear();
  const slot = arena.take(4 * SLOT_WORDS) >>> 2;
  arena.u32[slot + SLOT_COUNT] = n;
  arena.u32[slot + SLOT_OFFSET] = 77;
  // As in a frame, four bytes of check stand behind.
  reader.open(Uint8Array.from([...bytes, 255, 255, 255, 255]), 0, bytes.length);
  readFloats(reader, n, slot);
  const from = (arena.u32[slot + SLOT_VALUES] as number) >>> 3;
  const bad = arena.u32[slot + SLOT_BAD] as number;
  return { values: [...arena.f64.subarray(from, from + n)], bad: bad ? [...arena.u8.subarray(bad, bad + n)] : [] };
}

function columns(seed: number): number[][] {
  const next = random(seed);
  const edge = [
    0, -0, 1, -1, 0.1, 0.5, 1.5, 2.5, -2.5, 1e-7, 1.5e-7, 1e-8, 5e-324, 1.7976931348623157e308, 0.30000000000000004,
  ];
  const far = [
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    2 ** 53 - 1,
    2 ** 53,
    -(2 ** 53 - 1),
    2 ** 52 + 0.5,
    900719925474099.1,
    1.005,
  ];
  const found = [...edge, ...far].flatMap((value) => [[value], [1, value, 0.25], [value, 0.001, value]]);
  for (let k = 0; k <= 8; k++) {
    for (let n = 1; n < 100; n = 2 * n + 1) {
      // One value that needs k digits among others that need fewer, at any place.
      const values = Array.from({ length: n }, () => (next(2 ** 30) - 2 ** 29) / 10 ** next(k + 1));
      values[next(n)] = (10 * next(10 ** 6) + 1) / 10 ** k;
      found.push(values);
      // k alone would serve the rest; this one leaves the range when it grows.
      found.push([...values, 2 ** (46 + next(7)) + next(1000)]);
    }
  }
  return found;
}

describe('floats columns', () => {
  const cases = columns(3);

  it('writes what the protocol says', () => {
    for (const values of cases) expect(written(values), String(values)).toEqual(floats(values));
    expect(new Set(cases.map(mode))).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7, 255]));
  });

  it('reads the very doubles that were written', () => {
    for (const values of cases) expect(read(floats(values), values.length)).toEqual({ values, bad: [] });
  });

  it('marks every NaN but one', () => {
    const one = little(0x7ff8000000000000n, 8);
    for (const other of [0x7ff8000000000001n, 0xfff8000000000000n, 0x7ff0000000000001n, 0x7ff8000100000000n]) {
      expect(read([255, ...one, ...little(other, 8)], 2)).toEqual({ values: [Number.NaN, 0], bad: [0, 1] });
      expect(reader.badOffset).toBe(77);
    }
  });

  it('marks r beyond the safe integers, and makes it 0', () => {
    const far = floats([2 ** 53 - 1, 7]);
    expect(read(far, 2)).toEqual({ values: [2 ** 53 - 1, 7], bad: [] });
    expect(read([2, 7, 14, ...little(0n, 7), ...little(2n ** 53n - 7n, 7)], 2)).toEqual({
      values: [0.07, 0],
      bad: [0, 1],
    });
  });

  it('leaves nothing of a column in its scratch', () => {
    written([1.25, 3.5]);
    expect([...writer.scratch(2).subarray(0, 2)]).toEqual([0, 0]);
    writer.close();
  });
});
