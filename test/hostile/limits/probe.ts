/** A limit at its edge. */
export interface Probe {
  readonly limit: number;
  /** Whether exactly so much is still within it: a timer of so many milliseconds has fired by then. */
  readonly isWithin: boolean;
  /** @param more -1, 0 or 1: what is tried is the limit and so much. @returns Whether it was let through. */
  try(limit: number, more: number): Promise<boolean>;
}

/** A promise to be kept later. */
export class Gate {
  open: () => void = () => {};
  readonly opened = new Promise<void>((resolve) => {
    this.open = resolve;
  });
}

export const numbersTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);
