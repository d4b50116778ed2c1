import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { link, stat, unlink } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { putInPlace, temporaryBeside, writeDurably } from './durable-file.ts';

/** Where a file's content is: immutable as long as somebody may read it. */
export interface FileSource {
  /** Bytes. */
  readonly size: number;
  /** From the beginning each time. */
  stream(): Readable;
  /** 64 hex digits. */
  sha256(): Promise<string>;
  /** As `ReceivedFile.keep`. */
  keep(path: string): Promise<void>;
}

/** Content that came in a packet. */
export function sourceOfBytes(content: Uint8Array): FileSource {
  const stream = (): Readable => Readable.from([content]);
  return {
    size: content.length,
    stream,
    sha256: async () => createHash('sha256').update(content).digest('hex'),
    keep: (path) => keepStream(stream(), path),
  };
}

/** Content that some store gives as a stream. */
export function sourceOfStream(size: number, stream: () => Readable): FileSource {
  return { size, stream, sha256: () => hashOf(stream()), keep: (path) => keepStream(stream(), path) };
}

/** A file on this machine's disk. Keeping it copies nothing where both places are on one volume. */
export async function sourceOfPath(from: string): Promise<FileSource> {
  const { size } = await stat(from);
  const stream = (): Readable => createReadStream(from);
  return {
    size,
    stream,
    sha256: () => hashOf(stream()),
    async keep(path) {
      const temporary = temporaryBeside(path);
      try {
        await link(from, temporary);
      } catch (error) {
        // Another volume, or one that knows no links.
        const { code } = error as NodeJS.ErrnoException;
        if (code === 'ENOENT') throw error;
        return keepStream(stream(), path);
      }
      await putInPlace(temporary, path);
    },
  };
}

async function keepStream(content: Readable, path: string): Promise<void> {
  const temporary = temporaryBeside(path);
  try {
    await writeDurably(content, temporary);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
  await putInPlace(temporary, path);
}

async function hashOf(content: Readable): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(content, hash);
  return hash.digest('hex');
}
