import { inspect } from 'node:util';
import type { Codec, DecodeOptions } from '../../src/lib/codec/codec.ts';
import type { Schema } from '../../src/lib/contract/field.ts';
import { DecodeError, EncodeError } from '../../src/lib/errors.ts';
import { type RandomBatch, randomBatch } from '../generate/batches.ts';
import { mutate } from '../generate/mutations.ts';
import { Random } from '../generate/random.ts';
import { hexOf } from '../vectors/notation.ts';
import { decodeAny, encodeAny, packetsOf } from './kinds.ts';
import { same } from './same.ts';

/** Making a batch costs as much as judging many frames: each is damaged so many times. */
const MUTATIONS = 19;
/** What one seed gives: a generated batch's frame, and the frames made by damaging it. */
export const INPUTS_PER_SEED = 1 + MUTATIONS;

/**
 * Gives two codecs the same inputs: generated batches, their frames, and frames that were damaged.
 *
 * They must agree on every byte, every value, every refusal and its offset.
 */
export class Comparison {
  inputs = 0;
  /** What became of the damaged ones. */
  readonly verdicts = new Map<string, number>();
  private readonly codecs: readonly [Codec, Codec];

  constructor(one: Codec, two: Codec) {
    this.codecs = [one, two];
  }

  /**
   * Judges one generated batch and what is made of it.
   *
   * @throws {Error} Where the codecs differ; the message has the frame.
   */
  run(seed: number): void {
    const random = new Random(seed);
    const made = randomBatch(random);
    const [one] = this.codecs;
    const written = this.agree((codec) => encodeAny(codec, made.writer, made), made);
    if ('refusal' in written) {
      // Rarely lists of lists hold more values than a frame may.
      this.inputs++;
      return;
    }
    const frame = written.value;
    // An encoder writes one form only: reading and writing again changes nothing.
    const read = decodeAny(one, made.writer, made.kind, frame);
    const again = encodeAny(one, made.writer, read);
    if (!same(again, frame)) throw new Error(`${hexOf(frame)} is written again as ${hexOf(again)}`);
    this.decode(made, made.writer, frame, {});
    this.decode(made, made.reader, frame, {});
    this.decode(made, made.reader, frame, { invalidValues: 'mark' });
    this.inputs++;

    let other: Uint8Array = frame;
    for (let i = 0; i < MUTATIONS; i++) {
      const damaged = mutate(random, frame, other);
      const verdict = this.decode(made, random.once(3) ? made.reader : made.writer, damaged, randomOptions(random));
      this.verdicts.set(verdict, (this.verdicts.get(verdict) ?? 0) + 1);
      this.inputs++;
      if (damaged.length > 0) other = damaged;
    }
  }

  /** @returns `accepted`, `marked`, `invalid`, or the code of the refusal. */
  private decode(made: RandomBatch, schema: Schema, frame: Uint8Array, options: DecodeOptions): string {
    const { kind } = made;
    const outcome = this.agree((codec) => decodeAny(codec, schema, kind, frame, options), made, frame);
    if (kind === 'request') this.agree((codec) => codec.openRequest(schema, frame, options), made, frame);
    if ('refusal' in outcome) return outcome.refusal.split(' ')[0] as string;
    // Not always the bytes that came in, for a decoder takes wider forms too; but the same from both.
    const packets = packetsOf(outcome.value);
    if (packets.some(({ issues }) => issues !== undefined)) return 'invalid';
    if (packets.some(({ mark }) => mark !== undefined)) return 'marked';
    this.agree((codec) => encodeAny(codec, schema, outcome.value), made, frame);
    return 'accepted';
  }

  private agree<T>(work: (codec: Codec) => T, made: RandomBatch, frame?: Uint8Array): Outcome<T> {
    const [a, b] = this.codecs;
    const one = outcomeOf(() => work(a));
    const two = outcomeOf(() => work(b));
    if (same(one, two)) return one;
    const input = frame ? vectorOf(made, frame) : inspect(made, { depth: 9 });
    throw new Error(`${input}\n${a.name}: ${inspect(one, { depth: 9 })}\n${b.name}: ${inspect(two, { depth: 9 })}`);
  }
}

type Outcome<T> = { readonly value: T } | { readonly refusal: string };

function outcomeOf<T>(work: () => T): Outcome<T> {
  try {
    return { value: work() };
  } catch (error) {
    if (error instanceof DecodeError) return { refusal: `${error.code} at ${error.offset}` };
    if (error instanceof EncodeError) return { refusal: error.message };
    throw error;
  }
}

/** The beginning of a line for test/vectors/own.jsonl: what it should give is for a person to say. */
function vectorOf({ kind, writer, reader }: RandomBatch, frame: Uint8Array): string {
  return JSON.stringify({ kind, shapes: shapesOf(writer), reader: shapesOf(reader), hex: hexOf(frame) });
}

function shapesOf({ outputs }: Schema): Record<string, readonly string[] | null> {
  return Object.fromEntries(Array.from(outputs, ([route, shape]) => [route, shape?.descriptors ?? null]));
}

function randomOptions(random: Random): DecodeOptions {
  return {
    ...(random.once(8) && { limits: randomLimits(random) }),
    ...(random.once(2) && { invalidValues: 'mark' }),
    ...(random.once(8) && { copyBytes: true }),
  };
}

function randomLimits(random: Random): NonNullable<DecodeOptions['limits']> {
  return {
    frame: random.pick([50, 200, 8 << 20]),
    packets: random.pick([1, 3, 10_000]),
    groups: random.pick([1, 2, 1024]),
    values: random.pick([random.below(10), random.below(200), 1_000_000]),
    string: random.pick([1, 5, 1 << 20]),
    json: random.pick([0, 1, 64]),
  };
}
