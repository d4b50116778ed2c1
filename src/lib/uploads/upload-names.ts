import { createHmac, randomBytes } from 'node:crypto';
import { link, mkdir, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { temporaryBeside, writeDurably } from '../server/files/durable-file.ts';

const secretBytes = 32;

/**
 * Gives a user's upload its name in the store: a folder for the user, a file for the id. Nobody without the secret can
 * tell or choose it, and two users' equal ids are two names.
 */
export class UploadNames {
  readonly #secret: Uint8Array;

  /** @param secret Not less than 16 bytes. */
  constructor(secret: Uint8Array) {
    if (secret.length < 16) throw new TypeError('[bad_option] a secret has at least 16 bytes');
    this.#secret = secret;
  }

  folderOf(user: string): string {
    return this.#hash('user', user).slice(0, 32);
  }

  nameOf(user: string, id: string): string {
    return `${this.folderOf(user)}/${this.#hash('upload', id, user).slice(0, 48)}`;
  }

  #hash(...parts: readonly string[]): string {
    // Neither an id nor a label has a NUL in it, so parts can't run into each other.
    return createHmac('sha256', this.#secret).update(parts.join('\0')).digest('hex');
  }
}

/** The secret of a folder of uploads: made with it, and kept in it. */
export async function secretIn(directory: string): Promise<Uint8Array> {
  await mkdir(directory, { recursive: true });
  const path = join(directory, 'secret');
  const known = await readSecret(path);
  if (known) return known;
  const temporary = temporaryBeside(path);
  await writeDurably(Readable.from([randomBytes(secretBytes)]), temporary);
  try {
    // Not by a rename: where another process has made one meanwhile, that one counts.
    await link(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await unlink(temporary);
  }
  return (await readSecret(path)) as Uint8Array;
}

async function readSecret(path: string): Promise<Uint8Array | null> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
