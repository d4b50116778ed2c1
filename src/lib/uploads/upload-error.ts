import { ERRORS } from '@tus/server';

/** A refusal in the form that the tus server knows: a status and a body, which is the code here. */
export class UploadError extends Error {
  override readonly name = 'UploadError';
  readonly status_code: number;
  readonly body: string;

  constructor(status: number, code: string, message: string) {
    super(`[${code}] ${message}`);
    this.status_code = status;
    this.body = bodyOf(code, message);
  }
}

export function bodyOf(code: string, message: string): string {
  return JSON.stringify({ code, message });
}

/** Whatever the tus server or a store has thrown, as a refusal. Only words of our own go out. */
export function uploadErrorOf(error: unknown): UploadError {
  if (error instanceof UploadError) return error;
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new UploadError(507, 'storage_full', 'the disk is full: go on from the same offset later');
  }
  for (const [known, refusal] of refusals) if (error === known || bodyIs(error, known.body)) return refusal;
  return new UploadError(500, 'internal', 'the server failed; its log says why');
}

function bodyIs(error: unknown, body: string): boolean {
  return (error as { body?: unknown } | null)?.body === body;
}

const refusals: readonly (readonly [{ readonly body: string }, UploadError])[] = [
  [ERRORS.FILE_NOT_FOUND, new UploadError(404, 'not_found', 'no such upload is here')],
  [ERRORS.FILE_NO_LONGER_EXISTS, new UploadError(404, 'not_found', 'no such upload is here')],
  [ERRORS.INVALID_OFFSET, new UploadError(409, 'offset_mismatch', 'the upload stands at another offset: ask by HEAD')],
  [ERRORS.ERR_LOCK_TIMEOUT, new UploadError(423, 'upload_busy', 'another request is writing to this upload')],
  [ERRORS.ABORTED, new UploadError(423, 'upload_busy', 'another request has taken over this upload')],
  [ERRORS.ERR_MAX_SIZE_EXCEEDED, new UploadError(413, 'too_large', 'more bytes than an upload may have')],
  [ERRORS.ERR_SIZE_EXCEEDED, new UploadError(413, 'too_large', 'more bytes than the upload has said it has')],
  [ERRORS.INVALID_TERMINATION, new UploadError(409, 'upload_complete', 'it is complete: its packet decides on it')],
  [ERRORS.MISSING_OFFSET, badUpload('Upload-Offset is missing')],
  [ERRORS.INVALID_CONTENT_TYPE, badUpload('Content-Type is missing')],
  [ERRORS.INVALID_LENGTH, badUpload('Upload-Length is missing, or given twice')],
  [ERRORS.INVALID_METADATA, badUpload('Upload-Metadata is none')],
];

export function badUpload(message: string): UploadError {
  return new UploadError(400, 'bad_upload', message);
}
