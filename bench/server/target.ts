import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Answer, Order } from './orders.ts';

export type Kind = 'accept' | 'run' | 'streams' | 'per-post' | 'bare-posts' | 'bare-streams';

/** A server to be measured, in a process and a folder of its own. */
export class Target {
  readonly port: number;
  private readonly child: ChildProcess;
  private readonly folder: string;

  private constructor(child: ChildProcess, folder: string, port: number) {
    this.child = child;
    this.folder = folder;
    this.port = port;
  }

  static async start(kind: Kind): Promise<Target> {
    const folder = mkdtempSync(join(process.env.BENCH_DIR ?? tmpdir(), 'crudp-bench-server-'));
    const child = fork(new URL('./target-process.ts', import.meta.url), [kind, folder], {
      execArgv: [...process.execArgv, '--expose-gc'],
    });
    child.setMaxListeners(0);
    const [answer] = (await once(child, 'message')) as [Extract<Answer, { kind: 'ready' }>];
    return new Target(child, folder, answer.port);
  }

  tell(order: Order): void {
    this.child.send(order);
  }

  async ask<K extends Answer['kind']>(order: Order, kind: K): Promise<Extract<Answer, { kind: K }>> {
    const answer = new Promise<Extract<Answer, { kind: K }>>((resolve) => {
      const hear = (message: Answer): void => {
        if (message.kind !== kind) return;
        this.child.off('message', hear);
        resolve(message as Extract<Answer, { kind: K }>);
      };
      this.child.on('message', hear);
    });
    this.tell(order);
    return answer;
  }

  async stop(): Promise<void> {
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Measures a server of a kind, and ends it whatever happens. */
export async function withTarget<T>(kind: Kind, measure: (target: Target) => Promise<T>): Promise<T> {
  const target = await Target.start(kind);
  try {
    return await measure(target);
  } finally {
    await target.stop();
  }
}
