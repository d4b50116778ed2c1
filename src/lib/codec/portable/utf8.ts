/** Whether the text judged last has a character of two UTF-16 units: most have none, and no pair can be cut. */
export let hasPairs = false;

/**
 * Judges UTF-8 (RFC 3629: shortest form, no surrogates, nothing above U+10FFFF).
 *
 * @param view Of the same bytes.
 * @returns How many UTF-16 units `bytes[start..end)` makes, or -1 where it is not UTF-8.
 */
export function utf16Length(bytes: Uint8Array, view: DataView, start: number, end: number): number {
  let at = asciiEnd(bytes, view, start, end);
  let pairs = false;
  // Each lead byte of two or three makes one unit of its bytes, of four two; counted by what is lost.
  let lost = 0;
  while (at < end) {
    const lead = bytes[at] as number;
    if (lead < 0x80) {
      at = asciiEnd(bytes, view, at, end);
    } else if (lead < 0xe0) {
      if (lead < 0xc2 || end - at < 2 || !continues(bytes[at + 1])) return -1;
      at += 2;
      lost += 1;
    } else if (lead < 0xf0) {
      if (end - at < 3 || !continues(bytes[at + 1]) || !continues(bytes[at + 2])) return -1;
      const second = bytes[at + 1] as number;
      if ((lead === 0xe0 && second < 0xa0) || (lead === 0xed && second > 0x9f)) return -1;
      at += 3;
      lost += 2;
    } else {
      if (lead > 0xf4 || end - at < 4) return -1;
      if (!continues(bytes[at + 1]) || !continues(bytes[at + 2]) || !continues(bytes[at + 3])) return -1;
      const second = bytes[at + 1] as number;
      if ((lead === 0xf0 && second < 0x90) || (lead === 0xf4 && second > 0x8f)) return -1;
      at += 4;
      lost += 2;
      pairs = true;
    }
  }
  hasPairs = pairs;
  return end - start - lost;
}

/**
 * Whether a boundary between two strings falls inside a surrogate pair.
 *
 * @param bytes Valid UTF-8 from `start` on, of as many UTF-16 units as the lengths sum up to.
 * @param lengths Of the strings in UTF-16 units: `lengths[first..first + n)`.
 */
export function cutsPair(bytes: Uint8Array, start: number, lengths: Uint32Array, first: number, n: number): boolean {
  let at = start;
  for (let i = 0; i < n; i++) {
    let units = lengths[first + i] as number;
    while (units > 0) {
      const lead = bytes[at] as number;
      if (lead < 0xf0) {
        at += lead < 0x80 ? 1 : lead < 0xe0 ? 2 : 3;
        units -= 1;
      } else {
        if (units === 1) return true;
        at += 4;
        units -= 2;
      }
    }
  }
  return false;
}

function continues(byte: number | undefined): boolean {
  return ((byte as number) & 0xc0) === 0x80;
}

/** Where the ASCII that begins at `start` ends. */
function asciiEnd(bytes: Uint8Array, view: DataView, start: number, end: number): number {
  let at = start;
  for (const last = end - 16; at <= last; at += 16) {
    const seen =
      view.getInt32(at, true) |
      view.getInt32(at + 4, true) |
      view.getInt32(at + 8, true) |
      view.getInt32(at + 12, true);
    if ((seen & 0x80808080) !== 0) break;
  }
  while (at < end && (bytes[at] as number) < 128) at++;
  return at;
}
