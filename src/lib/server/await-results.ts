import type { Clock } from '../clock.ts';
import type { Broker } from './broker.ts';
import type { Journal, OutboxKey } from './journal.ts';

export interface WaitDeps {
  readonly journal: Journal;
  readonly broker: Broker;
  readonly clock: Clock;
}

/**
 * Waits until the last of an outbox's packets has its result, for `Prefer: wait`. Packets run in order, so the others have
 * theirs by then.
 *
 * @param signals Each ends the waiting; it resolves then too. Not one made by `AbortSignal.any`: those stay with the
 *   signal they follow, and the server's lives as long as the server.
 */
export async function awaitResults(
  { journal, broker, clock }: WaitDeps,
  key: OutboxKey,
  lastSeq: number,
  waitMs: number,
  signals: readonly AbortSignal[],
): Promise<void> {
  let isOver = signals.some(({ aborted }) => aborted);
  let wake = (): void => {};
  const end = (): void => {
    isOver = true;
    wake();
  };
  const timer = clock.after(waitMs, end);
  const unlisten = [broker.onLog(`user:${key.user}`, () => wake()), broker.onRead(key, () => wake())];
  for (const signal of signals) signal.addEventListener('abort', end);
  try {
    while (!isOver) {
      const news = new Promise<void>((resolve) => {
        wake = resolve;
      });
      if ((await journal.results(key, [lastSeq], 0)).length > 0) return;
      if (!isOver) await news;
    }
  } finally {
    timer.cancel();
    for (const signal of signals) signal.removeEventListener('abort', end);
    for (const stop of unlisten) stop();
  }
}
