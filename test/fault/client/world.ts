import type { Storage } from '../../../src/lib/client/storage.ts';
import type { Codec } from '../../../src/lib/codec/codec.ts';
import { portableCodec } from '../../../src/lib/codec/portable-codec.ts';
import { Browser, type BrowserDeps, type User } from './browser.ts';
import type { Dice } from './dice.ts';
import { JournalHost, type JournalMutation } from './journal-host.ts';
import type { LinkMutation } from './link.ts';
import type { Heard, Issued } from './records.ts';
import { ServerHost } from './server-host.ts';
import { SimClock } from './sim-clock.ts';

const plainCodec = portableCodec();

/** How the run is spoilt on purpose. */
export interface Mutation {
  readonly journal?: JournalMutation;
  readonly link?: LinkMutation;
  storage?(storage: Storage, dice: Dice): Storage;
  codec?(codec: Codec): Codec;
}

/** What a run is made of, and all that was seen in it. */
export class World {
  readonly dice: Dice;
  readonly clock = new SimClock();
  readonly server: ServerHost;
  readonly browsers: Browser[] = [];
  readonly issued = new Map<string, Issued>();
  readonly heard: Heard[] = [];
  faultRate = 0;
  restores = 0;
  copies = 0;
  private readonly deps: BrowserDeps;
  private readonly hasLocks: boolean;

  constructor(dice: Dice, mutation: Mutation = {}) {
    this.dice = dice;
    this.hasLocks = dice.chance(0.6);
    this.server = new ServerHost(new JournalHost(this.clock, dice, mutation.journal), this.clock, plainCodec);
    const { storage } = mutation;
    this.deps = {
      clock: this.clock,
      dice,
      server: this.server,
      codec: mutation.codec?.(plainCodec) ?? plainCodec,
      maxBytes: dice.chance(0.3) ? 400 : 1_000_000,
      faultRate: () => this.faultRate,
      mutation: { ...mutation.link, ...(storage && { storage: (plain: Storage) => storage(plain, dice) }) },
      onEnding: (browser, { page, reqId, ids, status, told }) => {
        for (const id of ids) this.heard.push({ browser, page, reqId, id, status, told });
      },
    };
  }

  addBrowser(): Browser {
    const browser = new Browser(`browser ${this.browsers.length}`, this.deps, this.hasLocks);
    this.browsers.push(browser);
    return browser;
  }

  async copyBrowser(from: Browser): Promise<Browser> {
    this.copies++;
    const copy = await from.copy(`browser ${this.browsers.length}`);
    this.browsers.push(copy);
    for (const { records } of await copy.packets()) {
      for (const { id } of records as { id: string }[]) this.issued.get(id)?.browsers.add(copy);
    }
    return copy;
  }

  signIn(browser: Browser, user: User | null): void {
    browser.cookie = user;
    for (const page of browser.pages) {
      page.link.cutStreams();
      page.client.authenticated();
    }
  }

  /** Lets everything happen that needs no time. */
  async settle(turns: number): Promise<void> {
    for (let turn = 0; turn < turns; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
  }

  async pass(ms: number, turns: number): Promise<void> {
    this.clock.advance(ms);
    await this.settle(turns);
  }
}
