import type { Clock, Timer } from '../clock.ts';
import type { Journal } from './journal.ts';
import type { Log } from './log.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

export interface TrimmingDeps {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly log: Log;
  readonly resultDays: number;
  readonly logDays: number;
  readonly failedDays: number;
  readonly maxLogBytes: number;
}

/** Drops what is too old or too much, now and every hour. @returns Ends it. */
export function startTrimming({
  journal,
  clock,
  log,
  resultDays,
  logDays,
  failedDays,
  maxLogBytes,
}: TrimmingDeps): () => void {
  let timer: Timer | undefined;
  let isOver = false;
  const trim = async (): Promise<void> => {
    const now = clock.now();
    const before = {
      results: now - resultDays * dayMs,
      logs: now - logDays * dayMs,
      failures: now - failedDays * dayMs,
      logBytes: maxLogBytes,
    };
    await journal.trim(before).catch((error: unknown) => {
      if (!isOver) log({ event: 'failed', where: 'journal.trim', error });
    });
    if (!isOver) timer = clock.after(hourMs, trim);
  };
  void trim();
  return () => {
    isOver = true;
    timer?.cancel();
  };
}
