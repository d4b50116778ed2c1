/** No run makes that many UTF-16 units: it is no UTF-8. */
export const NOT_UTF8: u32 = u32.MAX_VALUE;

/** Whether the run judged last has a character of two UTF-16 units: most have none, and no pair can be cut. */
export let hasPairs: bool = false;

/**
 * Judges UTF-8 (RFC 3629: shortest form, no surrogates, nothing above U+10FFFF), sixteen bytes at a time: three tables
 * by half bytes say which faults a pair of bytes may have, and only a fault that all three allow is one (J. Keiser and
 * D. Lemire, Validating UTF-8 In Less Than One Instruction Per Byte, 2020).
 *
 * The bytes around the run are zeros meanwhile, for it looks at three bytes before each and at a whole block behind the
 * last: four bytes before `start` and sixteen from `end` on must be the frame's or behind it.
 *
 * Returns how many UTF-16 units the bytes from `start` to `end` make, or NOT_UTF8.
 */
export function utf16Length(start: usize, end: usize): u32 {
  const before = load<u32>(start - 4);
  const behind = v128.load(end);
  store<u32>(start - 4, 0);
  v128.store(end, i64x2.splat(0));
  // Faults of a pair of bytes: 1 too short, 2 too long, 4 overlong of three, 8 and 64 too large, 16 surrogate, 32 overlong
  // of two, 64 overlong of four, 128 two that continue: no fault where the tables of three and four bytes ask for it.
  const ofLead = i8x16(2, 2, 2, 2, 2, 2, 2, 2, -128, -128, -128, -128, 0x21, 1, 0x15, 0x49);
  const ofLeadLow = i8x16(-25, -93, -125, -125, -117, -53, -53, -53, -53, -53, -53, -53, -53, -37, -53, -53);
  const ofSecond = i8x16(1, 1, 1, 1, 1, 1, 1, 1, -26, -82, -70, -70, 1, 1, 1, 1);
  const low = i8x16.splat(15);
  const high = i8x16.splat(-128);
  const beforeThird = i8x16.splat(0x60);
  const beforeFourth = i8x16.splat(0x70);
  const firstLead = i8x16.splat(-64);
  let faults = i64x2.splat(0);
  let lost: i32 = 0;
  let pairs: i32 = 0;
  // Up to the block of zeros behind the run: a character that is cut shows there.
  for (let at = start; at <= end; ) {
    if (at + 64 <= end) {
      const front = v128.or(v128.load(at - 3), v128.load(at, 13));
      const back = v128.or(v128.load(at, 29), v128.or(v128.load(at, 45), v128.load(at, 48)));
      if (i8x16.bitmask(v128.or(front, back)) == 0) {
        at += 64;
        continue;
      }
    }
    // Where there is one accent there are more: to look for ASCII again at once would be a guess for the processor.
    let stop = at + 256;
    if (stop > end) stop = end + 1;
    for (; at < stop; at += 16) {
      const bytes = v128.load(at);
      const last = v128.load(at - 1);
      const fourth = i8x16.sub_sat_u(v128.load(at - 3), beforeFourth);
      const asked = v128.or(i8x16.sub_sat_u(v128.load(at - 2), beforeThird), fourth);
      const lead = i8x16.swizzle(ofLead, v128.and(i16x8.shr_u(last, 4), low));
      const leadLow = i8x16.swizzle(ofLeadLow, v128.and(last, low));
      const second = i8x16.swizzle(ofSecond, v128.and(i16x8.shr_u(bytes, 4), low));
      faults = v128.or(faults, v128.xor(v128.and(v128.and(lead, leadLow), second), v128.and(asked, high)));
      // Each character makes one unit, one of four bytes two: lost are the bytes that continue, but not a fourth one.
      lost += popcnt(i8x16.bitmask(i8x16.lt_s(bytes, firstLead)));
      pairs += popcnt(i8x16.bitmask(fourth));
    }
  }
  hasPairs = pairs != 0;
  store<u32>(start - 4, before);
  v128.store(end, behind);
  return v128.any_true(faults) ? NOT_UTF8 : <u32>(end - start) - lost + pairs;
}

/**
 * Whether a boundary between two of n strings falls inside a surrogate pair.
 *
 * The text is valid UTF-8 and has as many UTF-16 units as the lengths, u32[n] at `lengths`, sum up to.
 */
export function cutsPair(text: usize, lengths: usize, n: u32): bool {
  for (let i: u32 = 0; i < n; i++) {
    let units = <i32>load<u32>(lengths + ((<usize>i) << 2));
    while (units > 0) {
      const lead = <u32>load<u8>(text);
      text += lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
      units -= lead < 0xf0 ? 1 : 2;
    }
    if (units < 0) return true;
  }
  return false;
}
