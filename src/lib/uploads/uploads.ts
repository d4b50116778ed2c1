import { resolve } from 'node:path';
import type { FileSource } from '../server/files/file-source.ts';
import type { Uploads, UploadsFacts } from '../server/uploads.ts';
import { AnyStore, type ReadableStore } from './any-store.ts';
import { DirectoryStore } from './directory-store.ts';
import { TusServer } from './tus-server.ts';
import { UploadError } from './upload-error.ts';
import { secretIn, UploadNames } from './upload-names.ts';
import type { UploadStore } from './upload-store.ts';

interface CommonOptions {
  /** Bytes that one upload may have. Default 1 GiB. */
  readonly maxFileBytes?: number;
}

export interface DirectoryUploadsOptions extends CommonOptions {
  /** A folder of its own, on the same volume as the places where handlers keep files. Made where it is missing. */
  readonly directory: string;
  /** Uploads that one user may have here at once. Default 1000. */
  readonly maxUploadsPerUser?: number;
  /** Bytes that these may have, together. Default 8 GiB. */
  readonly maxBytesPerUser?: number;
}

export interface StoreUploadsOptions extends CommonOptions {
  /** Any tus store that can be read: `new S3Store(…)` of `@tus/s3-store`. It sweeps by its own expiration. */
  readonly store: ReadableStore;
  /** At least 16 bytes, always the same: from it and the user come the names of what is stored. */
  readonly secret: Uint8Array;
}

const hourMs = 3_600_000;
/** After the last byte. */
const unfinishedMs = 24 * hourMs;
/** For what no packet has come for, or whose packet waits for an operator. */
const finishedMs = 30 * 24 * hourMs;

/** Takes uploads by the tus protocol, in a folder or in any tus store. For `crudpServer(app, { uploads })`. */
export function uploads(options: DirectoryUploadsOptions | StoreUploadsOptions): Uploads {
  return new TusUploads(options);
}

class TusUploads implements Uploads {
  readonly maxFileBytes: number;
  readonly #options: DirectoryUploadsOptions | StoreUploadsOptions;
  #parts: { readonly store: UploadStore; readonly names: UploadNames; readonly tus: TusServer } | undefined;
  #facts: UploadsFacts | undefined;

  constructor(options: DirectoryUploadsOptions | StoreUploadsOptions) {
    this.#options = options;
    this.maxFileBytes = options.maxFileBytes ?? 1_073_741_824;
  }

  async open(facts: UploadsFacts): Promise<void> {
    const options = this.#options;
    this.#facts = facts;
    const names = new UploadNames('store' in options ? options.secret : await secretIn(options.directory));
    const store = 'store' in options ? new AnyStore(options.store) : directoryStore(options);
    const tus = new TusServer({
      store,
      names,
      maxSize: this.maxFileBytes,
      onFinish: async ({ user, id }, { id: name, metadata }) => {
        await store.sync(name);
        await checkHash(store, name, metadata?.sha256);
        facts.onComplete(user, id);
      },
      onError: facts.onError,
    });
    this.#parts = { store, names, tus };
  }

  async close(): Promise<void> {}

  async find(user: string, id: string): Promise<FileSource | null> {
    const { store, names } = this.#open;
    const name = names.nameOf(user, id);
    const upload = await store.find(name);
    return upload && upload.offset === upload.size ? store.source(name) : null;
  }

  async remove(user: string, id: string): Promise<void> {
    const { store, names } = this.#open;
    await store.remove(names.nameOf(user, id));
  }

  async sweep(): Promise<void> {
    const now = this.#facts?.clock.now() ?? 0;
    await this.#open.store.sweep({ unfinished: now - unfinishedMs, finished: now - finishedMs });
  }

  answer(...[request, response, user, id]: Parameters<Uploads['answer']>): Promise<void> {
    return this.#open.tus.answer(request, response, user, id);
  }

  get #open() {
    if (!this.#parts) throw new TypeError('[not_open] uploads are opened by the server that they are given to');
    return this.#parts;
  }
}

function directoryStore(options: DirectoryUploadsOptions): UploadStore {
  return new DirectoryStore(resolve(options.directory), {
    maxUploads: options.maxUploadsPerUser ?? 1000,
    maxBytes: options.maxBytesPerUser ?? 8_589_934_592,
  });
}

/** @param declared 64 hex digits, where the client says so. */
async function checkHash(store: UploadStore, name: string, declared: string | null | undefined): Promise<void> {
  if (!declared || (await (await store.source(name)).sha256()) === declared.toLowerCase()) return;
  await store.remove(name);
  throw new UploadError(460, 'hash_mismatch', 'these are not the bytes that were announced: start again');
}
