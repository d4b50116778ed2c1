/** Where marks and epochs come from; a seeded one makes a run repeatable. @returns `count` bytes. */
export type Random = (count: number) => Uint8Array;

export const systemRandom: Random = pooled((count) => crypto.getRandomValues(new Uint8Array(count)));

/** Draws many bytes at once: a call into the system costs more than what a mark needs of it. */
function pooled(draw: Random): Random {
  let pool: Uint8Array = new Uint8Array();
  let taken = 0;
  return (count) => {
    if (taken + count > pool.length) [pool, taken] = [draw(Math.max(count, 4096)), 0];
    taken += count;
    return pool.subarray(taken - count, taken);
  };
}

const hexDigits = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** 2 lower-case hex digits a byte. */
function hexOf(bytes: Uint8Array): string {
  let hex = '';
  for (const byte of bytes) hex += hexDigits[byte];
  return hex;
}

/** The id of a journal: 16 hex digits. */
export function newEpoch(random: Random): string {
  return hexOf(random(8));
}

/** The mark of a log entry: 8 hex digits. */
export function newMark(random: Random): string {
  return hexOf(random(4));
}
