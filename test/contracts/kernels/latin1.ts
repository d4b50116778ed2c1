import { describe, expect, it } from 'vitest';
import * as wire from '../../../assembly/protocol.ts';
import type { Kernels } from '../../../src/lib/codec/kernels.ts';
import { installSchema } from '../../../src/lib/codec/program.ts';
import { parseShape } from '../../../src/lib/contract/parse.ts';
import { defaultLimits as limits } from '../../../src/lib/limits.ts';
import { svarint, varint } from '../../codec/reference.ts';
import { Random } from '../../generate/random.ts';
import { frameOf } from './one-group.ts';
import { Probe } from './probe.ts';

const letters = ['a', 'Z', ' ', '~', '\u00a0', 'é', 'ñ', 'ÿ', 'À'];

/** Text that is a byte a letter in Latin-1 is given as such; any other is left to whoever asks. */
export function latin1(create: () => Kernels): void {
  const shape = parseShape([':string']);
  const table = new Map([[0, shape]]);

  /** The kernels' answer for a frame with one string, behind so many others' bytes. */
  function read(kernels: Kernels, text: string): Uint8Array | null {
    const bytes = Buffer.from(text);
    const { length } = text;
    const column = [...svarint(BigInt(length)), ...varint(BigInt(bytes.length - length)), ...bytes];
    const frame = frameOf(wire.KIND_PUSH, shape, 1, column);
    const probe = new Probe(kernels);
    expect(probe.decode(frame, table)).not.toBe(0);
    const at = kernels.latin1(frame, probe.slot(0, wire.SLOT_TEXT), bytes.length, length);
    return at === 0 ? null : kernels.heap.u8.slice(at, at + length);
  }

  describe('Latin-1', () => {
    const kernels = create();

    it('is made of letters up to U+00FF, at any place among ASCII', () => {
      for (let before = 0; before < 20; before++) {
        for (let after = 0; after < 20; after++) {
          const text = `${'x'.repeat(before)}é${'y'.repeat(after)}`;
          expect(read(kernels, text), text).toEqual(new Uint8Array(Buffer.from(text, 'latin1')));
        }
      }
    });

    it('is made of random letters, in runs of any length', () => {
      const random = new Random(5);
      for (let i = 0; i < 2000; i++) {
        const text = Array.from({ length: random.below(700) }, () => letters[random.below(letters.length)]).join('');
        expect(read(kernels, text), text).toEqual(new Uint8Array(Buffer.from(text, 'latin1')));
      }
    });

    it.each(['\u0080', '\u009f', 'Ā', '€', '😀', '\ufeff'])('has no %j', (letter) => {
      for (const before of [0, 3, 8, 300]) {
        expect(read(kernels, `${'é'.repeat(before)}${letter}${'a'.repeat(20)}`)).toBeNull();
      }
    });

    it('takes no more space than there is, so that no view dies', () => {
      const tight = create();
      const routes = installSchema(tight, table);
      const column = [...svarint(2n), ...varint(1n), ...Buffer.from('éa')];
      const frame = frameOf(wire.KIND_PUSH, shape, 1, column);
      tight.begin();
      const tape = tight.decode(frame, wire.KIND_PUSH, routes, limits);
      expect(tape).not.toBe(0);
      const { u8 } = tight.heap;
      for (let left = u8.length - tight.reserve(8) - 64; left > 0; left -= 4096) tight.reserve(Math.min(left, 4096));
      for (let i = 0; i < 32; i++) tight.latin1(frame, frame.length - 7, 3, 2);
      expect(tight.latin1(frame, frame.length - 7, 3, 2)).toBe(0);
      expect(tight.heap.u8).toBe(u8);
    });
  });
}
