import type { RecordShape } from '../../contract/field.ts';
import { type FileInput, type FileValue, faultOfFile } from '../../contract/file.ts';
import { holdsFiles, mapFiles } from '../../contract/map-files.ts';
import type { Issue } from '../../errors.ts';
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
  /** What is wrong with whole files, as the server would find it. */
  readonly faults: readonly Issue[];
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
  if (!shape || !holdsFiles(shape)) return { records, uploads: [], toRead: new Map(), faults: [] };
  const uploads: FileToUpload[] = [];
  const toRead = new Map<number, Blob>();
  const faults: Issue[] = [];
  let place = 0;
  let room = limits.packetBytes;
  const taken = mapFiles(shape, records, (value, path) => {
    const at = place++;
    const judge = (file: FileValue): void => {
      const fault = faultOfFile(file);
      if (fault) faults.push({ path: [...path, fault.field], message: fault.message });
    };
    if (!isBlob(value)) {
      if (isWhole(value)) judge(value);
      return value;
    }
    const { size, type } = value;
    const name = nameOf(value);
    const isInline = size <= limits.fileBytes && size <= room;
    const upload = isInline ? '' : newId();
    if (isInline) {
      room -= size;
      toRead.set(at, value);
    } else uploads.push({ upload, name, size, content: value });
    const file: FileValue = { name, type, size, upload, content: new Uint8Array() };
    // What is still to be read has the size that its Blob has.
    judge(isInline ? { ...file, size: 0 } : file);
    return file;
  });
  return { records: taken, uploads, toRead, faults };
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

function isWhole(value: unknown): value is FileValue {
  const { name, type, content } = (value ?? {}) as Partial<FileValue>;
  return typeof name === 'string' && typeof type === 'string' && content instanceof Uint8Array;
}

function isBlob(value: unknown): value is Blob {
  const { size, arrayBuffer, slice } = (value ?? {}) as Partial<Blob>;
  // A Blob of another frame or realm is none of this one's class.
  return typeof size === 'number' && typeof arrayBuffer === 'function' && typeof slice === 'function';
}

function nameOf(file: FileInput): string {
  return 'name' in file ? file.name : '';
}
