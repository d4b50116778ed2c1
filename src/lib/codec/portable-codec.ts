import type { Codec } from './codec.ts';
import { type CodecOptions, createCodec } from './create-codec.ts';
import { createPortableKernels } from './portable/kernels.ts';

/** A codec in plain TypeScript: the twin of the one in WebAssembly, for where that cannot be had. */
export function portableCodec(options: CodecOptions = {}): Codec {
  return createCodec(createPortableKernels, options);
}
