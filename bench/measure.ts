import Benchmark from 'benchmark';

/** Keeps results alive, so that the engine cannot drop the work that made them. */
const kept: { value: unknown } = { value: undefined };

/**
 * Times one operation.
 *
 * @param maxTime Seconds of sampling.
 * @returns Seconds per call, the median of the samples.
 */
export function measure(operation: () => unknown, maxTime: number): number {
  const benchmark = new Benchmark({
    fn: () => {
      kept.value = operation();
    },
    minTime: Math.min(0.02, maxTime / 5),
    minSamples: 5,
    maxTime,
    onError: (event: { target: { error?: unknown } }) => {
      throw event.target.error;
    },
  });
  // A collection now rather than in the middle: what the codec before left behind is not this one's to clear.
  globalThis.gc?.();
  benchmark.run();
  kept.value = undefined;
  return median(benchmark.stats.sample);
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
}
