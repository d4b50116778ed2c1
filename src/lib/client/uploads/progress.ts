import { type Observable, observable } from '../observable.ts';
import type { UploadFile } from '../storage.ts';

/** How far a packet's uploads are. Files that travel in the packet are not in it. */
export interface UploadProgress {
  /** Bytes that the server has, as far as is known. */
  readonly bytes: number;
  readonly total: number;
  readonly files: readonly FileProgress[];
}

export interface FileProgress {
  readonly name: string;
  readonly bytes: number;
  readonly total: number;
}

/** Of so many uploads it is known what the server has: those that moved last. A page that is never closed sees many. */
const keptUploads = 1000;

/** The bytes of uploads that the server has, as the page that uploads has told. */
export class ProgressBoard {
  readonly #known = new Map<string, number>();
  readonly #listeners = new Set<() => void>();
  readonly #uploadsOf = new WeakMap<UploadProgress, readonly UploadFile[]>();
  readonly #onError: (error: unknown) => void;

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  note(upload: string, bytes: number): void {
    if (this.#known.get(upload) === bytes) return;
    this.#known.delete(upload);
    this.#known.set(upload, bytes);
    const [stillest] = this.#known.keys();
    if (this.#known.size > keptUploads) this.#known.delete(stillest as string);
    for (const listener of [...this.#listeners]) listener();
  }

  progressOf(uploads: readonly UploadFile[]): UploadProgress {
    const files = uploads.map(({ upload, name, size }) => {
      return { name, bytes: Math.min(this.#known.get(upload) ?? 0, size), total: size };
    });
    const sum = (key: 'bytes' | 'total') => files.reduce((all, file) => all + file[key], 0);
    const progress = { bytes: sum('bytes'), total: sum('total'), files };
    this.#uploadsOf.set(progress, uploads);
    return progress;
  }

  /** The same uploads' progress as it is now: the same object where nothing has moved. */
  renewed(progress: UploadProgress): UploadProgress {
    const now = this.progressOf(this.#uploadsOf.get(progress) ?? []);
    return now.bytes === progress.bytes ? progress : now;
  }

  watch(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** The progress of some uploads, for whoever looks. */
  observe(uploads: readonly UploadFile[]): Observable<UploadProgress> {
    const { subscribe, getSnapshot, change } = observable(this.progressOf(uploads), this.#onError);
    const listeners = this.#listeners;
    const look = (): void => {
      // Its list is another one each time.
      const next = this.progressOf(uploads);
      if (next.bytes !== getSnapshot().bytes) change(next);
    };
    return {
      getSnapshot() {
        look();
        return getSnapshot();
      },
      subscribe(listener) {
        // Of its own: one that leaves takes nobody else's along.
        const own = (): void => look();
        listeners.add(own);
        const leave = subscribe(listener);
        return () => {
          leave();
          listeners.delete(own);
        };
      },
    };
  }
}
