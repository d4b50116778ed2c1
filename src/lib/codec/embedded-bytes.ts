import { wasmText } from './wasm-bytes.generated.ts';

/** The character of a 0; below it stand those that raise the next one's byte. */
const ZERO = 0x22;
const STEP = 91;

/** The module, read out of the text that assembly/embed.mjs has made of it. */
export function embeddedBytes(): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(wasmText.length);
  let length = 0;
  let raised = 0;
  for (let i = 0; i < wasmText.length; i++) {
    const digit = wasmText.charCodeAt(i) - ZERO;
    if (digit < 0) {
      raised = -STEP * digit;
    } else {
      bytes[length++] = raised + digit;
      raised = 0;
    }
  }
  return bytes.slice(0, length);
}
