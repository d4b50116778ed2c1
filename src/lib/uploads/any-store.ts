import { Readable } from 'node:stream';
import type { DataStore, Upload } from '@tus/server';
import { type FileSource, sourceOfStream } from '../server/files/file-source.ts';
import type { UploadStore } from './upload-store.ts';

/** A tus store that can be read: the S3, Azure and Google Cloud stores can. */
export type ReadableStore = DataStore & { read(id: string): Readable | Promise<Readable> };

/** The same interface over any tus store: it keeps uploads durably by itself, and sweeps what is unfinished by its own rule. */
export class AnyStore implements UploadStore {
  readonly tus: ReadableStore;

  constructor(store: ReadableStore) {
    this.tus = store;
  }

  async find(id: string): Promise<Upload | null> {
    try {
      return await this.tus.getUpload(id);
    } catch (error) {
      const { status_code: status } = error as { status_code?: number };
      if (status === 404 || status === 410) return null;
      throw error;
    }
  }

  async source(id: string): Promise<FileSource> {
    const { size = 0 } = await this.tus.getUpload(id);
    const { tus } = this;
    return sourceOfStream(size, () => Readable.from(chunksOf(tus, id), { objectMode: false }));
  }

  async sync(): Promise<void> {}

  async sweep(): Promise<void> {
    if (this.tus.hasExtension('expiration')) await this.tus.deleteExpired();
  }

  async remove(id: string): Promise<void> {
    if (await this.find(id)) await this.tus.remove(id);
  }
}

async function* chunksOf(store: ReadableStore, id: string): AsyncGenerator<Buffer> {
  yield* await store.read(id);
}
