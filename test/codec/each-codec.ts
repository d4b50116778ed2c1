import type { Codec } from '../../src/lib/codec/codec.ts';
import { loadCodecSync } from '../../src/lib/codec/load-sync.ts';
import { portableCodec } from '../../src/lib/codec/portable-codec.ts';
import type { RecordShape, Schema } from '../../src/lib/contract/field.ts';

/** For `describe.each`: both kernels, and both ways to make objects. */
export const codecs: readonly (readonly [name: string, codec: Codec])[] = [
  ['wasm', loadCodecSync({ fallback: false })],
  ['portable', portableCodec()],
  ['wasm, without generated code', loadCodecSync({ fallback: false, jit: false })],
];

/** Shapes of routes 0, 4, 8 … (create of handlers 0, 1, 2 …), the same in both directions. */
export function schemaOf(...shapes: readonly (RecordShape | null)[]): Schema {
  const table = new Map(shapes.map((shape, handler) => [4 * handler, shape] as const));
  return { inputs: table, outputs: table };
}
