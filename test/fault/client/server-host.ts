import type { Clock } from '../../../src/lib/clock.ts';
import type { Codec } from '../../../src/lib/codec/codec.ts';
import type { ServerCore } from '../../../src/lib/server/core.ts';
import { crudpServer } from '../../../src/lib/server/server.ts';
import { app, jobs } from './app.ts';
import type { JournalHost } from './journal-host.ts';
import { Life } from './life.ts';

/** A server process. */
interface Process {
  readonly life: Life;
  readonly core: ServerCore;
}

/** The machine that the server runs on: one process after another, on one disk. */
export class ServerHost {
  readonly journal: JournalHost;
  private readonly clock: Clock;
  private readonly codec: Codec;
  private process: Process | null = null;

  constructor(journal: JournalHost, clock: Clock, codec: Codec) {
    this.journal = journal;
    this.clock = clock;
    this.codec = codec;
  }

  get isUp(): boolean {
    return this.process !== null;
  }

  async start(): Promise<void> {
    if (this.process) return;
    const life = new Life();
    const clock = life.clock(this.clock);
    const server = crudpServer(app, {
      journal: this.journal.open(life),
      codec: this.codec,
      clock,
      authenticate: () => null,
      // A run kills it far more often than that, and a packet that happens to be there each time is not to blame.
      maxAttempts: 1000,
      // A seventh stream is refused, and its page waits as long as the others are open: no network's fault.
      maxStreamsPerUser: 100,
      log: () => {},
    });
    server.use(jobs(clock));
    this.process = { life, core: server.core };
    // Not awaited: it may be killed before that.
    server.start().catch(() => undefined);
  }

  async kill(): Promise<void> {
    this.process?.life.end();
    this.process = null;
    await this.journal.releaseAll();
  }

  /** @throws Where it is down, and when it dies before it answers. */
  async ask<T>(question: (core: ServerCore, life: Life) => Promise<T>): Promise<T> {
    const { process } = this;
    if (!process) throw new Error('connection refused');
    const { life, core } = process;
    const died = life.ended.then(() => {
      throw new Error('connection reset');
    });
    return Promise.race([question(core, life), died]);
  }
}
