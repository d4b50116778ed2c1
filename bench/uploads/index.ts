// What do uploads cost beside a bare tus server? 50 MiB over the loopback to either, in turns, and the memory that a very
// large one takes. Server and sender in processes of their own, files on the same disk; medians.
// npm run bench:uploads -- [ROUNDS]
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pool } from 'undici';
import { describeMachine } from '../machine.ts';

const MiB = 1_048_576;
const rounds = Number(process.argv[2] ?? 15);
const size = 50 * MiB;
const largeSize = 512 * MiB;
const root = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(process.env.BENCH_DIR ?? tmpdir(), 'crudp-bench-uploads-'));

class Target {
  readonly pool: Pool;
  private readonly child: ChildProcess;

  private constructor(child: ChildProcess, port: string) {
    this.child = child;
    this.pool = new Pool(`http://127.0.0.1:${port}`, { connections: 2 });
  }

  static async start(kind: string): Promise<Target> {
    const args = [...process.execArgv, join(root, 'bench/uploads/server.ts'), kind, join(folder, kind)];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
    return new Target(child, String(line).trim());
  }

  /** @returns How many ms the upload took, from the first byte of its creation to the answer to its last. */
  async upload(length: number, body: () => Iterable<Buffer>): Promise<number> {
    const id = randomBytes(16).toString('hex');
    const tus = { 'tus-resumable': '1.0.0' };
    const startedAt = performance.now();
    const metadata = `id ${Buffer.from(id).toString('base64')}`;
    const made = await this.pool.request({
      method: 'POST',
      path: '/api/uploads',
      headers: { ...tus, 'upload-length': String(length), 'upload-metadata': metadata },
    });
    await made.body.dump();
    const path = new URL(String(made.headers.location), 'http://x/api/uploads').pathname;
    const sent = await this.pool.request({
      method: 'PATCH',
      path,
      headers: {
        ...tus,
        'upload-offset': '0',
        'content-type': 'application/offset+octet-stream',
        'content-length': String(length),
      },
      body: body() as never,
    });
    await sent.body.dump();
    if (sent.statusCode !== 204) throw new Error(`status ${sent.statusCode}`);
    return performance.now() - startedAt;
  }

  async memory(): Promise<number> {
    const { body } = await this.pool.request({ method: 'GET', path: '/memory' });
    return Number(await body.text());
  }

  async stop(): Promise<void> {
    await this.pool.destroy();
    this.child.kill();
  }
}

function* chunks(length: number): Generator<Buffer> {
  const chunk = randomBytes(65_536);
  for (let left = length; left > 0; left -= chunk.length) yield left >= chunk.length ? chunk : chunk.subarray(0, left);
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] as number;

const [ours, bare] = [await Target.start('crudp'), await Target.start('bare')];
const idle = await ours.memory();
const times = { ours: [] as number[], bare: [] as number[] };
try {
  for (let round = 0; round <= rounds; round++) {
    const order = round % 2 === 0 ? (['ours', 'bare'] as const) : (['bare', 'ours'] as const);
    for (const name of order) {
      const ms = await (name === 'ours' ? ours : bare).upload(size, () => chunks(size));
      // The first of each warms up.
      if (round > 0) times[name].push(ms);
    }
    rmSync(join(folder, 'bare'), { recursive: true });
  }
  let peak = 0;
  const watch = setInterval(() => void ours.memory().then((bytes) => (peak = Math.max(peak, bytes))), 50);
  const largeMs = await ours.upload(largeSize, () => chunks(largeSize));
  clearInterval(watch);

  const { cpu, cores, node, date, commit } = describeMachine(rounds);
  const speed = (ms: number): string => `${(size / 1000 / ms).toFixed(0)} MB/s`;
  const ratio = median(times.bare) / median(times.ours);
  const ratios = times.ours.map((ms, index) => (times.bare[index] as number) / ms);
  console.log(`${cores} x ${cpu}, Node ${node}, ${date}, ${commit}; median of ${rounds} rounds`);
  console.log(`50 MiB, bare @tus/server   ${median(times.bare).toFixed(0)} ms, ${speed(median(times.bare))}`);
  console.log(`50 MiB, crudp with fsync   ${median(times.ours).toFixed(0)} ms, ${speed(median(times.ours))}`);
  console.log(`speed, of the bare one's   ${ratio.toFixed(2)} (of pairs ${median(ratios).toFixed(2)}), wanted 0.80`);
  const grown = (peak - idle) / MiB;
  console.log(
    `512 MiB in ${(largeMs / 1000).toFixed(1)} s          at most ${grown.toFixed(1)} MiB above the idle server's memory, wanted 64`,
  );
} finally {
  await Promise.all([ours.stop(), bare.stop()]);
  rmSync(folder, { recursive: true, force: true });
}
