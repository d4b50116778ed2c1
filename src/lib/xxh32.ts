// The primes that the stripes are multiplied by stand in `round` as numbers: bundlers make variables of a module's constants,
// and to multiply by a variable takes the loop twice as long.
const P1 = 0x9e3779b1 | 0;
const P2 = 0x85ebca77 | 0;
const P3 = 0xc2b2ae3d | 0;
const P4 = 0x27d4eb2f;
const P5 = 0x165667b1;

/** What the stripes of sixteen bytes came to so far, of the run that is being hashed. */
const lanes = new Int32Array(4);

/**
 * XXH32 of the bytes `[start..end)` of a view (github.com/Cyan4973/xxHash, doc/xxhash_spec.md).
 *
 * A view, because words at any offset are one load there, and four loads and three shifts in a Uint8Array: three times as
 * fast.
 *
 * @returns An unsigned 32-bit number.
 */
export function xxh32(view: DataView, start: number, end: number, seed: number): number {
  lanes[0] = seed + P1 + P2;
  lanes[1] = seed + P2;
  lanes[2] = seed;
  lanes[3] = seed - P1;
  return finish(view, start, end, (seed + P5) | 0, 0);
}

/**
 * The hash with seed 0 of a run of bytes that is gone through in pieces.
 *
 * Nothing else may be hashed between its pieces.
 *
 * @param before How many bytes of the run the pieces before this one had: a multiple of 16, or 0 at its begin.
 * @returns The hash of the run up to here.
 */
export function xxh32Piece(view: DataView, start: number, end: number, before: number): number {
  return before === 0 ? xxh32(view, start, end, 0) : finish(view, start, end, P5, before);
}

/** @param short The hash that less than 16 bytes begin with. */
function finish(view: DataView, start: number, end: number, short: number, before: number): number {
  let at = start;
  let hash = short;
  if (before + end - start >= 16) {
    let a = lanes[0] as number;
    let b = lanes[1] as number;
    let c = lanes[2] as number;
    let d = lanes[3] as number;
    for (const last = end - 16; at <= last; at += 16) {
      a = round(a, view.getInt32(at, true));
      b = round(b, view.getInt32(at + 4, true));
      c = round(c, view.getInt32(at + 8, true));
      d = round(d, view.getInt32(at + 12, true));
    }
    hash = (rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18)) | 0;
    lanes[0] = a;
    lanes[1] = b;
    lanes[2] = c;
    lanes[3] = d;
  }
  hash = (hash + before + end - start) | 0;
  for (; at + 4 <= end; at += 4) {
    hash = Math.imul(rotate((hash + Math.imul(view.getInt32(at, true), P3)) | 0, 17), P4);
  }
  for (; at < end; at++) hash = Math.imul(rotate((hash + Math.imul(view.getUint8(at), P5)) | 0, 11), P1);
  hash = Math.imul(hash ^ (hash >>> 15), P2);
  hash = Math.imul(hash ^ (hash >>> 13), P3);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function round(lane: number, word: number): number {
  const x = (lane + Math.imul(word, 0x85ebca77)) | 0;
  return Math.imul((x << 13) | (x >>> 19), 0x9e3779b1);
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}
