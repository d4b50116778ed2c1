import type { Heap } from '../kernels.ts';
import type { FrameText } from './decode-text.ts';

/** What records are made of: a frame whose tape stands in the arena. */
export interface Materials {
  readonly heap: Heap;
  readonly text: FrameText;
  /** Offset of the blob tail in the frame. */
  readonly tail: number;
  /** Whether `bytes` values are copies; else they are views on the frame. */
  readonly copyBytes: boolean;
}

/**
 * Builds a group's next n records, or values of a shape without fields. Each slot of the tape is a cursor: its addresses
 * move on with what has been built.
 *
 * @param slots Word index of the group's first slot.
 * @param ready By node: what is made once for a whole column, a text or a list.
 */
export type Builder = (n: number, materials: Materials, slots: number, ready: unknown[]) => unknown[];
