// npm run fuzz -- --count N --seed S --jobs J: WebAssembly against its twin, on every input of three bytes, and on generated
// frames and damaged ones.
//
// The latter depend on the seed and the count alone, whatever the number of jobs. Each job is a process of its own. What the
// codecs differ on is printed as the beginning of a test vector. Exit code 1 when they differ, or when the inputs were
// such that agreeing means little.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { loadCodecSync } from '../../src/lib/codec/load-sync.ts';
import { createPortableKernels } from '../../src/lib/codec/portable/kernels.ts';
import { portableCodec } from '../../src/lib/codec/portable-codec.ts';
import { createWasmKernels } from '../../src/lib/codec/wasm.ts';
import { Comparison, INPUTS_PER_SEED } from '../codec/compare.ts';
import { refuseShortInputs } from '../codec/short-inputs.ts';

/** Codecs that differ everywhere tell as much by so many. */
const MAX_FAILURES = 5;
/** Fewer prove nothing by how they spread. */
const TELLING_COUNT = 20_000;

/** What a job does, and what it found. */
interface Share {
  /** First bytes of the inputs of three. */
  readonly shortFrom: number;
  readonly shortTo: number;
  readonly firstSeed: number;
  readonly endSeed: number;
  readonly step: number;
}
interface Findings {
  readonly shortInputs: number;
  readonly inputs: number;
  readonly verdicts: readonly (readonly [verdict: string, count: number])[];
  readonly failures: readonly string[];
}

function work({ shortFrom, shortTo, firstSeed, endSeed, step }: Share): Findings {
  // Most inputs are refused; their stacks would cost more than the decoding.
  Error.stackTraceLimit = 0;
  const failures: string[] = [];
  let shortInputs = 0;
  const module = new WebAssembly.Module(readFileSync(new URL('../../dist/codec.wasm', import.meta.url)));
  for (const kernels of [createWasmKernels(module), createPortableKernels()]) {
    try {
      shortInputs = refuseShortInputs(kernels, 3, shortFrom, shortTo);
    } catch (error) {
      failures.push((error as Error).message);
    }
  }
  const comparison = new Comparison(loadCodecSync({ fallback: false }), portableCodec());
  for (let seed = firstSeed; seed < endSeed && failures.length < MAX_FAILURES; seed += step) {
    try {
      comparison.run(seed);
    } catch (error) {
      failures.push(`--seed ${seed} --count ${INPUTS_PER_SEED}: ${(error as Error).message}`);
    }
  }
  return { shortInputs, inputs: comparison.inputs, verdicts: [...comparison.verdicts], failures };
}

async function run(share: Share): Promise<Findings> {
  const child = fork(import.meta.filename, ['--share'], { execArgv: process.execArgv });
  child.send(share);
  const found = await Promise.race([once(child, 'message'), once(child, 'exit')]);
  if (typeof found[0] !== 'object' || found[0] === null) throw new Error(`a job ended with ${found.join(' ')}`);
  return found[0] as Findings;
}

async function main(): Promise<void> {
  const options = { count: { type: 'string' }, seed: { type: 'string' }, jobs: { type: 'string' } } as const;
  const { values } = parseArgs({ options });
  const count = Number(values.count ?? 500_000);
  const seed = Number(values.seed ?? Date.now() >>> 0);
  const jobs = Number(values.jobs ?? availableParallelism());
  if (!(count > 0) || !Number.isSafeInteger(seed) || !(Number.isSafeInteger(jobs) && jobs > 0)) {
    console.error('usage: npm run fuzz -- [--count N] [--seed S] [--jobs J]');
    process.exitCode = 2;
    return;
  }
  console.log(`fuzz: --count ${count} --seed ${seed}, ${jobs} jobs`);
  const startedAt = performance.now();
  const endSeed = seed + Math.ceil(count / INPUTS_PER_SEED);
  const shares = Array.from({ length: jobs }, (_, job) => ({
    shortFrom: Math.round((256 * job) / jobs),
    shortTo: Math.round((256 * (job + 1)) / jobs),
    firstSeed: seed + job,
    endSeed,
    step: jobs,
  }));
  const findings = await Promise.all(shares.map(run));

  const inputs = findings.reduce((sum, found) => sum + found.inputs, 0);
  const shortInputs = findings.reduce((sum, found) => sum + found.shortInputs, 0);
  const failures = findings.flatMap((found) => found.failures);
  const verdicts = new Map<string, number>();
  for (const [verdict, n] of findings.flatMap((found) => found.verdicts)) {
    verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + n);
  }
  for (const [verdict, n] of [...verdicts].sort(([, a], [, b]) => b - a)) console.log(`${verdict.padEnd(18)} ${n}`);
  for (const failure of failures) console.error(`DIFFER ${failure}`);
  const seconds = (performance.now() - startedAt) / 1000;
  console.log(
    `${shortInputs} of three bytes, ${inputs} others, ${failures.length} differences, ${seconds.toFixed(1)} s`,
  );

  // Inputs that all fail, or fail in one way only, would prove little.
  const isTelling = (verdicts.get('accepted') ?? 0) > inputs / 20 && verdicts.size > 15;
  if (count >= TELLING_COUNT && !isTelling) console.error('the inputs were too much alike to prove anything');
  process.exitCode = failures.length > 0 || (count >= TELLING_COUNT && !isTelling) ? 1 : 0;
}

if (process.argv.includes('--share')) {
  process.once('message', (share) => process.send?.(work(share as Share), () => process.disconnect()));
} else {
  await main();
}
