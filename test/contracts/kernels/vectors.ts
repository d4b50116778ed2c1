import { readFileSync } from 'node:fs';
import type { RecordShape } from '../../../src/lib/contract/field.ts';
import { parseShape } from '../../../src/lib/contract/parse.ts';
import type { DecodeLimits } from '../../../src/lib/limits.ts';

type Descriptors = Record<string, string[] | null>;

/** What kernels can know of a vector: its frame and its shapes, not its values. */
export interface Vector {
  readonly name: string;
  readonly frame: Uint8Array;
  readonly table: Map<number, RecordShape | null>;
  /** The shapes of whoever reads; `table` where the vector names no other. */
  readonly reader: Map<number, RecordShape | null>;
  readonly error?: { code: string; offset: number };
  readonly limits: Partial<DecodeLimits>;
}

/** The vectors whose names match; there is at least one. */
export function vectors(family: RegExp): Vector[] {
  const found = readFileSync(new URL('../../vectors/frames.jsonl', import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
    .filter(({ name }) => family.test(name))
    .map(({ shapes, reader, hex, limits, ...rest }) => ({
      ...rest,
      frame: Uint8Array.from(Buffer.from(hex, 'hex')),
      table: tableOf(shapes),
      reader: tableOf(reader ?? shapes),
      limits: limits ?? {},
    }));
  if (found.length === 0) throw new Error(`no vector is named ${family}`);
  return found;
}

function tableOf(shapes: Descriptors): Map<number, RecordShape | null> {
  return new Map(Object.entries(shapes).map(([route, fields]) => [Number(route), fields && parseShape(fields)]));
}
