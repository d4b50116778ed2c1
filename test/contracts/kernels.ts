import { describe } from 'vitest';
import type { Kernels } from '../../src/lib/codec/kernels.ts';
import { frames } from './kernels/frames.ts';
import { groups } from './kernels/groups.ts';
import { growth } from './kernels/growth.ts';
import { latin1 } from './kernels/latin1.ts';
import { refusals } from './kernels/refusals.ts';
import { text } from './kernels/text.ts';
import { values } from './kernels/values.ts';
import { wiping } from './kernels/wiping.ts';

/** What both kernels promise (src/lib/codec/kernels.ts), judged by their tapes, their bytes and their refusals. */
export function kernelsContract(name: string, create: () => Kernels): void {
  describe(`${name} kernels`, () => {
    const kernels = create();
    frames(kernels);
    refusals(kernels);
    groups(kernels);
    values(kernels);
    text(kernels);
    latin1(create);
    growth(create);
    wiping(create);
  });
}
