import type { Codec } from './codec.ts';
import { compileEmbeddedSync, judgeFallback, type LoadOptions } from './compile.ts';
import { createCodec } from './create-codec.ts';
import { portableCodec } from './portable-codec.ts';
import { createWasmKernels } from './wasm.ts';

/**
 * Loads the codec that runs in WebAssembly, at once. Browsers refuse to compile large modules on their main thread this way; this one is small enough.
 *
 * @throws {CrudpError} `wasm_unavailable`, where `fallback` is false.
 */
export function loadCodecSync(options: LoadOptions = {}): Codec {
  try {
    const module = compileEmbeddedSync();
    return createCodec(() => createWasmKernels(module), options);
  } catch (cause) {
    judgeFallback(cause, options);
    return portableCodec(options);
  }
}
