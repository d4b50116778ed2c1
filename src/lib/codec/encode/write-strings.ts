import { LIMIT_FRAME_BYTES, LIMIT_STRING_UNITS, SLOT_COUNT, SLOT_VALUES } from '../../../../assembly/protocol.ts';
import type { Kernels } from '../kernels.ts';
import { takeColumn } from './take-column.ts';
import { Ungatherable } from './ungatherable.ts';
import { tooMuchText, writeRun } from './write-text.ts';

/** Judges n > 0 strings and writes them into the arena. @throws {Ungatherable} */
export function writeStrings(kernels: Kernels, values: readonly unknown[], slot: number): void {
  const lengths = takeColumn(kernels, slot, SLOT_VALUES, 4 * values.length) >>> 2;
  const { u32 } = kernels.heap;
  u32[slot + SLOT_COUNT] = values.length;
  let text = '';
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (typeof value !== 'string' || value.length > LIMIT_STRING_UNITS) throw new Ungatherable();
    u32[lengths + i] = value.length;
    text += value;
    if (text.length > LIMIT_FRAME_BYTES) throw tooMuchText();
  }
  writeRun(kernels, text, slot);
}
