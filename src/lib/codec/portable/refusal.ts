/**
 * How the kernels leave a frame that is at fault: caught in `decode`, and reported there as a code and an offset.
 *
 * Not an Error on purpose: it never leaves the kernels, and capturing a stack for each hostile frame would cost more than
 * judging it.
 */
export class Refusal {
  readonly code: number;
  readonly offset: number;

  constructor(code: number, offset: number) {
    this.code = code;
    this.offset = offset;
  }
}

export function refuse(code: number, offset: number): never {
  throw new Refusal(code, offset);
}
