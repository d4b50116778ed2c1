import {
  GROUP_PROGRAM,
  GROUP_RECORDS_F64,
  GROUP_SLOTS,
  GROUP_STATE,
  GROUP_WORDS,
  OP_JSON,
  OP_STRING,
  OP_SYMBOL,
  PROGRAM_FIELDS,
  PROGRAM_HEAD,
  PROGRAM_NODES,
  SLOT_TEXT,
  SLOT_WORDS,
  TAPE_GROUP_RECORDS,
  TAPE_GROUPS,
  TAPE_MESSAGE_TEXT,
  TAPE_TAIL,
} from '../../../assembly/protocol.ts';
import { CHECK_BYTES, checkOf } from '../../../src/lib/codec/encode/check.ts';
import type { Kernels } from '../../../src/lib/codec/kernels.ts';

/**
 * Writes the frame that was just decoded again, from its own tape: what reading and writing leave different there is where
 * text and blobs stand. Only for frames whose groups were all read.
 *
 * @param prepare Called when all is in place, before it is written.
 * @returns The frame's bytes as the kernels write them.
 */
export function recode(kernels: Kernels, tapeAddress: number, frame: Uint8Array, prepare = () => {}): Uint8Array {
  const copy = kernels.reserve(frame.length);
  kernels.heap.u8.set(frame, copy);
  const { u32, f64 } = kernels.heap;
  const tape = tapeAddress >>> 2;
  move(u32, tape + TAPE_MESSAGE_TEXT, copy);
  const tail = word(u32, tape + TAPE_TAIL);
  u32[tape + TAPE_TAIL] = frame.length - 4 - tail;
  for (let i = 0; i < word(u32, tape + TAPE_GROUPS); i++) {
    const group = (word(u32, tape + TAPE_GROUP_RECORDS) >>> 2) + i * GROUP_WORDS;
    if (word(u32, group + GROUP_STATE) !== 0) throw new Error('a group was not read');
    if (!((f64[(group + GROUP_RECORDS_F64) >>> 1] as number) > 0)) throw new Error('a group without records');
    const program = word(u32, group + GROUP_PROGRAM) >>> 2;
    const nodes = program + PROGRAM_HEAD + 2 * word(u32, program + PROGRAM_FIELDS);
    for (let node = 0; node < word(u32, program + PROGRAM_NODES); node++) {
      const op = word(u32, nodes + node) & 255;
      const slot = (word(u32, group + GROUP_SLOTS) >>> 2) + node * SLOT_WORDS;
      if (op === OP_STRING || op === OP_JSON || op === OP_SYMBOL) move(u32, slot + SLOT_TEXT, copy);
    }
  }
  prepare();
  const length = kernels.encode(tapeAddress);
  if (length === 0) return new Uint8Array();
  const { u8 } = kernels.heap;
  const written = u8.slice(kernels.output, kernels.output + length);
  const blobs = frame.subarray(tail, frame.length - CHECK_BYTES);
  if (blobs.length === 0) return written;
  const parts = [written, blobs];
  return Uint8Array.from([...parts, checkOf(kernels, parts)].flatMap((part) => [...part]));
}

/** An offset in the frame becomes an address; a column without values has no text. */
function move(u32: Uint32Array, index: number, by: number): void {
  const offset = word(u32, index);
  if (offset !== 0) u32[index] = offset + by;
}

function word(u32: Uint32Array, index: number): number {
  return u32[index] as number;
}
