import type { Kernels } from '../kernels.ts';

/** Space for a column, whose address is noted in a word of its slot. */
export function takeColumn(kernels: Kernels, slot: number, word: number, bytes: number): number {
  const address = kernels.reserve(bytes);
  kernels.heap.u32[slot + word] = address;
  return address;
}
