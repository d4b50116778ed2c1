import { OP_I8, OP_I16, OP_I32, OP_INT, OP_TIMESTAMP, OP_U8, OP_U16, OP_U32 } from '../../../../assembly/protocol.ts';

export type Range = readonly [least: number, most: number];

const safe: Range = [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER];

/** The types of whole numbers, by operation: what they hold. */
export const ranges: Readonly<Record<number, Range>> = {
  [OP_U8]: [0, 0xff],
  [OP_U16]: [0, 0xffff],
  [OP_U32]: [0, 0xffffffff],
  [OP_I8]: [-0x80, 0x7f],
  [OP_I16]: [-0x8000, 0x7fff],
  [OP_I32]: [-0x80000000, 0x7fffffff],
  [OP_INT]: safe,
  [OP_TIMESTAMP]: safe,
};
