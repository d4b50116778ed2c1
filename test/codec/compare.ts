import type { Codec, DecodeOptions } from '../../src/lib/codec/codec.ts';
import type { Schema } from '../../src/lib/contract/field.ts';
import { DecodeError, EncodeError } from '../../src/lib/errors.ts';
import { type RandomBatch, randomBatch } from '../generate/batches.ts';
import { mutate } from '../generate/mutations.ts';
import { Random } from '../generate/random.ts';
import { canonical, hexOf } from '../vectors/notation.ts';
import { type Batch, notationOf } from '../vectors/run.ts';
import { type AnyBatch, type AnyDecoded, decodeAny, encodeAny, packetsOf } from './kinds.ts';

/** Making a batch costs as much as judging many frames: each is damaged so many times. */
const MUTATIONS = 19;

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
    this.agree((codec) => hexOf(encodeAny(codec, made.writer, made)), made);
    const frame = encodeAny(one, made.writer, made);
    // An encoder writes one form only: reading and writing again changes nothing.
    const read = decodeAny(one, made.writer, made.kind, frame);
    const again = hexOf(encodeAny(one, made.writer, read));
    if (again !== hexOf(frame)) throw new Error(`${hexOf(frame)} is written again as ${again}`);
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
    const text = hexOf(frame);
    const decoded: AnyDecoded[] = [];
    const outcome = this.agree(
      (codec) => {
        const read = decodeAny(codec, schema, kind, frame, options);
        decoded.push(read);
        return canonical(notationOf(read.batch as unknown as Batch, schema.outputs));
      },
      made,
      text,
    );
    if (kind === 'request') {
      this.agree((codec) => JSON.stringify(codec.openRequest(schema, frame, options)), made, text);
    }
    const [read] = decoded;
    if (read === undefined) return outcome.split(' ')[0] as string;
    // Not always the bytes that came in, for a decoder takes wider forms too; but the same from both.
    const packets = packetsOf(read);
    if (packets.some(({ issues }) => issues !== undefined)) return 'invalid';
    if (packets.some(({ mark }) => mark !== undefined)) return 'marked';
    this.agree((codec) => hexOf(encodeAny(codec, schema, read)), made, text);
    return 'accepted';
  }

  private agree(work: (codec: Codec) => string, made: AnyBatch, frame = ''): string {
    const [one, two] = this.codecs.map((codec) => outcomeOf(() => work(codec))) as [string, string];
    if (one === two) return one;
    const [a, b] = this.codecs;
    throw new Error(`${made.kind} ${frame}\n${a.name}: ${one}\n${b.name}: ${two}`);
  }
}

function outcomeOf(work: () => string): string {
  try {
    return work();
  } catch (error) {
    if (error instanceof DecodeError) return `${error.code} at ${error.offset}`;
    if (error instanceof EncodeError) return error.message;
    throw error;
  }
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
