import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import * as wire from '../../assembly/protocol.ts';
import type { FrameLimits, Kernels } from '../../src/lib/codec/kernels.ts';
import { createPortableKernels } from '../../src/lib/codec/portable/kernels.ts';
import { portableCodec } from '../../src/lib/codec/portable-codec.ts';
import { installSchema } from '../../src/lib/codec/program.ts';
import { createWasmKernels } from '../../src/lib/codec/wasm.ts';
import type { ShapeTable } from '../../src/lib/contract/field.ts';
import { defaultLimits } from '../../src/lib/limits.ts';
import { recode } from '../contracts/kernels/recode.ts';
import { randomBatch } from '../generate/batches.ts';
import { mutate } from '../generate/mutations.ts';
import { Random } from '../generate/random.ts';
import { hexOf } from '../vectors/notation.ts';
import { encodeAny } from './kinds.ts';
import { sealed } from './sealed.ts';
import { tapeText } from './tape-text.ts';

// What the codecs above them never look at, or judge once more, shows only here: every word of the tape.
// The same inputs on every run, unless told otherwise: SEED=7 COUNT=1000000 npx vitest run test/codec/kernels-agree.test.ts
const seed = Number(process.env.SEED ?? 1);
const count = Number(process.env.COUNT ?? 20_000);
const PER_BATCH = 20;

const module = new WebAssembly.Module(readFileSync(new URL('../../dist/codec.wasm', import.meta.url)));
const both: readonly Kernels[] = [createWasmKernels(module), createPortableKernels()];
const codec = portableCodec();
const kinds = { request: wire.KIND_REQUEST, response: wire.KIND_RESPONSE, push: wire.KIND_PUSH };

/** What the kernels make of a frame, and of writing it again where all of it was read. */
function read(kernels: Kernels, frame: Uint8Array, kind: number, table: ShapeTable, limits: FrameLimits): string {
  const routes = installSchema(kernels, table);
  kernels.begin();
  const tape = kernels.decode(frame, kind, routes, limits);
  if (tape === 0) return `refused ${kernels.errorCode} at ${kernels.errorOffset}`;
  const text = tapeText(kernels, tape, routes);
  const { u32 } = kernels.heap;
  const groups = u32[(tape >>> 2) + wire.TAPE_GROUPS] as number;
  const records = (u32[(tape >>> 2) + wire.TAPE_GROUP_RECORDS] as number) >>> 2;
  for (let i = 0; i < groups; i++) {
    const group = records + i * wire.GROUP_WORDS;
    if (u32[group + wire.GROUP_STATE] !== wire.GROUP_READ) return text;
    // A writer has all of its shape's fields.
    const program = (u32[group + wire.GROUP_PROGRAM] as number) >>> 2;
    if (u32[group + wire.GROUP_FIELDS_WRITTEN] !== u32[program + wire.PROGRAM_FIELDS]) return text;
  }
  return `${text}\n${hexOf(recode(kernels, tape, frame))}`;
}

function randomLimits(random: Random): FrameLimits {
  if (!random.once(6)) return defaultLimits;
  return {
    frame: random.pick([40, 200, Number.POSITIVE_INFINITY]),
    packets: random.pick([0, 1, 3, 2 ** 32 - 1]),
    groups: random.pick([0, 1, 2, Number.POSITIVE_INFINITY]),
    values: random.pick([0, 4, random.below(200), Number.POSITIVE_INFINITY]),
    string: random.pick([0, 1, 5, 2 ** 53]),
  };
}

/** Bytes that nobody meant, behind a head that lets them be read. */
function randomFrame(random: Random, kind: number): Uint8Array {
  return sealed(
    Uint8Array.of(wire.MAGIC, (wire.VERSION << 4) | kind, random.below(4), ...random.bytes(random.below(64))),
  );
}

it('both kernels leave the same tape', { timeout: 600_000 }, () => {
  const seen = new Map<string, number>();
  for (let inputs = 0, next = seed; inputs < count; next++) {
    const random = new Random(next);
    const made = randomBatch(random);
    const kind = kinds[made.kind];
    const whole = encodeAny(codec, made.writer, made);
    let other: Uint8Array = whole;
    for (let i = 0; i < PER_BATCH; i++, inputs++) {
      const frame = i === 0 ? whole : random.once(20) ? randomFrame(random, kind) : mutate(random, whole, other);
      const table = (random.once(4) ? made.reader : made.writer).inputs;
      const limits = i === 0 ? defaultLimits : randomLimits(random);
      const [one, two] = both.map((kernels) => read(kernels, frame, kind, table, limits));
      if (one !== two) expect(one, `SEED=${next} COUNT=1: ${made.kind} ${hexOf(frame)}`).toBe(two);
      const verdict = one?.startsWith('refused') ? (one.split(' ')[1] as string) : 'read';
      seen.set(verdict, (seen.get(verdict) ?? 0) + 1);
      if (frame.length > 0) other = frame;
    }
  }
  if (count < 10_000) return;
  expect(seen.get('read')).toBeGreaterThan(count / 8);
  for (let code = wire.TRUNCATED; code <= wire.LIMIT; code++)
    expect(seen.get(String(code)), `code ${code}`).toBeGreaterThan(0);
});
