import type { RecordShape } from '../../contract/field.ts';
import type { FileInput, FileValue } from '../../contract/file.ts';
import { holdsFiles, mapFiles } from '../../contract/map-files.ts';
import type { UploadFile } from '../storage.ts';

export interface FileToUpload extends UploadFile {
  readonly content: Blob;
}

/** A call's records with its files as they travel. */
export interface TakenFiles {
  /** What goes in the packet has no content yet. */
  readonly records: readonly unknown[];
  readonly uploads: readonly FileToUpload[];
  /** Contents that are to be read into the packet, by their place among the records' files. */
  readonly toRead: ReadonlyMap<number, Blob>;
}

export interface InlineLimits {
  /** Bytes of a file that goes in the packet. */
  readonly fileBytes: number;
  /** Bytes of all files that one packet carries. */
  readonly packetBytes: number;
}

/**
 * Puts the files of a call into the form in which they travel. What is neither a Blob nor a whole file is left for the shape
 * to judge.
 *
 * @param newId Gives 32 hex digits.
 */
export function takeFiles(
  shape: RecordShape | null,
  records: readonly unknown[],
  limits: InlineLimits,
  newId: () => string,
): TakenFiles {
  if (!shape || !holdsFiles(shape)) return { records, uploads: [], toRead: new Map() };
  const uploads: FileToUpload[] = [];
  const toRead = new Map<number, Blob>();
  let place = 0;
  let room = limits.packetBytes;
  const taken = mapFiles(shape, records, (value) => {
    const at = place++;
    if (!isBlob(value)) return value;
    const { size, type } = value;
    const name = nameOf(value);
    const isInline = size <= limits.fileBytes && size <= room;
    const upload = isInline ? '' : newId();
    if (isInline) {
      room -= size;
      toRead.set(at, value);
    } else uploads.push({ upload, name, size, content: value });
    return { name, type, size, upload, content: new Uint8Array() } satisfies FileValue;
  });
  return { records: taken, uploads, toRead };
}

/** Reads what goes in the packet. @returns Whole records. */
export async function readInline(
  shape: RecordShape,
  records: readonly unknown[],
  toRead: ReadonlyMap<number, Blob>,
): Promise<unknown[]> {
  const contents = new Map<number, Uint8Array>();
  for (const [place, blob] of toRead) contents.set(place, new Uint8Array(await blob.arrayBuffer()));
  let place = 0;
  return mapFiles(shape, records, (value) => {
    const content = contents.get(place++);
    return content ? { ...(value as FileValue), content } : value;
  });
}

function isBlob(value: unknown): value is Blob {
  const { size, arrayBuffer, slice } = (value ?? {}) as Partial<Blob>;
  // A Blob of another frame or realm is none of this one's class.
  return typeof size === 'number' && typeof arrayBuffer === 'function' && typeof slice === 'function';
}

function nameOf(file: FileInput): string {
  return 'name' in file ? file.name : '';
}
