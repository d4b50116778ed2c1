import type { Call, CallName, Calls } from './calls.ts';
import type { Host } from './host.ts';
import { blobsOf } from './messages.ts';

/** Calls that share a commit, at most. */
const maxGroupCalls = 512;

/** Frames that go into one commit, unless a single one is larger: no call waits for much more than its own bytes. */
const maxGroupBytes = 16 << 20;

interface Waiting {
  readonly call: Call;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/**
 * Group commit. While one group is being committed, the calls that arrive form the next one: a call that comes alone waits
 * for nobody, and under load as many share an fsync as came during the last one. No timer is needed, so none delays.
 */
export class Pipeline {
  readonly #host: Host;
  #queue: Waiting[] = [];
  #draining: Promise<void> | undefined;

  constructor(host: Host) {
    this.#host = host;
  }

  call<Name extends CallName>(name: Name, ...args: Parameters<Calls[Name]>): Promise<ReturnType<Calls[Name]>> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ call: { name, args } as Call, resolve: resolve as Waiting['resolve'], reject });
      this.#draining ??= this.#drain();
    });
  }

  /** Resolves once no call is under way. */
  async idle(): Promise<void> {
    await this.#draining;
  }

  async #drain(): Promise<void> {
    // The rest of this turn's calls join the first one.
    await undefined;
    while (this.#queue.length > 0) {
      const group = this.#nextGroup();
      try {
        const replies = await this.#host.run(group.map(({ call }) => call));
        for (const [index, { resolve, reject }] of group.entries()) {
          const reply = replies[index];
          if (reply && 'value' in reply) resolve(reply.value);
          else reject(reply?.error);
        }
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    this.#draining = undefined;
  }

  #nextGroup(): Waiting[] {
    let [count, bytes] = [0, 0];
    for (const { call } of this.#queue) {
      for (const blob of blobsOf(call)) bytes += blob.length;
      if (count > 0 && (bytes > maxGroupBytes || count === maxGroupCalls)) break;
      count++;
    }
    return this.#queue.splice(0, count);
  }
}
