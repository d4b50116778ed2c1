import Benchmark from 'benchmark';

/** Keeps results alive, so that the engine cannot drop the work that made them. */
const kept: { value: unknown } = { value: undefined };

/** Shorter than the turns that a busy machine gives a process, so that most samples are not interrupted. */
const sampleSeconds = 0.003;

/**
 * Times one operation.
 *
 * @param maxTime Seconds of sampling.
 * @returns Seconds per call, the median of the samples.
 */
export function measure(operation: () => unknown, maxTime: number): number {
  const repeats = repeatsOf(operation);
  const benchmark = new Benchmark({
    fn: () => {
      for (let i = 0; i < repeats; i++) kept.value = operation();
    },
    minTime: sampleSeconds,
    minSamples: 5,
    maxTime,
    onError: (event: { target: { error?: unknown } }) => {
      throw event.target.error;
    },
  });
  benchmark.run();
  kept.value = undefined;
  return median(benchmark.stats.sample) / repeats;
}

/** How often a short operation is called at a time: the loop that `benchmark` compiles for each sample runs cold. */
function repeatsOf(operation: () => unknown): number {
  let repeats = 1;
  for (;;) {
    const start = performance.now();
    for (let i = 0; i < repeats; i++) kept.value = operation();
    if (performance.now() - start > 0.1) return repeats;
    repeats *= 2;
  }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
}
