import { Worker } from 'node:worker_threads';
import { CrudpError } from '../../../errors.ts';
import type { Call, Reply } from './calls.ts';
import { type EngineOptions, openEngine } from './engine.ts';
import { maxOrderCalls } from './group-size.ts';
import { type Report, unpackError, unpackReply } from './messages.ts';
import { type PackedCalls, packCalls } from './packed-calls.ts';

/** Where the database is: in a thread or here. What is called for while calls are under way runs after them. */
export interface Host {
  readonly epoch: string;
  /** It is given no more at once. */
  readonly maxCalls: number;
  run(calls: readonly Call[]): Promise<readonly Reply[]>;
  close(): Promise<void>;
}

export async function localHost(options: EngineOptions): Promise<Host> {
  const engine = await openEngine(options);
  return {
    epoch: engine.epoch,
    maxCalls: Number.POSITIVE_INFINITY,
    run: async (calls) => engine.run(calls),
    close: async () => engine.close(),
  };
}

/** @param url The thread's module: sqlite-worker.ts, or what a bundler made of it. */
export async function threadHost(options: EngineOptions, url: URL): Promise<Host> {
  const thread = new Thread(new Worker(url, { workerData: options, name: 'crudp journal' }));
  const opened = await thread.next();
  if ('fault' in opened) {
    await thread.end();
    throw unpackError(opened.fault);
  }
  return {
    epoch: (opened as { epoch: string }).epoch,
    maxCalls: maxOrderCalls,
    async run(calls) {
      const { packed, transfer } = packCalls(calls);
      const report = await thread.ask(packed, transfer);
      return (report as Extract<Report, { replies: unknown }>).replies.map(unpackReply);
    },
    async close() {
      thread.tell('close');
      await thread.end();
    },
  };
}

/** A worker thread that gives one report for each order, in their order; several may come at once. */
class Thread {
  readonly #worker: Worker;
  readonly #exited: Promise<void>;
  #dead: CrudpError | undefined;
  #waiting: { resolve(report: Report): void; reject(error: CrudpError): void }[] = [];

  constructor(worker: Worker) {
    this.#worker = worker;
    worker.on('message', (reports: readonly Report[]) => {
      for (const report of reports) this.#waiting.shift()?.resolve(report);
      if (this.#waiting.length === 0) worker.unref();
    });
    worker.on('error', (error) => this.#die(error));
    this.#exited = new Promise((resolve) => {
      worker.on('exit', () => {
        this.#die(undefined);
        resolve();
      });
    });
  }

  ask(order: PackedCalls, transfer: ArrayBuffer[]): Promise<Report> {
    if (!this.#dead) this.#worker.postMessage(order, transfer);
    return this.next();
  }

  tell(order: 'close'): void {
    this.#worker.postMessage(order);
  }

  /** The report behind those that are awaited; while there are such, the thread keeps the process alive. */
  next(): Promise<Report> {
    return new Promise((resolve, reject) => {
      if (this.#dead) return reject(this.#dead);
      if (this.#waiting.push({ resolve, reject }) === 1) this.#worker.ref();
    });
  }

  /** Resolves once the thread is gone. */
  end(): Promise<void> {
    this.#worker.ref();
    return this.#exited;
  }

  #die(cause: Error | undefined): void {
    const why = cause?.message ?? 'it has ended';
    this.#dead ??= new CrudpError('storage_failed', `the journal's thread is gone: ${why}`, { cause });
    for (const { reject } of this.#waiting.splice(0)) reject(this.#dead);
  }
}
