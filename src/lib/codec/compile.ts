import { CrudpError } from '../errors.ts';
import type { CodecOptions } from './create-codec.ts';
import { embeddedBytes } from './embedded-bytes.ts';

export interface LoadOptions extends CodecOptions {
  /**
   * What to do where WebAssembly is missing or a page's policy forbids it (it needs `'wasm-unsafe-eval'`): give the twin in
   * plain TypeScript, whose `name` is `portable` (default), or throw.
   */
  readonly fallback?: boolean;
  /** Told why the twin was given. */
  readonly onFallback?: (error: CrudpError) => void;
}

/** Compiled once per page or process: instances share it. */
let embedded: WebAssembly.Module | undefined;
/** Why it was not; nothing changes that, and a page whose policy forbids it would report each further attempt. */
let refused: { readonly cause: unknown } | undefined;

export async function compileEmbedded(): Promise<WebAssembly.Module> {
  if (refused !== undefined) throw refused.cause;
  try {
    embedded ??= await WebAssembly.compile(embeddedBytes());
    return embedded;
  } catch (cause) {
    throw remembered(cause);
  }
}

export function compileEmbeddedSync(): WebAssembly.Module {
  if (refused !== undefined) throw refused.cause;
  try {
    embedded ??= new WebAssembly.Module(embeddedBytes());
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

/**
 * Tells that the twin is to be given.
 *
 * @throws {CrudpError} `wasm_unavailable`, where it may not be.
 */
export function judgeFallback(cause: unknown, options: LoadOptions): void {
  const error = new CrudpError('wasm_unavailable', `WebAssembly cannot be used here: ${cause}`, { cause });
  if (options.fallback === false) throw error;
  options.onFallback?.(error);
}
