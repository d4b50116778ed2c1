import * as wire from '../../assembly/protocol.ts';
import type { Kernels } from '../../src/lib/codec/kernels.ts';
import { installSchema } from '../../src/lib/codec/program.ts';
import { defaultLimits } from '../../src/lib/limits.ts';
import { hexOf } from '../vectors/notation.ts';

/**
 * Gives kernels every input of so many bytes, at most three, that begins with a byte from `from` to before `to`.
 *
 * @returns How many that were.
 * @throws {Error} Where one is not refused as `truncated` at 0.
 */
export function refuseShortInputs(kernels: Kernels, length: number, from = 0, to = 256): number {
  const routes = installSchema(kernels, new Map());
  const frame = new Uint8Array(length);
  const step = 256 ** (length - 1);
  const first = length === 0 ? 0 : from * step;
  const end = length === 0 ? 1 : to * step;
  for (let value = first; value < end; value++) {
    for (let i = 0; i < length; i++) frame[i] = value >> (8 * (length - 1 - i));
    kernels.begin();
    const tape = kernels.decode(frame, wire.KIND_PUSH, routes, defaultLimits);
    if (tape !== 0 || kernels.errorCode !== wire.TRUNCATED || kernels.errorOffset !== 0) {
      throw new Error(`${kernels.name}: ${hexOf(frame)} gives ${kernels.errorCode} at ${kernels.errorOffset}`);
    }
  }
  return end - first;
}
