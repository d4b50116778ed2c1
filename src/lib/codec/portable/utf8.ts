/** Whether the text judged last has a character of two UTF-16 units: most have none, and no pair can be cut. */
export let hasPairs = false;

/**
 * Judges UTF-8 (RFC 3629: shortest form, no surrogates, nothing above U+10FFFF).
 *
 * @param view Four bytes at least stand behind `end`, as a frame's check does.
 * @returns How many UTF-16 units the bytes `[start..end)` make, or -1 where they are not UTF-8.
 */
export function utf16Length(view: DataView, start: number, end: number): number {
  let at = start;
  let pairs = false;
  // Each lead byte of two or three makes one unit of its bytes, of four two; counted by what is lost.
  let lost = 0;
  while (at < end) {
    // ASCII and letters of two bytes, sixteen bytes at a time and without a guess for the processor: in each of four bytes
    // the highest bit says of what kind it is.
    let faults = 0;
    let open = 0;
    for (const last = end - 16; at <= last; at += 16) {
      const a = view.getInt32(at, true);
      const b = view.getInt32(at + 4, true);
      const c = view.getInt32(at + 8, true);
      const d = view.getInt32(at + 12, true);
      if ((((a | b | c | d) & 0x80808080) | open) === 0) continue;
      const leadA = a & (a << 1) & 0x80808080;
      const leadB = b & (b << 1) & 0x80808080;
      const leadC = c & (c << 1) & 0x80808080;
      const leadD = d & (d << 1) & 0x80808080;
      if (((leadA & (a << 2)) | (leadB & (b << 2)) | (leadC & (c << 2)) | (leadD & (d << 2))) !== 0) break;
      faults |=
        fault(a, leadA, open) |
        fault(b, leadB, leadA >>> 24) |
        fault(c, leadC, leadB >>> 24) |
        fault(d, leadD, leadC >>> 24);
      lost += Math.imul((leadA >>> 7) + (leadB >>> 7) + (leadC >>> 7) + (leadD >>> 7), 0x01010101) >>> 24;
      open = leadD >>> 24;
    }
    if (faults !== 0) return -1;
    if (open !== 0) {
      at--;
      lost--;
    }
    for (let stop = at + 16; at < stop && at < end; ) {
      // Zeros for what is behind the end: no character that goes on there gets through.
      const left = end - at;
      const word = view.getInt32(at, true) & (left < 4 ? (1 << (8 * left)) - 1 : -1);
      const high = word & 0x80808080;
      if (high === 0) {
        at += 4;
      } else if ((word & 0x80) === 0) {
        at += (31 - Math.clz32(high & -high)) >>> 3;
      } else if ((word & 0xc0e0) === 0x80c0) {
        if ((word & 0x1e) === 0) return -1;
        at += 2;
        lost += 1;
      } else if ((word & 0xc0c0f0) === 0x8080e0) {
        const top = word & 0x200f;
        if (top === 0 || top === 0x200d) return -1;
        at += 3;
        lost += 2;
        stop = at + 32;
      } else if ((word & 0xc0c0c0f8) === (0x808080f0 | 0)) {
        const plane = ((word & 7) << 2) | ((word >>> 12) & 3);
        if (plane === 0 || plane > 16) return -1;
        at += 4;
        lost += 2;
        stop = at + 32;
        pairs = true;
      } else return -1;
    }
  }
  hasPairs = pairs;
  return end - start - lost;
}

/** Bits for what is wrong: a letter that does not go on or that nothing began, a lead that ASCII would do for. */
function fault(word: number, leads: number, open: number): number {
  return ((leads << 8) ^ open ^ leads ^ (word & 0x80808080)) | (leads & ~((word & 0x1e1e1e1e) + 0x7e7e7e7e));
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
