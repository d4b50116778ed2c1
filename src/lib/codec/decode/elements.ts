import {
  OP_BOOL,
  OP_DATE,
  OP_F64,
  OP_FILE,
  OP_I8,
  OP_I16,
  OP_I32,
  OP_I64,
  OP_INT,
  OP_TIMESTAMP,
  OP_U8,
  OP_U16,
  OP_U32,
} from '../../../../assembly/protocol.ts';
import type { Heap } from '../kernels.ts';

/** How values lie in the arena that need nothing else to be made. */
export interface Elements {
  readonly view: keyof Heap;
  /** Of a byte address to an index in the view. */
  readonly shift: number;
  /** Makes a value of an element, where it is not one already. */
  readonly read?: (element: number | bigint) => unknown;
  /** The same as code. */
  readonly code?: (element: string) => string;
}

const small: Elements = { view: 'i32', shift: 2 };
const double: Elements = { view: 'f64', shift: 3 };

/** By operation; null: these values take more to make. */
export const elements: readonly (Elements | null)[] = listByOp({
  [OP_BOOL]: { view: 'u8', shift: 0, read: (element) => element === 1, code: (element) => `${element}===1` },
  [OP_U8]: small,
  [OP_U16]: small,
  [OP_I8]: small,
  [OP_I16]: small,
  [OP_I32]: small,
  [OP_U32]: { view: 'u32', shift: 2 },
  [OP_INT]: double,
  [OP_TIMESTAMP]: double,
  [OP_F64]: double,
  [OP_DATE]: {
    view: 'f64',
    shift: 3,
    read: (element) => new Date(Number(element)),
    code: (element) => `new Date(${element})`,
  },
  [OP_I64]: { view: 'i64', shift: 3 },
});

function listByOp(found: Readonly<Record<number, Elements>>): (Elements | null)[] {
  return Array.from({ length: OP_FILE + 1 }, (_, op) => found[op] ?? null);
}
