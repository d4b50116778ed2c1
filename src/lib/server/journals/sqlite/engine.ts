import type { Call, Reply } from './calls.ts';
import { loadDriver, type SqliteDriver } from './driver.ts';
import { GroupRunner } from './group.ts';
import { type OpenOptions, openFile } from './open.ts';
import { Store } from './store.ts';

/** What opens a journal: plain data, so that it can be sent to a thread, unless the driver is a class. */
export interface EngineOptions extends OpenOptions {
  readonly path: string;
  readonly driver?: string | SqliteDriver;
  readonly maxClaimBytes: number;
}

/** An open journal on the thread that its SQLite runs on. */
export interface Engine {
  readonly epoch: string;
  /** How long the last commit took. */
  readonly commitMs: number;
  run(calls: readonly Call[]): Reply[];
  close(): void;
}

/** @throws {CrudpError} `driver_missing` and whatever `openFile` throws. */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const { db, epoch, opens, close } = openFile(await loadDriver(options.driver), options.path, options);
  const store = new Store(db, { epoch, opens, maxClaimBytes: options.maxClaimBytes });
  const runner = new GroupRunner(db, store);
  return {
    epoch,
    get commitMs() {
      return runner.commitMs;
    },
    run: (calls) => runner.run(calls),
    close,
  };
}
