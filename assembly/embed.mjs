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

// A byte below 91 is one character, '"' for 0; others have '!' or ' ' before the one for what is left of them after 91 or
// 182. All of it is ASCII, which every bundler leaves as it is. A page's codec is 1 % less to send so than with hexadecimal;
// base64 hides from compression what repeats in the module.
const text = [...bytes]
  .map((byte) => ['', '!', ' '][Math.floor(byte / 91)] + String.fromCharCode(34 + (byte % 91)))
  .join('')
  .replace(/[\\']/g, '\\$&');

// Typed as string, or the declaration file would repeat the whole literal as its type.
writeFileSync(
  output,
  `// Written by assembly/embed.mjs, which says how.\nexport const wasmText: string =\n  '${text}';\n`,
);
console.log(`${input}: ${bytes.length} bytes, ${brotliCompressSync(bytes).length} with brotli`);
