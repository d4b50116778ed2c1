import { afterAll, beforeAll } from 'vitest';
import { type Browser, openBrowser } from '../demo/browser.ts';
import { type KillServer, startKillServer } from './server.ts';

export interface Started {
  readonly server: KillServer;
  readonly browser: Browser;
}

/** A server with its page, and a browser: there as long as the tests of the block run, not before. */
export function startedForTests(): Started {
  const started = {} as { -readonly [Part in keyof Started]: Started[Part] };
  beforeAll(async () => {
    started.server = await startKillServer();
    started.browser = await openBrowser();
  });
  afterAll(async () => {
    // Whatever of it came to be.
    await (started as Partial<Started>).browser?.close();
    await (started as Partial<Started>).server?.close();
  });
  return started;
}
