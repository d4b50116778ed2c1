/** No run makes that many UTF-16 units: it is no UTF-8. */
export const NOT_UTF8: u32 = u32.MAX_VALUE;

/** Whether the run judged last has a character of two UTF-16 units: most have none, and no pair can be cut. */
export let hasPairs: bool = false;

/**
 * Judges UTF-8 (RFC 3629: shortest form, no surrogates, nothing above U+10FFFF).
 *
 * Returns how many UTF-16 units the bytes from `start` to `end` make, or NOT_UTF8.
 */
export function utf16Length(start: usize, end: usize): u32 {
  let at = asciiEnd(start, end);
  let lost: u32 = 0;
  hasPairs = false;
  while (at < end) {
    const lead = <u32>load<u8>(at);
    if (lead < 0x80) {
      at = asciiEnd(at, end);
      continue;
    }
    // How many bytes follow, and which the first of them may be.
    let more: u32 = 1;
    let least: u32 = 0x80;
    let most: u32 = 0xbf;
    if (lead >= 0xf0) {
      hasPairs = true;
      more = 3;
      if (lead == 0xf0) least = 0x90;
      if (lead == 0xf4) most = 0x8f;
    } else if (lead >= 0xe0) {
      more = 2;
      if (lead == 0xe0) least = 0xa0;
      if (lead == 0xed) most = 0x9f;
    }
    if (lead < 0xc2 || lead > 0xf4 || <u32>(end - at) <= more) return NOT_UTF8;
    const second = <u32>load<u8>(at, 1);
    if (second < least || second > most) return NOT_UTF8;
    if (more > 1 && (load<u8>(at, 2) & 0xc0) != 0x80) return NOT_UTF8;
    if (more > 2 && (load<u8>(at, 3) & 0xc0) != 0x80) return NOT_UTF8;
    at += more + 1;
    // A sequence of two bytes makes one unit, of three one, of four two; counted by what is lost.
    lost += more == 1 ? 1 : 2;
  }
  return <u32>(end - start) - lost;
}

/**
 * Whether a boundary between two of n strings falls inside a surrogate pair.
 *
 * The text is valid UTF-8 and has as many UTF-16 units as the lengths, u32[n] at `lengths`, sum up to.
 */
export function cutsPair(text: usize, lengths: usize, n: u32): bool {
  let at = text;
  for (let i: u32 = 0; i < n; i++) {
    let units = load<u32>(lengths + ((<usize>i) << 2));
    while (units > 0) {
      const lead = <u32>load<u8>(at);
      if (lead < 0xf0) {
        at += lead < 0x80 ? 1 : lead < 0xe0 ? 2 : 3;
        units -= 1;
      } else {
        if (units == 1) return true;
        at += 4;
        units -= 2;
      }
    }
  }
  return false;
}

/** Where the ASCII that begins at `start` ends. */
function asciiEnd(start: usize, end: usize): usize {
  let at = start;
  for (; end - at >= 32; at += 32) {
    if (i8x16.bitmask(v128.or(v128.load(at), v128.load(at, 16))) != 0) break;
  }
  while (at < end && load<u8>(at) < 0x80) at++;
  return at;
}
