import { crudpClient } from '../../../src/lib/client/client.ts';
import type { CrudpClient } from '../../../src/lib/client/client-types.ts';
import type { Locks } from '../../../src/lib/client/leader.ts';
import type { Storage, StorageConnection, WriteTransaction } from '../../../src/lib/client/storage.ts';
import type { Clock } from '../../../src/lib/clock.ts';
import type { Codec } from '../../../src/lib/codec/codec.ts';
import { type App, app } from './app.ts';
import type { Dice } from './dice.ts';
import { Life } from './life.ts';
import type { Link } from './link.ts';

/** That a page was told of the end of a packet. */
export interface Ending {
  readonly page: PageProcess;
  readonly reqId: string;
  readonly ids: readonly string[];
  readonly status: string;
  /** Ids in the records of the result. */
  readonly told: readonly string[];
}

export interface PageDeps {
  readonly user: string;
  readonly storage: Storage;
  readonly locks: Locks | null;
  readonly link: Link;
  readonly codec: Codec;
  readonly clock: Clock;
  readonly dice: Dice;
  readonly onEnding: (ending: Ending) => void;
}

/** A page of a browser, which may be killed at any moment. */
export class PageProcess {
  readonly user: string;
  readonly client: CrudpClient<App['handlers']>;
  readonly errors: unknown[] = [];
  readonly link: Link;
  private readonly life = new Life();

  constructor(deps: PageDeps) {
    const { user, storage, locks, link, codec, clock, dice, onEnding } = deps;
    const { life } = this;
    this.user = user;
    this.link = link;
    this.client = crudpClient(app, {
      user,
      storage: storageOf(storage, life, dice),
      locks: locks && locksOf(locks, life),
      transport: link,
      codec,
      clock: life.clock(clock),
      random: dice.bytes,
      maxBatchPackets: dice.chance(0.3) ? 3 : 1000,
      batchWindowMs: dice.pick([0, 5]) ?? 0,
      onError: (error) => void this.errors.push(error),
    });
    for (const action of ['create', 'read'] as const) {
      this.client.jobs.on(action, (event) => {
        if (event.kind !== 'confirmed' && event.kind !== 'rejected') return;
        const ids = event.records.map(({ id }) => id);
        const status = event.kind === 'confirmed' ? 'ok' : event.error.code;
        const told = event.kind === 'confirmed' ? event.result.map(({ id }) => id) : [];
        if (!life.isOver) onEnding({ page: this, reqId: event.reqId, ids, status, told });
      });
    }
  }

  get isAlive(): boolean {
    return !this.life.isOver;
  }

  kill(): void {
    this.life.end();
    this.link.cutStreams();
  }
}

function storageOf(storage: Storage, life: Life, dice: Dice): Storage {
  return {
    scope: storage.scope,
    durability: () => storage.durability(),
    connect(hear): StorageConnection {
      const connection = storage.connect((note) => void (life.isOver || hear(note)));
      life.signal.addEventListener('abort', () => connection.close());
      const refuse = (): never => {
        throw new Error('the page is gone');
      };
      return {
        read: (work) => (life.isOver ? new Promise(() => {}) : life.guard(connection.read(work))),
        write: <T>(work: (tx: WriteTransaction) => Promise<T>) => {
          if (life.isOver) return new Promise<T>(() => {});
          // A transaction of a page that dies is committed as a whole, or not at all.
          return life.guard(
            connection.write(async (tx) => {
              if (life.isOver) refuse();
              const value = await work(tx);
              return life.isOver && dice.chance(0.5) ? refuse() : value;
            }),
          );
        },
        tell: (note) => void (life.isOver || connection.tell(note)),
        close: () => connection.close(),
      };
    },
  };
}

/** A lock is free when the page that has it is gone. */
function locksOf(locks: Locks, life: Life): Locks {
  return {
    request(name, { signal, steal = false }, held) {
      if (life.isOver) return new Promise(() => {});
      const signals = signal ? [signal, life.signal] : [life.signal];
      const options = steal ? { steal } : { signal: AbortSignal.any(signals) };
      return life.guard(locks.request(name, options, () => Promise.race([held(), life.ended])));
    },
  };
}
