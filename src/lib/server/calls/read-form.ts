import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { FileValue } from '../../contract/file.ts';
import { type FileSource, sourceOfPath } from '../files/file-source.ts';
import { RequestRefused } from '../refused.ts';
import { type FormNode, formNode, nodeOf } from './form-tree.ts';

export interface FormLimits {
  /** Parts of any kind. Default 1000. */
  readonly maxParts?: number;
  /** Files among them. Default 20. */
  readonly maxFiles?: number;
  /** Bytes of one file. Default 64 MiB. */
  readonly maxFileBytes?: number;
  /** Bytes of one field's text. Default 1 MiB. */
  readonly maxFieldBytes?: number;
  /** Where files wait for their handler, each form's in a folder of its own. Default: the system's for such things. */
  readonly directory?: string;
}

export interface ReadLimits extends FormLimits {
  /** Bytes of all fields' names and texts: they are kept in memory until the form is whole. */
  readonly maxTextBytes: number;
}

/** What the parser lets a part's head have. */
const maxHeadBytes = 16_384;

/** A form that has been read, with its files on the disk. */
export interface Form {
  readonly root: FormNode;
  /** A file by the `upload` under which its node names it. */
  find(upload: string): FileSource | null;
  /** Deletes the files. Idempotent. */
  dispose(): Promise<void>;
}

export const formTypes = ['multipart/form-data', 'application/x-www-form-urlencoded'];

/**
 * Reads a form as it comes: a file's bytes go to the disk, never together into memory.
 *
 * @throws {RequestRefused} 400 `bad_form`; 413 `too_large`, `too_many_parts`; 507 `storage_full`; what `body` throws.
 */
export async function readForm(
  headers: IncomingHttpHeaders,
  body: AsyncIterable<Uint8Array>,
  limits: ReadLimits,
): Promise<Form> {
  const reading = new Reading(limits);
  try {
    // Loaded only where a form comes.
    const { default: busboy } = await import('busboy');
    await reading.read(busboy, headers, body);
    return reading;
  } catch (error) {
    await reading.dispose();
    throw refusalOf(error);
  }
}

type Busboy = typeof import('busboy');

class Reading implements Form {
  readonly root = formNode();
  readonly #limits: ReadLimits;
  readonly #sources = new Map<string, FileSource>();
  readonly #files: { readonly name: string; readonly file: Promise<FileValue | null> }[] = [];
  #folder: Promise<string> | undefined;

  constructor(limits: ReadLimits) {
    this.#limits = limits;
  }

  async read(busboy: Busboy, headers: IncomingHttpHeaders, body: AsyncIterable<Uint8Array>): Promise<void> {
    const { maxParts = 1000, maxFiles = 20, maxFileBytes = 67_108_864, maxFieldBytes = 1_048_576 } = this.#limits;
    const { maxTextBytes } = this.#limits;
    const parser = busboy({
      headers,
      defParamCharset: 'utf8',
      limits: {
        // More than are counted below: what is beyond its limits the parser drops without a word.
        parts: maxParts + 2,
        fields: maxParts + 2,
        files: maxFiles + 2,
        fileSize: maxFileBytes + 1,
        fieldSize: maxFieldBytes + 1,
        fieldNameSize: 1000,
      },
    });
    const failed = new AbortController();
    const fail = (error: unknown): void => failed.abort(error);
    let parts = 0;
    let textBytes = 0;
    const count = (files: number): void => {
      if (++parts > maxParts || files > maxFiles) fail(tooMany);
    };
    parser.on('field', (name, text, { valueTruncated, nameTruncated }) => {
      count(0);
      const bytes = Buffer.byteLength(text);
      if (valueTruncated || nameTruncated || bytes > maxFieldBytes)
        fail(tooLarge(`a field's text has at most ${maxFieldBytes} bytes`));
      textBytes += Buffer.byteLength(name) + bytes;
      if (textBytes > maxTextBytes) fail(tooLarge(`a form's texts have at most ${maxTextBytes} bytes`));
      nodeOf(this.root, name)?.texts.push(text);
    });
    parser.on('file', (name, content, { filename, mimeType }) => {
      // It may be given up before anybody reads it; who does hears of it in his own way.
      content.on('error', () => undefined);
      content.on('limit', () => fail(tooLarge(`a file has at most ${maxFileBytes} bytes`)));
      const file = this.#take(content, filename ?? '', mimeType);
      file.catch(fail);
      this.#files.push({ name, file });
      count(this.#files.length);
    });
    // All that its parts may have; the rest is nothing that anybody would look at.
    const maxBytes = maxTextBytes + maxParts * maxHeadBytes + maxFiles * maxFileBytes;
    await pipeline(upTo(maxBytes, body), parser, { signal: failed.signal }).catch((error: unknown) => {
      throw failed.signal.aborted ? failed.signal.reason : error;
    });
    failed.signal.throwIfAborted();
    for (const { name, file } of this.#files) {
      const taken = await file;
      if (taken) nodeOf(this.root, name)?.files.push(taken);
    }
  }

  find(upload: string): FileSource | null {
    return this.#sources.get(upload) ?? null;
  }

  async dispose(): Promise<void> {
    await Promise.allSettled(this.#files.map(({ file }) => file));
    const folder = await this.#folder?.catch(() => undefined);
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }

  /** @returns null for a place for a file in which nobody has put one. */
  async #take(content: Readable, name: string, type: string): Promise<FileValue | null> {
    this.#folder ??= mkdtemp(join(this.#limits.directory ?? tmpdir(), 'crudp-form-'));
    const upload = randomBytes(16).toString('hex');
    const path = join(await this.#folder, upload);
    await pipeline(content, createWriteStream(path, { flags: 'wx' }));
    const { size } = await stat(path);
    if (name === '' && size === 0) return null;
    this.#sources.set(upload, await sourceOfPath(path));
    return { name, type, size, upload, content: new Uint8Array() };
  }
}

async function* upTo(maxBytes: number, body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge(`a form has at most ${maxBytes} bytes`);
    yield chunk;
  }
}

const tooMany = new RequestRefused(413, 'too_many_parts', 'the form has more parts than are allowed');

function tooLarge(message: string): RequestRefused {
  return new RequestRefused(413, 'too_large', message);
}

function refusalOf(error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (error instanceof RequestRefused) return error;
  if (code === 'ENOSPC' || code === 'EDQUOT') return new RequestRefused(507, 'storage_full', 'the disk is full');
  // Errors of the system have a code; those of the parser say what is wrong with the form.
  return code === undefined ? new RequestRefused(400, 'bad_form', (error as Error).message) : error;
}
