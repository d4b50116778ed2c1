import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as wire from '../../../assembly/protocol.ts';
import { createPortableKernels } from '../../../src/lib/codec/portable/kernels.ts';
import { installSchema } from '../../../src/lib/codec/program.ts';
import type { RecordShape } from '../../../src/lib/contract/field.ts';
import { parseShape } from '../../../src/lib/contract/parse.ts';
import { type DecodeLimits, defaultLimits } from '../../../src/lib/limits.ts';
import { recode } from '../recode.ts';

type Shapes = Record<string, string[] | null>;
interface Vector {
  name: string;
  shapes: Shapes;
  reader?: Shapes;
  hex: string;
  error?: { code: string; offset: number };
  limits?: Partial<DecodeLimits>;
}

const vectors = readFileSync(new URL('../../vectors/frames.jsonl', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as Vector);
const codes = new Map(
  Object.entries(wire).flatMap(([name, value]) =>
    /^(TRUNCATED|BAD_.*|OVERLONG_VARINT|OUT_OF_RANGE|TRAILING_BYTES|LIMIT)$/.test(name)
      ? [[value, name.toLowerCase()]]
      : [],
  ),
);

function tableOf(shapes: Shapes): Map<number, RecordShape | null> {
  return new Map(Object.entries(shapes).map(([route, fields]) => [Number(route), fields && parseShape(fields)]));
}

function named(family: RegExp): Vector[] {
  const found = vectors.filter(({ name }) => family.test(name));
  if (found.length === 0) throw new Error(`no vector is named ${family}`);
  return found;
}

describe('portable kernels and the vectors', () => {
  const kernels = createPortableKernels();

  function decode({ hex, limits }: Vector, shapes: Shapes): { tape: number; frame: Uint8Array } {
    const frame = new Uint8Array(Buffer.from(hex, 'hex'));
    const table = installSchema(kernels, tableOf(shapes));
    kernels.begin();
    const kind = frame.length > 1 ? (frame[1] as number) & 15 : 1;
    const tape = kernels.decode(frame, [1, 2, 3].includes(kind) ? kind : 1, table, { ...defaultLimits, ...limits });
    return { tape, frame };
  }

  // JSON text is judged above the kernels.
  it.each(named(/^bad\/(?!out_of_range\/json)/))('refuses $name', (vector) => {
    const { tape } = decode(vector, vector.shapes);
    const badOffset = tape && kernels.heap.u32[(tape >>> 2) + wire.TAPE_BAD_OFFSET];
    const error = tape
      ? { code: badOffset ? 'out_of_range' : 'none', offset: badOffset }
      : { code: codes.get(kernels.errorCode), offset: kernels.errorOffset };
    expect(error).toEqual(vector.error);
  });

  it.each(named(/^(valid|evolution)\//))('writes $name again', (vector) => {
    const { tape, frame } = decode(vector, vector.shapes);
    expect(kernels.errorCode).toBe(wire.OK);
    expect(Buffer.from(recode(kernels, tape, frame)).toString('hex')).toBe(vector.hex);
  });

  it.each(named(/^(accepted|evolution)\//))('reads $name', (vector) => {
    const { tape } = decode(vector, vector.reader ?? vector.shapes);
    expect(kernels.errorCode).toBe(wire.OK);
    expect(tape).toBeGreaterThan(0);
    expect(kernels.heap.u32[(tape >>> 2) + wire.TAPE_BAD_OFFSET]).toBe(0);
  });
});
