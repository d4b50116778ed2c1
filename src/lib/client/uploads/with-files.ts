import type { Contract } from '../../contract/contract.ts';
import type { Draft } from '../enqueue.ts';
import type { Storage } from '../storage.ts';
import { readInline } from './take-files.ts';

/**
 * Reads what a draft has as Blobs: small files into its records, very large ones into the storage's own place for them.
 *
 * @throws {CrudpError} `storage_full`, `storage_failed`; what the browser says of a file that cannot be read.
 */
export async function withFiles(contract: Contract, { largeFiles }: Storage, draft: Draft): Promise<Draft> {
  const shape = contract.inputs.get(draft.route);
  if (!shape || (draft.toRead.size === 0 && draft.uploads.length === 0)) return draft;
  const records = draft.toRead.size > 0 ? await readInline(shape, draft.records, draft.toRead) : draft.records;
  const uploads = [...draft.uploads];
  for (const [index, file] of uploads.entries()) {
    if (!file.content || !largeFiles || file.size < largeFiles.fromBytes) continue;
    await largeFiles.put(file.upload, file.content);
    uploads[index] = { ...file, content: null };
  }
  return { ...draft, records, uploads, toRead: new Map() };
}
