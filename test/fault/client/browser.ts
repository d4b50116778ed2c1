import type { Locks } from '../../../src/lib/client/leader.ts';
import type { PacketRow, Storage } from '../../../src/lib/client/storage.ts';
import { tableNames } from '../../../src/lib/client/storage.ts';
import { memoryStorage } from '../../../src/lib/client/storages/memory.ts';
import type { Clock } from '../../../src/lib/clock.ts';
import type { Codec } from '../../../src/lib/codec/codec.ts';
import { FakeLocks } from '../../client/fake-locks.ts';
import type { Dice } from './dice.ts';
import { Link, type LinkMutation } from './link.ts';
import { type Ending, PageProcess } from './page-process.ts';
import type { ServerHost } from './server-host.ts';

export const users = ['ana', 'bob'] as const;
export type User = (typeof users)[number];

export interface BrowserDeps {
  readonly clock: Clock;
  readonly dice: Dice;
  readonly server: ServerHost;
  readonly codec: Codec;
  readonly maxBytes: number;
  readonly faultRate: () => number;
  readonly onEnding: (browser: Browser, ending: Ending) => void;
  readonly mutation: LinkMutation & { storage?(storage: Storage): Storage };
}

/** A browser profile: what it stores, who is signed in, and the pages that are open. */
export class Browser {
  readonly name: string;
  cookie: User | null = 'ana';
  pages: PageProcess[] = [];
  private readonly deps: BrowserDeps;
  private readonly hasLocks: boolean;
  private readonly locks: Locks = new FakeLocks();
  private readonly storage: Storage;

  constructor(name: string, deps: BrowserDeps, hasLocks: boolean) {
    this.name = name;
    this.deps = deps;
    this.hasLocks = hasLocks;
    const storage: Storage = { ...memoryStorage(), scope: hasLocks ? name : null };
    this.storage = deps.mutation.storage?.(storage) ?? storage;
  }

  open(user: User): PageProcess {
    const { deps } = this;
    const { clock, dice, server, faultRate, maxBytes, mutation } = deps;
    const page = new PageProcess({
      user,
      storage: this.storage,
      locks: this.hasLocks ? this.locks : null,
      link: new Link({ clock, dice, server, faultRate, maxBytes, mutation, cookie: () => this.cookie }),
      codec: deps.codec,
      clock,
      dice,
      onEnding: (ending) => deps.onEnding(this, ending),
    });
    this.pages.push(page);
    return page;
  }

  kill(page: PageProcess): void {
    page.kill();
    this.pages = this.pages.filter((other) => other !== page);
  }

  /** Another browser with the same profile, as a backup program copies it. */
  async copy(name: string): Promise<Browser> {
    const copy = new Browser(name, this.deps, this.hasLocks);
    const [from, to] = [this.storage, copy.storage].map((storage) => storage.connect(() => {}));
    for (const user of users) {
      await from?.read(async (source) => {
        for (const table of tableNames) {
          const rows = await source.list(table, { prefix: [user] });
          await to?.write(async (target) => {
            for (const row of rows) target.put(table, row);
          });
        }
      });
    }
    from?.close();
    to?.close();
    return copy;
  }

  /** What waits in its outboxes. */
  async packets(): Promise<readonly PacketRow[]> {
    const connection = this.storage.connect(() => {});
    const packets = await connection.read(async (tx) => {
      const lists = [];
      for (const user of users) lists.push(...(await tx.list('packets', { prefix: [user] })));
      return lists;
    });
    connection.close();
    return packets;
  }
}
