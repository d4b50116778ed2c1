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

/**
 * Times every codec's operations under one workload, interleaved: in each round each codec has its turn, the first one
 * another every time, so that a machine that slows down or is busy for a while treats all alike.
 */
export async function compare(workload: WorkloadName, { codecs, rounds, maxTime }: Plan): Promise<Row> {
  const handles: CodecHandle[] = [];
  try {
    for (const codec of codecs.filter((name) => carries(name, workload)))
      handles.push(await CodecHandle.start(codec, workload));
    const samples = new Map(handles.map((handle) => [handle, new Map<string, number[]>()]));
    // Round 0 warms the compilers up and is not counted.
    for (let round = 0; round <= rounds; round++) {
      const turn = round % handles.length;
      for (const handle of [...handles.slice(turn), ...handles.slice(0, turn)]) {
        for (const operation of handle.operations) {
          const seconds = await handle.measure({ operation, maxTime: round === 0 ? 5 * maxTime : maxTime });
          if (round === 0) continue;
          const byOperation = samples.get(handle) as Map<string, number[]>;
          byOperation.set(operation, [...(byOperation.get(operation) ?? []), seconds * 1e6]);
        }
      }
    }
    return Object.fromEntries(
      handles.map((handle): [string, Figures] => [
        handle.codec,
        { bytes: handle.bytes, microseconds: medians(samples.get(handle) as Map<string, number[]>) },
      ]),
    );
  } finally {
    for (const handle of handles) handle.stop();
  }
}

function medians(samples: ReadonlyMap<string, readonly number[]>): Record<string, number> {
  return Object.fromEntries([...samples].map(([operation, values]) => [operation, median(values)]));
}
