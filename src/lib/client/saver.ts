import { asCrudp, type CrudpError } from '../errors.ts';
import type { Draft } from './enqueue.ts';
import { enqueue } from './enqueue.ts';
import type { WriteLedger } from './inbox.ts';
import { failAll, type PendingOperation } from './operation.ts';
import type { Operations } from './operations.ts';
import type { PacketKey } from './storage.ts';

/** A packet that is to be saved, and who waits for it. */
export interface Saving {
  readonly draft: Draft;
  readonly operation: PendingOperation;
}

export interface SaverDeps {
  readonly writeLedger: WriteLedger;
  readonly operations: Operations;
  /** Told after the commit. */
  readonly onSaved: (saved: readonly Saving[], keys: readonly PacketKey[]) => void;
}

/** Packets of one transaction: many calls in a row cost one wait for the disk, not one each. */
const transactionPackets = 500;

/** Saves calls in their order. Each call's packets are saved together or not at all. */
export class Saver {
  readonly #deps: SaverDeps;
  #waiting: (readonly Saving[])[] = [];
  #saving: Promise<void> | null = null;

  constructor(deps: SaverDeps) {
    this.#deps = deps;
  }

  /** @param call At least one; operations are told. */
  save(call: readonly Saving[]): void {
    this.#waiting.push(call);
    this.#saving ??= this.#saveAll();
  }

  /** What is being saved is saved; what still waits fails. */
  async close(error: CrudpError): Promise<void> {
    failAll(this.#waiting.splice(0).flat(), error);
    await this.#saving;
  }

  async #saveAll(): Promise<void> {
    // After the caller's own turn, so that calls of one turn go together.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const calls = this.#takeCalls();
      if (await this.#saveTogether(calls)) continue;
      // One of them was too much: it must not take the others with it.
      for (const call of calls) await this.#saveTogether([call]);
    }
    this.#saving = null;
  }

  #takeCalls(): (readonly Saving[])[] {
    let packets = 0;
    const count = this.#waiting.findIndex((call, index) => {
      packets += call.length;
      return index > 0 && packets > transactionPackets;
    });
    return this.#waiting.splice(0, count < 0 ? this.#waiting.length : count);
  }

  /** @returns False where it failed, and is to be tried call by call. */
  async #saveTogether(calls: readonly (readonly Saving[])[]): Promise<boolean> {
    const { writeLedger, operations, onSaved } = this.#deps;
    const all = calls.flat();
    const keys: PacketKey[] = [];
    const drafts = all.map(({ draft }) => draft);
    try {
      await writeLedger((ledger) =>
        enqueue(ledger, drafts, (index, key) => {
          operations.add(key, (all[index] as Saving).operation);
          keys[index] = key;
        }),
      );
      for (const [index, { operation }] of all.entries()) operation.save(keys[index] as PacketKey);
      onSaved(all, keys);
      return true;
    } catch (error) {
      for (const key of keys) {
        const operation = operations.take(key);
        if (operation) operation.key = null;
      }
      if (calls.length > 1) return false;
      failAll(all, asCrudp('storage_failed', error));
      return true;
    }
  }
}
