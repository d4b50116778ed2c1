import { sealed } from '../codec/sealed.ts';
import type { Random } from './random.ts';

/** Bytes that decide something: modes, presence, flags, ends of varints, parts of UTF-8. */
const telling = [0, 1, 2, 3, 4, 7, 8, 9, 0x7f, 0x80, 0x81, 0xbf, 0xc0, 0xed, 0xf4, 0xfe, 0xff];

/**
 * Damages a frame.
 *
 * The checksum is made right again, or nothing behind it would ever be tried; rarely it is left wrong.
 *
 * @param other Another frame, to splice from.
 */
export function mutate(random: Random, frame: Uint8Array, other: Uint8Array): Uint8Array {
  let body: Uint8Array = frame.slice(0, -4);
  for (let i = random.pick([1, 1, 1, 2, 3, 8]); i > 0; i--) body = damage(random, body, other);
  const out = sealed(body);
  if (random.once(100)) flip(random, out, out.length - 4, 4);
  // A frame that is cut has no checksum where one is expected; it seldom gets beyond.
  return random.once(100) ? out.subarray(0, random.below(out.length + 1)) : out;
}

function damage(random: Random, body: Uint8Array, other: Uint8Array): Uint8Array {
  // The two bytes in front are spared mostly: a wrong one ends it all.
  const from = Math.min(body.length, random.once(50) ? 0 : 2);
  const size = body.length - from;
  if (size === 0) return random.bytes(16);
  const at = from + random.below(size);
  const length = Math.min(body.length - at, 1 + random.below(random.pick([2, 4, 16])));
  const out = body.slice();
  switch (random.below(9)) {
    case 0:
    case 1:
      flip(random, out, from, size);
      return out;
    case 2:
    case 3:
      out[at] = random.pick(telling);
      return out;
    case 4:
      out[at] = random.below(256);
      return out;
    case 5:
      return body.slice(0, at);
    case 6:
      return joined(
        body.subarray(0, at),
        random.once(2) ? random.bytes(length) : body.subarray(at, at + length),
        body.subarray(at),
      );
    case 7:
      return joined(body.subarray(0, at), body.subarray(at + length));
    default: {
      const start = random.below(other.length);
      const piece = other.subarray(start, start + 1 + random.below(24));
      return joined(body.subarray(0, at), piece, body.subarray(at + (random.once(2) ? piece.length : 0)));
    }
  }
}

function flip(random: Random, bytes: Uint8Array, from: number, size: number): void {
  const at = from + random.below(size);
  bytes[at] = (bytes[at] as number) ^ (1 << random.below(8));
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
