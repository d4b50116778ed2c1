import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { CodecName } from './adapter.ts';
import { CodecHandle } from './codec-handle.ts';
import type { WorkloadName } from './fixtures.ts';

/** What V8's sampler writes, as far as it is read here. */
interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
}

/** What is not the operation's: the parent being waited for, the timing itself, sources being loaded. */
const harness = /^\(idle\)| (lodash|benchmark)\.js:| (hooks|loader|realm):/;

/** Where the time of one operation goes: the functions with most samples of their own, in per cent. */
export async function profile(codec: CodecName, workload: WorkloadName, operation: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'crudp-bench-'));
  try {
    const handle = await CodecHandle.start(codec, workload, ['--cpu-prof', '--cpu-prof-dir', folder]);
    await handle.measure({ operation, maxTime: 4 });
    await handle.end();
    const [file] = readdirSync(folder);
    if (file === undefined) throw new Error('the process wrote no profile');
    return heaviest(JSON.parse(readFileSync(join(folder, file), 'utf8')) as CpuProfile);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function heaviest({ nodes, samples }: CpuProfile): string {
  const names = new Map<number, string>();
  for (const { id, callFrame } of nodes) {
    const { functionName, url, lineNumber } = callFrame;
    names.set(id, `${functionName || '(anonymous)'}${url ? ` ${basename(url)}:${lineNumber + 1}` : ''}`);
  }
  const counts = new Map<string, number>();
  let total = 0;
  for (const id of samples) {
    const name = names.get(id) as string;
    if (harness.test(name)) continue;
    total++;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const sorted = [...counts].sort(([, a], [, b]) => b - a).slice(0, 25);
  return sorted.map(([name, count]) => `${((100 * count) / total).toFixed(1).padStart(5)} %  ${name}`).join('\n');
}
