import { type CodecName, carries } from './adapter.ts';
import { CodecHandle } from './codec-handle.ts';
import type { WorkloadName } from './fixtures.ts';
import { median } from './measure.ts';

export interface Plan {
  readonly codecs: readonly CodecName[];
  readonly rounds: number;
  /** Seconds of sampling, per operation, codec and round. */
  readonly maxTime: number;
}

/** A codec's figures under one workload: microseconds per call, medians of the rounds. */
export interface Figures {
  readonly bytes: number;
  readonly microseconds: Readonly<Record<string, number>>;
}

/** The figures of one workload by codec. */
export type Row = Partial<Record<CodecName, Figures>>;

/** One operation of one codec. */
interface Contestant {
  readonly handle: CodecHandle;
  readonly operation: string;
  /** Microseconds per call, of each round. */
  readonly samples: number[];
}

/**
 * Times every codec's operations under one workload, interleaved: in each round each has its turn, the first one another
 * every time, so that a machine that slows down or is busy for a while treats all alike.
 *
 * Each operation has a process of its own: whether what it makes lives on or not, the engine learns from what it sees, and
 * would make the objects of one operation where those of another belong.
 */
export async function compare(workload: WorkloadName, { codecs, rounds, maxTime }: Plan): Promise<Row> {
  const contestants: Contestant[] = [];
  const join = async (codec: CodecName): Promise<void> => {
    const first = await CodecHandle.start(codec, workload);
    for (const [i, operation] of first.operations.entries()) {
      const handle = i === 0 ? first : await CodecHandle.start(codec, workload);
      contestants.push({ handle, operation, samples: [] });
    }
  };
  try {
    for (const codec of codecs) if (carries(codec, workload)) await join(codec);
    // Round 0 warms the compilers up and is not counted.
    for (let round = 0; round <= rounds; round++) {
      const turn = round % contestants.length;
      for (const { handle, operation, samples } of [...contestants.slice(turn), ...contestants.slice(0, turn)]) {
        const seconds = await handle.measure({ operation, maxTime: round === 0 ? 5 * maxTime : maxTime });
        if (round > 0) samples.push(seconds * 1e6);
      }
    }
    return Object.fromEntries(codecs.flatMap((codec) => figuresOf(codec, contestants)));
  } finally {
    for (const { handle } of contestants) handle.stop();
  }
}

function figuresOf(codec: CodecName, contestants: readonly Contestant[]): [CodecName, Figures][] {
  const own = contestants.filter(({ handle }) => handle.codec === codec);
  const [first] = own;
  if (first === undefined) return [];
  const microseconds = Object.fromEntries(own.map(({ operation, samples }) => [operation, median(samples)]));
  return [[codec, { bytes: first.handle.bytes, microseconds }]];
}
