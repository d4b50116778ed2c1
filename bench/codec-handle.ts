import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { CodecName } from './adapter.ts';
import { bundle } from './bundle.ts';
import type { Order, Ready } from './codec-process.ts';
import type { WorkloadName } from './fixtures.ts';

/**
 * glibc gives large freed blocks back to the system until it has seen how large they become, and a frame's memory then comes
 * page by page: 40 us of W4, in some processes and not in others. These begin as one that has run for a while.
 */
const environment = { MALLOC_TRIM_THRESHOLD_: String(1 << 28), MALLOC_MMAP_THRESHOLD_: String(1 << 25) };

/** Made once, when the first codec starts. */
let script: Promise<string> | undefined;

/** A codec's process, from the parent's side. It sleeps between orders, so that the one that is timed has the machine. */
export class CodecHandle implements Ready {
  readonly codec: CodecName;
  readonly operations: readonly string[];
  readonly bytes: number;
  private readonly child: ChildProcess;

  private constructor(codec: CodecName, child: ChildProcess, { operations, bytes }: Ready) {
    this.codec = codec;
    this.child = child;
    this.operations = operations;
    this.bytes = bytes;
  }

  static async start(codec: CodecName, workload: WorkloadName, flags: readonly string[] = []): Promise<CodecHandle> {
    script ??= bundle('codec-process');
    const child = fork(await script, [codec, workload], {
      execArgv: [...flags],
      env: { ...process.env, ...environment },
    });
    return new CodecHandle(codec, child, (await answer(child, codec)) as Ready);
  }

  /** Seconds per call. */
  async measure(order: Order): Promise<number> {
    this.child.send(order);
    return (await answer(this.child, this.codec)) as number;
  }

  /** Lets the process come to its own end, and waits for it. */
  async end(): Promise<void> {
    const exit = once(this.child, 'exit');
    this.child.disconnect();
    await exit;
  }

  stop(): void {
    this.child.kill();
  }
}

async function answer(child: ChildProcess, codec: CodecName): Promise<unknown> {
  const died = new AbortController();
  const exit = (code: number | null): void => died.abort(new Error(`the process of ${codec} ended with ${code}`));
  child.once('exit', exit);
  try {
    const [message] = await once(child, 'message', { signal: died.signal });
    return message;
  } catch (error) {
    throw died.signal.aborted ? died.signal.reason : error;
  } finally {
    child.off('exit', exit);
  }
}
