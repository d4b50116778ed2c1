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
