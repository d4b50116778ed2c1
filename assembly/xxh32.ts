// XXH32 (github.com/Cyan4973/xxHash, doc/xxhash_spec.md).
const P1: u32 = 0x9e3779b1;
const P2: u32 = 0x85ebca77;
const P3: u32 = 0xc2b2ae3d;
const P4: u32 = 0x27d4eb2f;
const P5: u32 = 0x165667b1;

/** The hash of a run of bytes with seed 0. */
export function xxh32(start: usize, end: usize): u32 {
  let at = start;
  let hash: u32;
  const length = <u32>(end - start);
  if (length >= 16) {
    let a: u32 = P1 + P2;
    let b: u32 = P2;
    let c: u32 = 0;
    let d: u32 = 0 - P1;
    // Four times the same, written out: as calls it took six times as long.
    for (const last = end - 16; at <= last; at += 16) {
      a = rotl(a + load<u32>(at) * P2, 13) * P1;
      b = rotl(b + load<u32>(at, 4) * P2, 13) * P1;
      c = rotl(c + load<u32>(at, 8) * P2, 13) * P1;
      d = rotl(d + load<u32>(at, 12) * P2, 13) * P1;
    }
    hash = rotl(a, 1) + rotl(b, 7) + rotl(c, 12) + rotl(d, 18);
  } else {
    hash = P5;
  }
  hash += length;
  for (; at + 4 <= end; at += 4) hash = rotl(hash + load<u32>(at) * P3, 17) * P4;
  for (; at < end; at++) hash = rotl(hash + <u32>load<u8>(at) * P5, 11) * P1;
  hash = (hash ^ (hash >> 15)) * P2;
  hash = (hash ^ (hash >> 13)) * P3;
  return hash ^ (hash >> 16);
}
