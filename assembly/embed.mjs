// Writes the built module into the sources, so that a bundler, a test and Node load it alike, without a file beside them:
// node assembly/embed.mjs MODULE.wasm OUTPUT.ts
import { readFileSync, writeFileSync } from 'node:fs';
import { brotliCompressSync } from 'node:zlib';

const [input, output] = process.argv.slice(2);
if (!input || !output) throw new TypeError('usage: node assembly/embed.mjs MODULE.wasm OUTPUT.ts');

const bytes = readFileSync(input);
const imports = WebAssembly.Module.imports(new WebAssembly.Module(bytes));
if (imports.length > 0) {
  // One `throw` or one failing assertion in assembly/ is enough to import `abort`.
  const names = imports.map(({ module, name }) => `${module}.${name}`).join(', ');
  throw new Error(`${input} must have no imports, but has ${names}`);
}

// Hexadecimal: base64 hides from a server's compression what repeats in the module, and arrives a seventh larger.
// Typed as string, or the declaration file would repeat the whole literal as its type.
writeFileSync(
  output,
  `// Written by assembly/embed.mjs.\nexport const wasmHex: string =\n  '${bytes.toString('hex')}';\n`,
);
console.log(`${input}: ${bytes.length} bytes, ${brotliCompressSync(bytes).length} with brotli`);
