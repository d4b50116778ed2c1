import type { DataStore, Upload } from '@tus/server';
import type { FileSource } from '../server/files/file-source.ts';

/** What uploads need of a store besides what the tus server needs of it. */
export interface UploadStore {
  /** As the tus server uses it. */
  readonly tus: DataStore;
  /** Null where there is no such upload. */
  find(id: string): Promise<Upload | null>;
  /** The content of a complete upload. */
  source(id: string): Promise<FileSource>;
  /** Makes durable what has come. */
  sync(id: string): Promise<void>;
  /** Idempotent. */
  remove(id: string): Promise<void>;
  /** @param before Times of the last byte, in ms since 1970 UTC. */
  sweep(before: { readonly unfinished: number; readonly finished: number }): Promise<void>;
}
