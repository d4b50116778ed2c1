import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as wire from '../../../assembly/protocol.ts';
import { createPortableKernels } from '../../../src/lib/codec/portable/kernels.ts';
import { installSchema } from '../../../src/lib/codec/program.ts';
import type { RecordShape } from '../../../src/lib/contract/field.ts';
import { parseShape } from '../../../src/lib/contract/parse.ts';
import { defaultLimits } from '../../../src/lib/limits.ts';
import { recode } from '../recode.ts';
import { sealed } from '../sealed.ts';
import { ints, random, svarint, varint } from './reference.ts';

interface Valid {
  hex: string;
  table: Map<number, RecordShape | null>;
}
const valid: Valid[] = readFileSync(new URL('../../vectors/frames.jsonl', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('{"name":"valid/'))
  .map((line) => JSON.parse(line) as { hex: string; shapes: Record<string, string[] | null> })
  .map(({ hex, shapes }) => ({
    hex,
    table: new Map(Object.entries(shapes).map(([route, fields]) => [Number(route), fields && parseShape(fields)])),
  }));

const kernels = createPortableKernels();

function decode(frame: Uint8Array, table: Map<number, RecordShape | null>, limits = {}, on = kernels): number {
  const routes = installSchema(on, table);
  on.begin();
  return on.decode(frame, (frame[1] as number) & 15, routes, { ...defaultLimits, ...limits });
}

function refusal(on = kernels): [number, number] {
  return [on.errorCode, on.errorOffset];
}

function word(index: number): number {
  return kernels.heap.u32[index] as number;
}

/** Word index of the frame's first group. */
function firstGroup(tape: number): number {
  return word((tape >>> 2) + wire.TAPE_GROUP_RECORDS) >>> 2;
}

describe('portable kernels', () => {
  it('never read over the end of what they were given', () => {
    for (const { hex, table } of valid) {
      const whole = Buffer.from(hex, 'hex');
      // More of the same follows in the buffer: reading it would go unnoticed, or well.
      const around = Buffer.concat([whole, whole, whole]);
      for (let length = 0; length < whole.length - 4; length++) {
        const cut = sealed(Uint8Array.from(whole.subarray(0, length)));
        around.set(cut, whole.length);
        const frame = around.subarray(whole.length, whole.length + cut.length);
        expect(decode(frame, table)).toBe(0);
        expect(kernels.errorCode).not.toBe(wire.OK);
        expect(kernels.errorOffset).toBeLessThanOrEqual(Math.max(0, cut.length - 4));
        expect(decode(cut, table)).toBe(0);
      }
    }
  });

  it('judge random damage without fault, and write again what they accept', () => {
    const next = random(21);
    let accepted = 0;
    let refused = 0;
    for (let round = 0; round < 20_000; round++) {
      const { hex, table } = valid[next(valid.length)] as Valid;
      const body = Uint8Array.from(Buffer.from(hex, 'hex').subarray(0, -4));
      for (let i = 1 + next(3); i > 0; i--) {
        body[next(body.length)] = next(3) ? next(256) : ([0, 1, 2, 127, 128, 255] as const)[next(6)]!;
      }
      const frame = sealed(body);
      const tape = decode(frame, table);
      if (tape === 0) {
        refused++;
        expect(kernels.errorCode).toBeGreaterThan(wire.OK);
        expect(kernels.errorCode).toBeLessThanOrEqual(wire.LIMIT);
        expect(kernels.errorOffset).toBeLessThanOrEqual(frame.length);
        continue;
      }
      const group = firstGroup(tape);
      const count = word((tape >>> 2) + wire.TAPE_GROUPS);
      const states = Array.from({ length: count }, (_, i) => word(group + i * wire.GROUP_WORDS + wire.GROUP_STATE));
      if (states.some((state) => state !== wire.GROUP_READ) || word((tape >>> 2) + wire.TAPE_BAD_OFFSET)) continue;
      accepted++;
      // Not always the same bytes: a decoder accepts wider forms. But what is written is read, and written the same.
      const once = recode(kernels, tape, frame);
      const again = decode(once, table);
      expect(again).toBeGreaterThan(0);
      expect(Buffer.from(recode(kernels, again, once)).equals(once)).toBe(true);
    }
    expect(accepted).toBeGreaterThan(500);
    expect(refused).toBeGreaterThan(5000);
  });

  it('keep nothing of a frame after the next begin', () => {
    const { hex, table } = valid.find(({ hex: text }) => text.length > 400) as Valid;
    expect(decode(Buffer.from(hex, 'hex'), table)).toBeGreaterThan(0);
    recode(kernels, decode(Buffer.from(hex, 'hex'), table), Buffer.from(hex, 'hex'));
    kernels.begin();
    const address = kernels.reserve(8);
    expect(kernels.heap.u8.subarray(address).every((byte) => byte === 0)).toBe(true);
  });

  it('report a full arena as what it is', () => {
    const small = createPortableKernels({ arena: 1 << 16 });
    const table = new Map([[0, parseShape(['a:int'])]]);
    const frame = frameOf(wire.KIND_PUSH, table.get(0), 10_000, [0, 2]);
    expect(decode(frame, table, {}, small)).toBe(0);
    expect(refusal(small)).toEqual([wire.OUT_OF_MEMORY, 0]);
    const fits = frameOf(wire.KIND_PUSH, table.get(0), 1000, [0, 2]);
    const tape = decode(fits, table, {}, small);
    expect(tape).toBeGreaterThan(0);
    small.reserve(40_000);
    expect(small.encode(tape)).toBeGreaterThan(0);
    small.reserve((1 << 16) - small.output - 64);
    expect(small.encode(tape)).toBe(0);
  });
});

describe('the budget of values', () => {
  // 2 lists + 3 elements + 2 optionals + 1 blob at 8.
  const table = new Map([[0, parseShape(['a:list<u8>', 'b:optional<bytes>'])]]);
  const columns = [...ints([1n, 2n]), ...ints([7n, 8n, 9n]), ...[2, 0b10], ...ints([3n])];
  const frame = frameOf(wire.KIND_PUSH, table.get(0), 2, columns, [1, 2, 3]);

  it('is charged for each node, and the tape says how much', () => {
    const tape = decode(frame, table, { values: 15 });
    expect(refusal()).toEqual([wire.OK, 0]);
    expect(kernels.heap.f64[((tape >>> 2) + wire.TAPE_CHARGED_F64) >>> 1]).toBe(15);
    const slots = word(firstGroup(tape) + wire.GROUP_SLOTS) >>> 2;
    const begins = [0, 1, 2, 3].map((slot) => word(slots + slot * wire.SLOT_WORDS + wire.SLOT_OFFSET));
    // Each column refuses the budget that is one short of it, where it begins.
    for (const [values, offset] of [
      [14, begins[3]],
      [6, begins[2]],
      [4, begins[1]],
      [1, begins[0]],
    ]) {
      expect(decode(frame, table, { values })).toBe(0);
      expect(refusal()).toEqual([wire.LIMIT, offset]);
    }
  });

  it('is charged for what a reader makes of missing fields, unless those alone exceed it in an answer', () => {
    const written = parseShape(['a:u8']);
    const known = new Map([[0, parseShape(['a:u8', 'b:optional<u8>', 'c:optional<u8>'])]]);
    // The bad value would be the first of the frame, if the group were read.
    const columns = ints([1n, 300n, 2n]);
    const state = (tape: number) => word(firstGroup(tape) + wire.GROUP_STATE);
    for (const kind of [wire.KIND_REQUEST, wire.KIND_RESPONSE, wire.KIND_PUSH]) {
      const frame = frameOf(kind, written, 3, columns);
      // The group's length is followed by tail, fields, one signature and the column.
      const lengthAt = frame.length - 4 - columns.length - 5;
      expect(state(decode(frame, known, { values: 9 }))).toBe(wire.GROUP_READ);
      for (const values of [8, 6]) {
        expect(decode(frame, known, { values })).toBe(0);
        expect(refusal()).toEqual([wire.LIMIT, lengthAt]);
      }
      const tape = decode(frame, known, { values: 5 });
      if (kind === wire.KIND_REQUEST) {
        expect(tape).toBe(0);
        expect(refusal()).toEqual([wire.LIMIT, lengthAt]);
      } else {
        expect(state(tape)).toBe(wire.GROUP_MISMATCH);
        expect(word(firstGroup(tape) + wire.GROUP_SLOTS)).toBe(0);
        expect(word((tape >>> 2) + wire.TAPE_BAD_OFFSET)).toBe(0);
      }
    }
  });
});

describe('values that their types do not allow', () => {
  function judge(field: string, n: number, column: number[]): { bad: number[]; slot: number; first: boolean } {
    const shape = parseShape([field]);
    const tape = decode(frameOf(wire.KIND_PUSH, shape, n, column), new Map([[0, shape]]));
    expect(refusal()).toEqual([wire.OK, 0]);
    const slot = word(firstGroup(tape) + wire.GROUP_SLOTS) >>> 2;
    const bad = word(slot + wire.SLOT_BAD);
    const first = word((tape >>> 2) + wire.TAPE_BAD_OFFSET) === word(slot + wire.SLOT_OFFSET);
    return { bad: bad ? [...kernels.heap.u8.subarray(bad, bad + n)] : [], slot, first };
  }

  it.each([
    ['u8', 0n, 255n],
    ['u16', 0n, 65_535n],
    ['u32', 0n, 2n ** 32n - 1n],
    ['i8', -128n, 127n],
    ['i16', -32_768n, 32_767n],
    ['i32', -(2n ** 31n), 2n ** 31n - 1n],
    ['enum<a,b,c>', 0n, 2n],
    ['int', -(2n ** 53n) + 1n, 2n ** 53n - 1n],
    ['timestamp', -(2n ** 53n) + 1n, 2n ** 53n - 1n],
    ['date', -8_640_000_000_000_000n, 8_640_000_000_000_000n],
  ])('are marked in a column of %s, and made 0', (type, min, max) => {
    expect(judge(`v:${type}`, 2, ints([min, max])).bad).toEqual([]);
    const { bad, slot, first } = judge(`v:${type}`, 4, ints([max, max + 1n, min, min - 1n]));
    expect([bad, first]).toEqual([[0, 1, 0, 1], true]);
    const values = word(slot + wire.SLOT_VALUES);
    const wide = ['int', 'timestamp', 'date'].includes(type);
    const { i32, u32, f64 } = kernels.heap;
    const column = wide ? f64.subarray(values >>> 3) : (type === 'u32' ? u32 : i32).subarray(values >>> 2);
    expect([...column.subarray(0, 4)]).toEqual([Number(max), 0, Number(min), 0]);
    expect(judge(`v:${type}`, 1, ints([max + 1n])).bad).toEqual([1]);
  });

  it('are marked in a column of unixid, by ticks and by nodes', () => {
    const ticks = ints([1n, 0n, 2n ** 63n - 1n, -1n, 5n]);
    const nodes = ints([0n, 1n, 2n ** 63n - 1n, 2n, -1n]);
    const { bad, slot, first } = judge('v:unixid', 5, [...ticks, ...nodes]);
    expect([bad, first]).toEqual([[0, 1, 0, 1, 1], true]);
    const column = (index: number) => {
      const from = word(slot + index) >>> 3;
      return [...kernels.heap.i64.subarray(from, from + 5)];
    };
    expect(column(wire.SLOT_VALUES)).toEqual([1n, 0n, 2n ** 63n - 1n, 0n, 0n]);
    expect(column(wire.SLOT_SECOND)).toEqual([0n, 0n, 2n ** 63n - 1n, 0n, 0n]);
  });

  it('are found in frame order', () => {
    const shape = parseShape(['a:list<u8>', 'b:u8']);
    const columns = [...ints([1n, 1n]), ...ints([1n, 256n]), ...ints([-1n, -1n])];
    const tape = decode(frameOf(wire.KIND_PUSH, shape, 2, columns), new Map([[0, shape]]));
    const slots = word(firstGroup(tape) + wire.GROUP_SLOTS) >>> 2;
    expect(word((tape >>> 2) + wire.TAPE_BAD_OFFSET)).toBe(word(slots + wire.SLOT_WORDS + wire.SLOT_OFFSET));
    expect(word(slots + 2 * wire.SLOT_WORDS + wire.SLOT_BAD)).toBeGreaterThan(0);
  });
});

/** A frame of one packet of route 0 with n records, whose group has these columns and blobs. */
function frameOf(
  kind: number,
  shape: RecordShape | undefined,
  n: number,
  columns: number[],
  blobs: number[] = [],
): Uint8Array {
  const signs = [...(shape as RecordShape).signature].flatMap((sign) => [sign & 255, sign >> 8]);
  const group = [...varint(BigInt(blobs.length)), signs.length / 2, ...signs, ...columns];
  const outbox = [1, 2, 3, 4, 5, 6, 7, 8];
  const items = svarint(BigInt(n));
  const head = {
    [wire.KIND_REQUEST]: [0, ...outbox, 1, 0, 1, 0, 0, ...items],
    [wire.KIND_RESPONSE]: [0, ...outbox, 1, 1, 0, 0, 0, ...items],
    [wire.KIND_PUSH]: [0, 1, 0, ...items],
  }[kind] as number[];
  const groups = [1, 0, ...varint(BigInt(group.length)), ...group];
  return sealed(Uint8Array.from([wire.MAGIC, (wire.VERSION << 4) | kind, ...head, ...groups, ...blobs]));
}
