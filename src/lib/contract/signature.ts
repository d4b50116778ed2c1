import { xxh32 } from '../xxh32.ts';

const utf8 = new TextEncoder();

/** The signature of a shape (B.3): 16 bits per field, each one hashing all descriptors up to it. */
export function signatureOf(descriptors: readonly string[]): Uint16Array {
  const signature = new Uint16Array(descriptors.length);
  let hash = 0;
  for (const [i, descriptor] of descriptors.entries()) {
    const bytes = utf8.encode(descriptor);
    hash = xxh32(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length, hash);
    signature[i] = hash & 0xffff;
  }
  return signature;
}
