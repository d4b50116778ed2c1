import type { Codec } from './codec.ts';
import { compileEmbedded, judgeFallback, type LoadOptions } from './compile.ts';
import { createCodec } from './create-codec.ts';
import { createWasmKernels } from './wasm.ts';

export interface LoadAsyncOptions extends LoadOptions {
  /**
   * The module as an asset (`crudp/codec.wasm`) instead of the embedded bytes: its URL, a response, its bytes, the compiled
   * module (as one gives it to a worker), what `@assemblyscript/loader` gives for it, or a promise of any.
   */
  readonly wasm?: WasmSource | PromiseLike<WasmSource>;
}

/** Of a loader's result only the module is used: the codec makes instances of its own, anew after a trap. */
export type WasmSource =
  | URL
  | string
  | Response
  | BufferSource
  | WebAssembly.Module
  | { readonly module: WebAssembly.Module };

/**
 * Loads the codec that runs in WebAssembly.
 *
 * @throws {CrudpError} `wasm_unavailable`, where `fallback` is false.
 */
export async function loadCodec(options: LoadAsyncOptions = {}): Promise<Codec> {
  try {
    const module = options.wasm === undefined ? await compileEmbedded() : await compileAsset(await options.wasm);
    return createCodec(() => createWasmKernels(module), options);
  } catch (cause) {
    judgeFallback(cause, options);
    // A quarter of the codec's code, that next to no page ever runs: only those fetch it.
    const { portableCodec } = await import('./portable-codec.ts');
    return portableCodec(options);
  }
}

async function compileAsset(asset: WasmSource): Promise<WebAssembly.Module> {
  if (asset instanceof WebAssembly.Module) return asset;
  if (asset instanceof ArrayBuffer || ArrayBuffer.isView(asset)) return WebAssembly.compile(asset as BufferSource);
  if (typeof asset === 'object' && 'module' in asset) return asset.module;
  const response = await (typeof asset === 'string' || asset instanceof URL ? fetch(asset) : asset);
  if (!response.ok) throw new Error(`${response.url}: HTTP ${response.status}`);
  // Streaming demands the media type application/wasm, which not every server knows.
  if (!response.headers.get('content-type')?.startsWith('application/wasm')) {
    return WebAssembly.compile(await response.arrayBuffer());
  }
  return WebAssembly.compileStreaming(response);
}
