import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { ReceivedFile } from '../../contract/file.ts';
import type { FileSource } from './file-source.ts';

/** Puts a file's facts and its content together. Reads the content once, for its hash. */
export async function receivedFile(
  { name, type }: { readonly name: string; readonly type: string },
  source: FileSource,
): Promise<ReceivedFile> {
  const sha256 = await source.sha256();
  return Object.freeze({
    name,
    type,
    size: source.size,
    sha256,
    stream: () => Readable.toWeb(source.stream()) as ReadableStream<Uint8Array>,
    bytes: async () => new Uint8Array(await buffer(source.stream())),
    keep: (path: string) => source.keep(path),
  });
}
