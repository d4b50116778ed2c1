import type { Kernels } from '../kernels.ts';

export const CHECK_BYTES = 4;

/** A piece that stays in the processor's nearest cache between being copied and being hashed; a multiple of 16. */
const WINDOW_BYTES = 1 << 14;

/**
 * The `check` of a frame (A.2) whose bytes stand in several parts. They pass through a small window of the arena: a copy
 * of all of them there would take its size in memory, which never shrinks, and be wiped after the call.
 */
export function checkOf(kernels: Kernels, parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const window = kernels.reserve(WINDOW_BYTES);
  const { u8 } = kernels.heap;
  let before = 0;
  let filled = 0;
  for (const part of parts) {
    for (let at = 0; at < part.length; ) {
      const bytes = Math.min(part.length - at, WINDOW_BYTES - filled);
      u8.set(part.subarray(at, at + bytes), window + filled);
      at += bytes;
      filled += bytes;
      if (filled < WINDOW_BYTES) continue;
      kernels.hash(window, window + WINDOW_BYTES, before);
      before += WINDOW_BYTES;
      filled = 0;
    }
  }
  const check = new Uint8Array(CHECK_BYTES);
  new DataView(check.buffer).setUint32(0, kernels.hash(window, window + filled, before), true);
  return check;
}
