import type { Clock } from '../../clock.ts';
import type { ServerCore } from '../core.ts';
import type { Authenticate } from '../options.ts';
import { authenticated } from './authenticated.ts';
import { readBody } from './body.ts';
import type { Exchange } from './exchange.ts';
import { readSyncHeaders } from './sync-headers.ts';

export interface SyncRouteDeps {
  readonly core: ServerCore;
  readonly authenticate: Authenticate;
  readonly clock: Clock;
  readonly maxBatchBytes: number;
  readonly slowBodyMs: number;
}

/** POST {base}/sync. */
export async function answerSync(exchange: Exchange, deps: SyncRouteDeps): Promise<void> {
  const { identity } = await authenticated(exchange, deps.authenticate, deps.clock);
  const headers = readSyncHeaders((name) => exchange.header(name));
  const frame = await readBody(exchange, deps);
  // Only who waits for results can have gone before.
  const waits = headers.waitMs > 0 && { signal: exchange.gone };
  const reply = await deps.core.sync({ identity, ...headers, frame, ...waits });
  const { status, json, retryAfterSeconds, outbox, packets, appended } = reply;
  exchange.answer(status, json, {
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    log: {
      user: identity.user,
      bytes: frame.length,
      ...(status === 202 ? { outbox, packets, appended } : { code: String(json.code) }),
    },
  });
}
