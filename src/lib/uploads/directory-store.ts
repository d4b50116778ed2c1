import { createWriteStream } from 'node:fs';
import { mkdir, open, readdir, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { FileStore } from '@tus/file-store';
import type { Upload } from '@tus/server';
import { syncFile } from '../server/files/durable-file.ts';
import { type FileSource, sourceOfPath } from '../server/files/file-source.ts';
import { UploadError } from './upload-error.ts';
import { ignoreMissing, UploadFacts } from './upload-facts.ts';
import type { UploadStore } from './upload-store.ts';

export interface DirectoryLimits {
  /** Uploads that a user may have here at once, and the bytes that they will have. */
  readonly maxUploads: number;
  readonly maxBytes: number;
}

/** Keeps uploads as files of a folder. What tus's own store does not: it says which error it was, and loses nothing by one. */
export class DirectoryStore extends FileStore implements UploadStore {
  readonly tus = this;
  readonly #facts: UploadFacts;
  readonly #limits: DirectoryLimits;
  /** Uploads that are being made, by their users' folders. */
  readonly #turns = new Map<string, Promise<void>>();

  constructor(directory: string, limits: DirectoryLimits) {
    const facts = new UploadFacts(directory);
    super({ directory, configstore: facts });
    this.#facts = facts;
    this.#limits = limits;
  }

  override create(upload: Upload): Promise<Upload> {
    const folder = dirname(upload.id);
    // One of a user's after the other: each counts what those before it have taken.
    const turn = (this.#turns.get(folder) ?? Promise.resolve()).then(() => this.#create(upload));
    const over = turn.then(noted, noted).then(() => {
      if (this.#turns.get(folder) === over) this.#turns.delete(folder);
    });
    this.#turns.set(folder, over);
    return turn;
  }

  async #create(upload: Upload): Promise<Upload> {
    // Two requests at once have made it: what the first one has written since stays.
    if (await this.find(upload.id)) return upload;
    const path = join(this.directory, upload.id);
    await mkdir(dirname(path), { recursive: true });
    await this.#checkRoom(dirname(upload.id), upload.size ?? 0);
    await (await open(path, 'w')).close();
    await this.#facts.set(upload.id, upload);
    return upload;
  }

  override async write(content: Readable, id: string, offset: number): Promise<number> {
    const file = createWriteStream(join(this.directory, id), { flags: 'r+', start: offset });
    await pipeline(content, file);
    return offset + file.bytesWritten;
  }

  override async remove(id: string): Promise<void> {
    await unlink(join(this.directory, id)).catch(ignoreMissing);
    await this.#facts.delete(id);
  }

  async find(id: string): Promise<Upload | null> {
    const facts = await this.#facts.get(id);
    return facts ? await this.getUpload(id).catch(nullIfMissing) : null;
  }

  source(id: string): Promise<FileSource> {
    return sourceOfPath(join(this.directory, id));
  }

  sync(id: string): Promise<void> {
    return syncFile(join(this.directory, id));
  }

  /** @param before Times of the last byte, in ms since 1970 UTC. */
  async sweep(before: { readonly unfinished: number; readonly finished: number }): Promise<void> {
    const files = await readdir(this.directory, { recursive: true, withFileTypes: true });
    for (const file of files) {
      if (!file.isFile() || file.parentPath === this.directory) continue;
      const path = join(file.parentPath, file.name);
      const id = path.slice(this.directory.length + 1).replaceAll('\\', '/');
      const found = await stat(path).catch(ignoreMissing);
      // Its packet has ended meanwhile.
      if (!found) continue;
      const { mtimeMs, size } = found;
      if (mtimeMs >= before.unfinished || id.endsWith('.json')) continue;
      const facts = await this.#facts.get(id);
      if (facts?.size !== size || mtimeMs < before.finished) await this.remove(id);
    }
  }

  async #checkRoom(folder: string, more: number): Promise<void> {
    const names = (await readdir(join(this.directory, folder))).filter((name) => !name.endsWith('.json'));
    let bytes = more;
    // What was announced, since it may all come. One by one: a thousand files at once are more than a process may open.
    for (const name of names) bytes += (await this.#facts.get(`${folder}/${name}`))?.size ?? 0;
    if (names.length < this.#limits.maxUploads && bytes <= this.#limits.maxBytes) return;
    throw new UploadError(429, 'too_many_uploads', 'others of yours are to be used first');
  }
}

function noted(): void {}

function nullIfMissing(error: { readonly status_code?: number }): null {
  if (error.status_code === 404 || error.status_code === 410) return null;
  throw error;
}
