import { expect, it } from 'vitest';
import * as wire from '../../../assembly/protocol.ts';
import { createPortableKernels } from '../../../src/lib/codec/portable/kernels.ts';
import { parseShape } from '../../../src/lib/contract/parse.ts';
import { frameOf } from '../../contracts/kernels/one-group.ts';
import { Probe } from '../../contracts/kernels/probe.ts';
import { kernelsContract } from '../../contracts/kernels.ts';

kernelsContract('portable', createPortableKernels);

it('portable kernels report a full arena as what it is', () => {
  const kernels = createPortableKernels({ arena: 1 << 16 });
  const probe = new Probe(kernels);
  const shape = parseShape(['a:int']);
  const table = new Map([[0, shape]]);
  expect(probe.decode(frameOf(wire.KIND_PUSH, shape, 10_000, [0, 2]), table)).toBe(0);
  expect(probe.refusal).toEqual([wire.OUT_OF_MEMORY, 0]);
  const tape = probe.decode(frameOf(wire.KIND_PUSH, shape, 1000, [0, 2]), table);
  expect(kernels.encode(tape)).toBeGreaterThan(0);
  kernels.reserve((1 << 16) - kernels.output - 40);
  expect(kernels.encode(tape)).toBe(0);
});
