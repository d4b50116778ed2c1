import { readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { KvStore, Upload } from '@tus/server';
import { putInPlace, temporaryBeside, writeDurably } from '../server/files/durable-file.ts';

/** What is known of uploads, a file beside each: whole or not there, also when the power or the disk's room goes. */
export class UploadFacts implements KvStore {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async get(name: string): Promise<Upload | undefined> {
    try {
      return JSON.parse(await readFile(this.#pathOf(name), 'utf8'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  async set(name: string, upload: Upload): Promise<void> {
    const path = this.#pathOf(name);
    const temporary = temporaryBeside(path);
    try {
      await writeDurably(Readable.from([JSON.stringify(upload)]), temporary);
    } catch (error) {
      await unlink(temporary).catch(() => undefined);
      throw error;
    }
    await putInPlace(temporary, path);
  }

  async delete(name: string): Promise<void> {
    await unlink(this.#pathOf(name)).catch(ignoreMissing);
  }

  #pathOf(name: string): string {
    return join(this.#directory, `${name}.json`);
  }
}

/** For a file that another request may have deleted meanwhile. */
export function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
  return undefined;
}
