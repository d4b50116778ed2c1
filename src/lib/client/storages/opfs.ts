import { CrudpError } from '../../errors.ts';
import type { LargeFiles } from '../storage.ts';

/** IndexedDB copies what it stores by way of memory; a file system does not. */
const largeBytes = 33_554_432;

/** Keeps large files in the browser's private file system, in a folder of this name; undefined where there is none. */
export function opfsFiles(name: string): LargeFiles | undefined {
  const { storage } = (globalThis as { navigator?: Navigator }).navigator ?? {};
  const canWrite = typeof FileSystemFileHandle === 'function' && 'createWritable' in FileSystemFileHandle.prototype;
  if (!storage?.getDirectory || !canWrite) return undefined;

  const folder = async (): Promise<FileSystemDirectoryHandle> => {
    const root = await storage.getDirectory();
    // Any name does for a database, not for a folder.
    return root.getDirectoryHandle(`crudp-${encodeURIComponent(name)}`, { create: true });
  };

  return {
    fromBytes: largeBytes,
    async put(upload, content) {
      try {
        const file = await (await folder()).getFileHandle(upload, { create: true });
        const writable = await file.createWritable();
        // Nothing is there until the whole is; a page that ends before leaves an empty file.
        await content.stream().pipeTo(writable);
      } catch (error) {
        throw failureOf(error);
      }
    },
    async get(upload) {
      try {
        return await (await (await folder()).getFileHandle(upload)).getFile();
      } catch (error) {
        if (isMissing(error)) return null;
        throw failureOf(error);
      }
    },
    async delete(upload) {
      try {
        await (await folder()).removeEntry(upload);
      } catch (error) {
        if (!isMissing(error)) throw failureOf(error);
      }
    },
    async list(before) {
      const uploads: string[] = [];
      for await (const [upload, handle] of entriesOf(await folder())) {
        if (handle.kind !== 'file') continue;
        const { lastModified } = await (handle as FileSystemFileHandle).getFile();
        if (lastModified < before) uploads.push(upload);
      }
      return uploads;
    },
  };
}

function entriesOf(folder: FileSystemDirectoryHandle): AsyncIterable<[string, FileSystemHandle]> {
  return (folder as unknown as { entries(): AsyncIterable<[string, FileSystemHandle]> }).entries();
}

function isMissing(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'NotFoundError';
}

function failureOf(cause: unknown): unknown {
  if (!(cause instanceof DOMException)) return cause;
  if (cause.name === 'QuotaExceededError') {
    return new CrudpError('storage_full', 'this device has no room left for the file', { cause, retryable: true });
  }
  return new CrudpError('storage_failed', cause.message, { cause });
}
