import {
  FLAG_MESSAGES,
  LIMIT_FRAME_BYTES,
  LIMIT_STRING_UNITS,
  MAX_STATUS,
  TAPE_FLAGS,
  TAPE_MESSAGE_BYTES,
  TAPE_MESSAGE_INDEX,
  TAPE_MESSAGE_LENGTHS,
  TAPE_MESSAGE_TEXT,
  TAPE_MESSAGES,
  TAPE_SEQ,
  TAPE_STATUS,
} from '../../../../assembly/protocol.ts';
import { EncodeError } from '../../errors.ts';
import type { PacketResult } from '../../packet.ts';
import type { Kernels } from '../kernels.ts';
import { isWhole } from './writable.ts';
import { tooMuchText, writeText } from './write-text.ts';

/** The messages that are not empty, and whose they are. */
interface Messages {
  readonly indices: readonly number[];
  readonly texts: readonly string[];
}

/** Judges and writes what only results have, but for their messages. @throws {EncodeError} */
export function writeResults(kernels: Kernels, tape: number, results: readonly PacketResult[]): Messages {
  const seqs = kernels.reserve(8 * results.length);
  const statuses = kernels.reserve(4 * results.length);
  const { u32, i32, f64 } = kernels.heap;
  u32[tape + TAPE_SEQ] = seqs;
  u32[tape + TAPE_STATUS] = statuses;
  const indices: number[] = [];
  const texts: string[] = [];
  // Results mostly come in order; then none is there twice.
  let last = 0;
  let seen: Set<number> | undefined;
  for (let i = 0; i < results.length; i++) {
    const { seq, status, message } = results[i] as PacketResult;
    if (!isWhole(seq, 1, Number.MAX_SAFE_INTEGER)) {
      throw new EncodeError(`results[${i}].seq`, 'a whole number from 1 is wanted');
    }
    if (seq <= last) seen ??= new Set(f64.subarray(seqs >>> 3, (seqs >>> 3) + i));
    if (seen?.has(seq)) throw new EncodeError(`results[${i}].seq`, `${seq} is there twice`);
    seen?.add(seq);
    last = seq;
    if (!isWhole(status, 0, MAX_STATUS)) throw new EncodeError(`results[${i}].status`, `0 to ${MAX_STATUS} is wanted`);
    f64[(seqs >>> 3) + i] = seq;
    i32[(statuses >>> 2) + i] = status;
    if (message === '') continue;
    if (typeof message !== 'string') throw new EncodeError(`results[${i}].message`, 'a string is wanted');
    if (message.length > LIMIT_STRING_UNITS) throw new EncodeError(`results[${i}].message`, 'too long');
    indices.push(i);
    texts.push(message);
  }
  return { indices, texts };
}

/** Writes the messages of results; a lone surrogate in one is Ungatherable. */
export function writeMessages(kernels: Kernels, tape: number, { indices, texts }: Messages): void {
  const k = indices.length;
  if (k === 0) return;
  const places = kernels.reserve(4 * k);
  const lengths = kernels.reserve(4 * k);
  const { u32, i32 } = kernels.heap;
  u32[tape + TAPE_FLAGS] = FLAG_MESSAGES;
  u32[tape + TAPE_MESSAGES] = k;
  u32[tape + TAPE_MESSAGE_INDEX] = places;
  u32[tape + TAPE_MESSAGE_LENGTHS] = lengths;
  let all = '';
  for (const [j, text] of texts.entries()) {
    i32[(places >>> 2) + j] = indices[j] as number;
    u32[(lengths >>> 2) + j] = text.length;
    all += text;
    if (all.length > LIMIT_FRAME_BYTES) throw tooMuchText();
  }
  const bytes = writeText(kernels, all, tape + TAPE_MESSAGE_TEXT, lengths >>> 2, k);
  kernels.heap.u32[tape + TAPE_MESSAGE_BYTES] = bytes;
}
