import { SLOT_COUNT, SLOT_EXTRA, SLOT_SECOND } from '../../../../assembly/protocol.ts';
import type { Kernels } from '../kernels.ts';
import { takeColumn } from './take-column.ts';
import { writeStrings } from './write-strings.ts';

/** Writes n > 0 symbols. @throws {Ungatherable} */
export function writeSymbols(kernels: Kernels, values: readonly unknown[], slot: number): void {
  writeListedSymbols(kernels, [values], null, values.length, slot);
}

/**
 * Writes the symbols that lists hold: the distinct strings in order of first use, and each value's place among them.
 *
 * The lists are gone through as they are: to put all elements into one list costs as much as to look them up.
 *
 * @param counts Word index of the first list's count, which holds whatever becomes of the list meanwhile; null: it is one list
 *   of n.
 * @param n How many values there are, at least one.
 * @throws {Ungatherable}
 */
export function writeListedSymbols(
  kernels: Kernels,
  lists: readonly unknown[],
  counts: number | null,
  n: number,
  slot: number,
): void {
  const places = new Map<unknown, number>();
  const at = takeColumn(kernels, slot, SLOT_SECOND, 4 * n) >>> 2;
  const { u32 } = kernels.heap;
  let next = at;
  for (let i = 0; i < lists.length; i++) {
    const list = lists[i] as readonly unknown[];
    const count = counts === null ? n : (u32[counts + i] as number);
    for (let j = 0; j < count; j++) {
      const value = list[j];
      let place = places.get(value);
      if (place === undefined) {
        place = places.size;
        places.set(value, place);
      }
      u32[next++] = place;
    }
  }
  writeStrings(kernels, [...places.keys()], slot);
  kernels.heap.u32[slot + SLOT_COUNT] = n;
  kernels.heap.u32[slot + SLOT_EXTRA] = places.size;
}
