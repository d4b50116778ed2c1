/** Thrown at the first value that its type does not allow; `judge.ts` then finds out which and why. */
export class Ungatherable extends Error {}
