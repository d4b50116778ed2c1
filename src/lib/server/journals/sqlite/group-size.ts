import { flat } from '../../../flat.ts';
import type { Call } from './calls.ts';
import { blobsOf } from './messages.ts';

/** Calls that share a commit, about. */
const maxCalls = 512;

/** Calls that go to the thread in one message: a group is a number of whole ones. */
export const maxOrderCalls = 16;

/** Frames that go into one commit, about: no call waits for much more than its own bytes. */
const maxBytes = 16 << 20;

/** How much shares a commit. */
export class GroupSize {
  #calls = 0;
  #bytes = 0;

  add(calls: readonly Call[]): void {
    this.#calls += calls.length;
    for (const blob of flat(calls, blobsOf)) this.#bytes += blob.length;
  }

  get calls(): number {
    return this.#calls;
  }

  get isFull(): boolean {
    return this.#calls >= maxCalls || this.#bytes >= maxBytes;
  }
}
