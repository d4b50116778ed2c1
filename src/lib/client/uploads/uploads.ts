import { CrudpError } from '../../errors.ts';
import { Gate } from '../gate.ts';
import type { Random } from '../random.ts';
import type { FileRow, Storage } from '../storage.ts';
import { Timers } from '../timers.ts';
import type { Uploader, UploaderDeps } from './uploader.ts';

export interface UploadsDeps extends Omit<UploaderDeps, 'contentOf' | 'onProgress' | 'onGone' | 'gate' | 'timers'> {
  readonly storage: Storage;
  readonly random: Random;
  readonly onUploaded: (upload: string, bytes: number) => void;
}

/** Contents that no row names are swept when they are as old: younger ones may be about to get their row. */
const orphanMs = 3_600_000;

/** What brings files to the server, fetched when there is the first one: most pages never have any. */
export class Uploads {
  readonly #deps: UploadsDeps;
  /** Given on to the uploader: also what could not be fetched is tried again after a pause. */
  readonly #gate: Gate;
  #uploader: Uploader | undefined;
  #loading: Promise<void> | null = null;
  #isStarted = false;

  constructor(deps: UploadsDeps) {
    this.#deps = deps;
    this.#gate = new Gate(deps.clock, deps.random, () => this.wake());
  }

  start(): void {
    this.#isStarted = true;
    if (this.#uploader) this.#uploader.start();
    else this.wake();
    this.#sweep().catch(this.#deps.onError);
  }

  async stop(): Promise<void> {
    this.#isStarted = false;
    this.#gate.endPause();
    await this.#loading;
    await this.#uploader?.stop();
  }

  /** There may be files. */
  wake(): void {
    if (this.#uploader) this.#uploader.wake();
    else if (this.#isStarted && this.#gate.isOpen) this.#loading ??= this.#load().finally(() => (this.#loading = null));
  }

  /** Somebody has signed in. */
  release(): void {
    if (this.#uploader) this.#uploader.release();
    else this.wake();
  }

  /** @param isHint The network may be better now; else somebody wants to know. */
  retryNow(isHint: boolean): void {
    if (this.#uploader) {
      if (isHint) this.#uploader.hint();
      else this.#uploader.retryNow();
      return;
    }
    this.#gate.retryNow();
    this.wake();
  }

  look(): void {
    this.#uploader?.look().catch(this.#deps.onError);
  }

  async #load(): Promise<void> {
    const deps = this.#deps;
    const { connection, user, storage, onUploaded, onError } = deps;
    try {
      const [first] = await connection.read((tx) => tx.list('files', { prefix: [user] }, 1));
      if (!first) return;
      const { Uploader } = await import('./uploader.ts');
      this.#uploader = new Uploader({
        ...deps,
        gate: this.#gate,
        timers: new Timers(deps.clock),
        contentOf: async ({ upload, name, content }: FileRow) => {
          const found = content ?? (await storage.largeFiles?.get(upload));
          if (!found) throw new CrudpError('file_unreadable', `${name} is no longer on this device`);
          return found;
        },
        onProgress: onUploaded,
        onGone: (uploads) => {
          for (const upload of uploads) storage.largeFiles?.delete(upload).catch(onError);
        },
      });
      if (this.#isStarted) this.#uploader.start();
    } catch (error) {
      onError(error);
      if (this.#isStarted) this.#gate.pauseFor(0);
    }
  }

  async #sweep(): Promise<void> {
    const { connection, storage, clock } = this.#deps;
    const old = (await storage.largeFiles?.list(clock.now() - orphanMs)) ?? [];
    if (old.length === 0) return;
    // Of all users: nobody else's file is an orphan.
    const rows = await connection.read((tx) => tx.list('files', { prefix: [] }));
    const known = new Set(rows.map(({ upload }) => upload));
    for (const upload of old) if (!known.has(upload)) await storage.largeFiles?.delete(upload);
  }
}
