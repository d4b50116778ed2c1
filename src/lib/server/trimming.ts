import type { Clock, Timer } from '../clock.ts';
import type { Journal } from './journal.ts';
import type { Log } from './log.ts';
import type { Uploads } from './uploads.ts';

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
  readonly uploads: Uploads | null;
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
  uploads,
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
    const failed = (where: string) => (error: unknown) => void (isOver || log({ event: 'failed', where, error }));
    await journal.trim(before).catch(failed('journal.trim'));
    await uploads?.sweep().catch(failed('uploads.sweep'));
    if (!isOver) timer = clock.after(hourMs, trim);
  };
  void trim();
  return () => {
    isOver = true;
    timer?.cancel();
  };
}
