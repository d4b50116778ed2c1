import { buildWasm, wasmIsStale } from './build.mjs';
import { chromiumFound, chromiumPath } from './chromium.mjs';

/** Before the tests: never test yesterday's module. */
export function setup() {
  if (!chromiumFound) console.log(`No ${chromiumPath}: the tests in a browser are skipped.`);
  if (wasmIsStale()) buildWasm();
}
