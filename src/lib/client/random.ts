/** Where tags, outbox numbers and jitter come from; a seeded one makes a run repeatable. @returns `count` bytes. */
export type Random = (count: number) => Uint8Array;

export const systemRandom: Random = (count) => crypto.getRandomValues(new Uint8Array(count));

/** 64 bits as 16 hex digits, never all 0: the number of an outbox, the tag of a packet. */
export function random64(random: Random): string {
  for (;;) {
    const bytes = random(8);
    if (bytes.some((byte) => byte !== 0)) {
      return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
    }
  }
}

/** A number from 0 up to, not including, 1. */
export function randomFraction(random: Random): number {
  const bytes = random(4);
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) / 2 ** 32;
}
