import { CELL_LANES } from './protocol';

// XXH32 (github.com/Cyan4973/xxHash, doc/xxhash_spec.md).
const P1: u32 = 0x9e3779b1;
const P2: u32 = 0x85ebca77;
const P3: u32 = 0xc2b2ae3d;
const P4: u32 = 0x27d4eb2f;
const P5: u32 = 0x165667b1;

/**
 * The hash with seed 0 of a run of bytes whose last stand in memory.
 *
 * @param before How many bytes of the run were hashed by the calls before this one: a multiple of 16, or 0 at its begin.
 */
export function xxh32(start: usize, end: usize, before: u32): u32 {
  let at = start;
  let hash = P5;
  const length = before + <u32>(end - start);
  if (length >= 16) {
    // The four lanes of the hash are the four of a vector.
    let lanes = before == 0 ? i32x4(P1 + P2, P2, 0, 0 - P1) : v128.load(CELL_LANES);
    for (; at + 16 <= end; at += 16) {
      lanes = i32x4.add(lanes, i32x4.mul(v128.load(at), i32x4.splat(P2)));
      lanes = i32x4.mul(v128.or(i32x4.shl(lanes, 13), i32x4.shr_u(lanes, 19)), i32x4.splat(P1));
    }
    v128.store(CELL_LANES, lanes);
    hash =
      rotl<u32>(i32x4.extract_lane(lanes, 0), 1) +
      rotl<u32>(i32x4.extract_lane(lanes, 1), 7) +
      rotl<u32>(i32x4.extract_lane(lanes, 2), 12) +
      rotl<u32>(i32x4.extract_lane(lanes, 3), 18);
  }
  hash += length;
  for (; at + 4 <= end; at += 4) hash = rotl(hash + load<u32>(at) * P3, 17) * P4;
  for (; at < end; at++) hash = rotl(hash + <u32>load<u8>(at) * P5, 11) * P1;
  hash = (hash ^ (hash >> 15)) * P2;
  hash = (hash ^ (hash >> 13)) * P3;
  return hash ^ (hash >> 16);
}
