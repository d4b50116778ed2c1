// Bytes of a frame are valid UTF-8 by the time they are decoded. A byte order mark is a character like others.
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** What Node's Buffer offers beyond Uint8Array; absent in browsers. */
interface Latin1Slicing {
  latin1Slice(start: number, end: number): string;
}
const latin1Slice = (globalThis as { Buffer?: { prototype: Latin1Slicing } }).Buffer?.prototype.latin1Slice;

/**
 * Decodes a run of UTF-8 and cuts it into n strings.
 *
 * One native call for the whole run: a call each would cost more than the strings.
 *
 * @param bytes The run's length; equal to the sum of lengths exactly where all is ASCII.
 * @param lengths Word index in `words` of the strings' lengths in UTF-16 units.
 */
export function decodeText(
  frame: Uint8Array,
  offset: number,
  bytes: number,
  words: Uint32Array,
  lengths: number,
  n: number,
): string[] {
  let units = 0;
  for (let i = 0; i < n; i++) units += words[lengths + i] as number;
  const whole =
    units === bytes && latin1Slice !== undefined
      ? latin1Slice.call(frame, offset, offset + bytes)
      : utf8.decode(frame.subarray(offset, offset + bytes));
  const out = new Array<string>(n);
  let at = 0;
  for (let i = 0; i < n; i++) {
    const end = at + (words[lengths + i] as number);
    out[i] = whole.substring(at, end);
    at = end;
  }
  return out;
}
