import type { Call, CallName, Calls } from './calls.ts';
import { GroupSize } from './group-size.ts';
import type { Host } from './host.ts';

interface Waiting {
  readonly call: Call;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/**
 * The way of calls to the database: those of one turn of the event loop go together, and none waits here for what is
 * under way there. Where the database is in a thread, it takes as many as have come while it was committing.
 */
export class Pipeline {
  readonly #host: Host;
  #queue: Waiting[] = [];
  readonly #underWay = new Set<Promise<void>>();

  constructor(host: Host) {
    this.#host = host;
  }

  call<Name extends CallName>(name: Name, ...args: Parameters<Calls[Name]>): Promise<ReturnType<Calls[Name]>> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ call: { name, args } as Call, resolve: resolve as Waiting['resolve'], reject });
      if (this.#queue.length === 1) this.#track(this.#send());
    });
  }

  /** Resolves once no call is under way. */
  async idle(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  #track(sending: Promise<void>): void {
    const tracked = sending.finally(() => this.#underWay.delete(tracked));
    this.#underWay.add(tracked);
  }

  async #send(): Promise<void> {
    // The rest of this turn's calls join the first one, also those that are some promises further: what one report lets
    // go on is the next commit as a whole.
    await new Promise<void>((resolve) => process.nextTick(resolve));
    const queue = this.#queue;
    this.#queue = [];
    await Promise.all(groupsOf(queue, this.#host.maxCalls).map((group) => this.#run(group)));
  }

  async #run(group: readonly Waiting[]): Promise<void> {
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
}

/** Cut, so that none waits for the commit of a thousand others that were called for in the same turn. */
function groupsOf(queue: readonly Waiting[], maxCalls: number): Waiting[][] {
  const groups: Waiting[][] = [];
  let size = new GroupSize();
  for (const waiting of queue) {
    const last = groups.at(-1);
    if (last && !size.isFull && size.calls < maxCalls) last.push(waiting);
    else {
      groups.push([waiting]);
      size = new GroupSize();
    }
    size.add([waiting.call]);
  }
  return groups;
}
