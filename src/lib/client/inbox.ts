import type { Codec } from '../codec/codec.ts';
import type { Contract } from '../contract/contract.ts';
import type { DecodedResponse } from '../packet.ts';
import { decodeBase64 } from './base64.ts';
import type { Ledger } from './ledger.ts';
import { type HeldResults, storeResults } from './store-results.ts';

/** Runs a user's write transactions. */
export type WriteLedger = <T>(work: (ledger: Ledger) => Promise<T>) => Promise<T>;

/** Stores a response frame's results in the transaction that is under way. */
export type StoreResponse = (response: DecodedResponse) => Promise<void>;

export interface InboxDeps {
  readonly codec: Codec;
  readonly contract: Contract;
  readonly writeLedger: WriteLedger;
  /** Told, after the commit, how many packets have come to their end. */
  readonly onStored: (count: number) => void;
  readonly onFrame: (direction: 'received', frame: Uint8Array) => void;
  readonly onError: (error: unknown) => void;
}

const none: HeldResults = new Map();

/** Where results come in, from answers and from the stream; it holds in memory those that do not count yet. */
export class Inbox {
  readonly #deps: InboxDeps;
  #held: ReadonlyMap<string, HeldResults> = new Map();
  /** The journal that what is held comes from. */
  #heldEpoch = '';
  #last: Promise<unknown> = Promise.resolve();

  constructor(deps: InboxDeps) {
    this.#deps = deps;
  }

  /** A frame that cannot be read is reported and left out: read again it would be no better, and results are asked for. */
  read<K extends 'decodeResponse' | 'decodePush'>(decode: K, base64: string): ReturnType<Codec[K]> | null {
    const { codec, contract, onFrame, onError } = this.#deps;
    try {
      const frame = decodeBase64(base64);
      onFrame('received', frame);
      return codec[decode](contract, frame, { copyBytes: true, invalidValues: 'mark' }) as ReturnType<Codec[K]>;
    } catch (error) {
      onError(error);
      return null;
    }
  }

  /**
   * Runs a transaction that may store results, and stores those held ones that have come to count by it. One at a time:
   * what is held must agree with what is stored.
   *
   * @param epoch The journal that the results come from. Results of another one that are held are dropped.
   */
  write<T>(epoch: string, work: (ledger: Ledger, store: StoreResponse) => Promise<T>): Promise<T> {
    const run = this.#last.then(() => this.#writeNow(epoch, work));
    this.#last = run.catch(() => undefined);
    return run;
  }

  async #writeNow<T>(epoch: string, work: (ledger: Ledger, store: StoreResponse) => Promise<T>): Promise<T> {
    const { writeLedger, onStored } = this.#deps;
    const before = epoch === this.#heldEpoch ? this.#held : new Map<string, HeldResults>();
    const committed = await writeLedger(async (ledger) => {
      const held = new Map(before);
      let count = 0;
      const store: StoreResponse = async (response) => {
        const stored = await storeResults(ledger, response, epoch, held.get(response.outbox) ?? none);
        count += stored.count;
        if (stored.held.size > 0) held.set(response.outbox, stored.held);
        else held.delete(response.outbox);
      };
      const value = await work(ledger, store);
      for (const outbox of [...held.keys()]) await store({ outbox, results: [] });
      return { value, held, count };
    });
    this.#held = committed.held;
    this.#heldEpoch = epoch;
    if (committed.count > 0) onStored(committed.count);
    return committed.value;
  }
}
