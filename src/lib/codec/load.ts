import { CrudpError } from '../errors.ts';
import type { Codec } from './codec.ts';
import { type CodecOptions, createCodec } from './create-codec.ts';
import { portableCodec } from './portable-codec.ts';
import { createWasmKernels } from './wasm.ts';
import { wasmBase64 } from './wasm-bytes.generated.ts';

export interface LoadOptions extends CodecOptions {
  /**
   * What to do where WebAssembly is missing or a page's policy forbids it (it needs `'wasm-unsafe-eval'`): give the twin in
   * plain TypeScript, whose `name` is `portable` (default), or throw.
   */
  readonly fallback?: boolean;
  /** Told why the twin was given. */
  readonly onFallback?: (error: CrudpError) => void;
}

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

/** Compiled once per page or process: instances share it. */
let embedded: WebAssembly.Module | undefined;
/** Why it was not; nothing changes that, and a page whose policy forbids it would report each further attempt. */
let refused: { readonly cause: unknown } | undefined;

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
    return fall(cause, options);
  }
}

/**
 * Loads it at once. Browsers refuse to compile large modules on their main thread this way; this one is small enough.
 *
 * @throws {CrudpError} `wasm_unavailable`, where `fallback` is false.
 */
export function loadCodecSync(options: LoadOptions = {}): Codec {
  try {
    const module = compileEmbeddedSync();
    return createCodec(() => createWasmKernels(module), options);
  } catch (cause) {
    return fall(cause, options);
  }
}

async function compileEmbedded(): Promise<WebAssembly.Module> {
  if (refused !== undefined) throw refused.cause;
  try {
    embedded ??= await WebAssembly.compile(bytesOf(wasmBase64));
    return embedded;
  } catch (cause) {
    throw remembered(cause);
  }
}

function compileEmbeddedSync(): WebAssembly.Module {
  if (refused !== undefined) throw refused.cause;
  try {
    embedded ??= new WebAssembly.Module(bytesOf(wasmBase64));
    return embedded;
  } catch (cause) {
    throw remembered(cause);
  }
}

/** A RangeError is a browser's refusal to compile at once what it would compile in time. */
function remembered(cause: unknown): unknown {
  if (!(cause instanceof RangeError)) refused = { cause };
  return cause;
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

function fall(cause: unknown, options: LoadOptions): Codec {
  const error = new CrudpError('wasm_unavailable', `WebAssembly cannot be used here: ${cause}`, { cause });
  if (options.fallback === false) throw error;
  options.onFallback?.(error);
  return portableCodec(options);
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const binary = atob(base64);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
