// One operation of a codec with one workload in a process of its own: more than a handful of decoders in one process make the
// collector's noise larger than the differences, and let each spoil the others' inline caches.
import { type CodecName, loadAdapter } from './adapter.ts';
import { makeWorkload, type WorkloadName } from './fixtures.ts';
import { measure } from './measure.ts';

/** What the parent asks for; the answer is seconds per call. */
export interface Order {
  readonly operation: string;
  readonly maxTime: number;
}

/** Sent once, when the codec is ready. */
export interface Ready {
  readonly operations: readonly string[];
  readonly bytes: number;
}

const [codec, workload] = process.argv.slice(2) as [CodecName, WorkloadName];
const adapter = await loadAdapter(codec);
const { encode, decode, extras = {} } = adapter.bind(makeWorkload(workload));
// Copied: rivals give slices of a pool that later calls write to.
const encoded = encode();
const bytes = encoded instanceof Buffer ? Buffer.from(encoded) : encoded.slice();

const operations = new Map<string, () => unknown>([
  ['encode', encode],
  ['decode', () => decode(bytes)],
  ...Object.entries(extras).map(([name, run]) => [name, () => run(bytes)] as const),
]);

process.on('message', ({ operation, maxTime }: Order) => {
  const run = operations.get(operation);
  if (!run) throw new Error(`${codec} has no ${operation}`);
  process.send?.(measure(run, maxTime));
});
const ready: Ready = { operations: [...operations.keys()], bytes: bytes.length };
process.send?.(ready);
