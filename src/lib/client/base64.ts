interface Platform {
  readonly Uint8Array: { fromBase64?: (text: string) => Uint8Array<ArrayBuffer> };
  readonly Buffer?: { from(text: string, encoding: 'base64'): Uint8Array<ArrayBuffer> };
}

/** @throws Where the text is no base64; Node's Buffer skips what is none, and the frame's checksum finds it. */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  const { Uint8Array: Native, Buffer } = globalThis as unknown as Platform;
  if (Native.fromBase64) return Native.fromBase64(text);
  if (Buffer) return Buffer.from(text, 'base64');
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
