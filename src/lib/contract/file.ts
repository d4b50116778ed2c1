/**
 * A file as it travels in a record (PROTOCOL.md C.6): its content in the packet, or named by the upload that brings it.
 */
export interface FileValue {
  readonly name: string;
  /** Media type; '' where it is not known. */
  readonly type: string;
  /** Bytes of the whole file. */
  readonly size: number;
  /** The 128-bit id of its upload, 32 hex digits; '' where `content` is the file. */
  readonly upload: string;
  readonly content: Uint8Array;
}

/** What a client takes for a file: what an `<input>` gives, any Blob, or a whole file's bytes. */
export type FileInput = Blob | FileValue;

/**
 * A file as a handler gets it, whichever way it came: in the packet, by an upload, in a form.
 *
 * It is the handler's until its packet has ended; what is to stay is kept.
 */
export interface ReceivedFile {
  /** A file's name without a folder; '' where it has none. */
  readonly name: string;
  /** Media type as the sender has it, not looked into; '' where it is not known. */
  readonly type: string;
  /** Bytes. */
  readonly size: number;
  /** Of its content, as 64 hex digits, computed by this server. */
  readonly sha256: string;
  /** Its content, from the beginning each time. */
  stream(): ReadableStream<Uint8Array>;
  /** Its whole content, in memory. */
  bytes(): Promise<Uint8Array>;
  /**
   * Keeps it as a file of the server's: durable when this resolves, all of it or nothing, in the place of one that was
   * there. May be called again, and in a second attempt.
   *
   * @param path Never made of `name` without a thought: that is the sender's.
   */
  keep(path: string): Promise<void>;
}

const fileId = /^[0-9a-f]{32}$/;
// RFC 6838 names; parameters as `text/plain;charset=utf-8` has them.
const mediaType =
  /^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}(?:\s*;\s*[!#$%&'*+.^_`|~\w-]+=(?:[!#$%&'*+.^_`|~\w-]+|"[^"\\\p{Cc}]*"))*$/iu;

export function isUploadId(text: string): boolean {
  return fileId.test(text);
}

/**
 * What is wrong with a file's own facts: a name that is a path, a type that is none, a size that its content has not.
 *
 * @returns The field and what is wanted of it; null: nothing.
 */
export function faultOfFile({ name, type, size, upload, content }: FileValue): FileFault | null {
  if (/[/\\\p{Cc}]/u.test(name) || name === '.' || name === '..')
    return fault('name', 'a file name is wanted, no path');
  if (new TextEncoder().encode(name).length > 255) return fault('name', 'at most 255 bytes are wanted');
  if (type !== '' && !mediaType.test(type)) return fault('type', 'a media type is wanted, such as image/png');
  if (size < 0) return fault('size', 'a number of bytes is wanted');
  if (upload === '') return size === content.length ? null : fault('size', `its content has ${content.length} bytes`);
  if (!isUploadId(upload)) return fault('upload', '32 hex digits are wanted');
  return content.length === 0 ? null : fault('content', 'a file comes in the packet or by upload, not both');
}

export interface FileFault {
  readonly field: keyof FileValue;
  readonly message: string;
}

function fault(field: keyof FileValue, message: string): FileFault {
  return { field, message };
}
