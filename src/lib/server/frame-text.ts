const texts = new WeakMap<Uint8Array, string>();

/** A frame as events carry it. Sessions at the same place read the same frame: a push to all is written out once. */
export function base64(frame: Uint8Array): string {
  const known = texts.get(frame);
  if (known !== undefined) return known;
  const text = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength).toString('base64');
  texts.set(frame, text);
  return text;
}
