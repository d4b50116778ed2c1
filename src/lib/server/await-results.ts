import type { Clock, Timer } from '../clock.ts';
import type { Broker, ToldResults } from './broker.ts';
import type { Journal, OutboxKey } from './journal.ts';
import { userLog } from './journal-log.ts';

export interface WaitDeps {
  readonly journal: Journal;
  readonly broker: Broker;
  readonly clock: Clock;
}

/** Results that another process committed are asked for no more often than this. */
const askEveryMs = 100;

/**
 * Waits until the last of an outbox's packets has its result, for `Prefer: wait`. The others have theirs by then, but for
 * those that wait for something outside.
 *
 * @param signals Each ends the waiting; it resolves then too. Not one made by `AbortSignal.any`: those stay with the
 *   signal they follow, and the server's lives as long as the server.
 * @param maxBytes Of frames that are returned, at most.
 * @returns What this process has committed meanwhile, as far as that goes: nobody need read it back.
 */
export async function awaitResults(
  { journal, broker, clock }: WaitDeps,
  key: OutboxKey,
  lastSeq: number,
  waitMs: number,
  signals: readonly AbortSignal[],
  maxBytes: number,
): Promise<readonly ToldResults[]> {
  const committed: ToldResults[] = [];
  if (signals.some(({ aborted }) => aborted)) return committed;
  let bytes = 0;
  let end = (): void => {};
  let fail = (_error: unknown): void => {};
  const over = new Promise<void>((resolve, reject) => {
    [end, fail] = [resolve, reject];
  });
  const ask = async (): Promise<void> => {
    if ((await journal.results(key, [lastSeq], 0)).length > 0) end();
  };
  let asking: Timer | undefined;
  const askSoon = (): void => {
    asking ??= clock.after(askEveryMs, () => {
      asking = undefined;
      ask().catch(fail);
    });
  };
  const timer = clock.after(waitMs, end);
  const stop = broker.onResults(key, (chunk) => {
    bytes += chunk.frame.length;
    if (bytes <= maxBytes) committed.push(chunk);
    if (chunk.seqs.includes(lastSeq)) end();
  });
  const listener = { hearLog: askSoon, hearRead: (outbox: string) => outbox === key.outbox && askSoon() };
  const logs = [userLog(key.user)];
  broker.listen(listener, logs);
  for (const signal of signals) signal.addEventListener('abort', end);
  try {
    // After the listening has begun: nothing that is committed in between goes unheard.
    ask().catch(fail);
    await over;
    return committed;
  } finally {
    timer.cancel();
    asking?.cancel();
    for (const signal of signals) signal.removeEventListener('abort', end);
    broker.unlisten(listener, logs);
    stop();
  }
}
