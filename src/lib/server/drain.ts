import type { Clock } from '../clock.ts';
import { CrudpError } from '../errors.ts';

/**
 * Waits for what is under way.
 *
 * @param abort Aborted after `graceMs`; what is still at it after as long again is left behind.
 */
export async function drain(
  tasks: ReadonlySet<Promise<unknown>>,
  abort: AbortController,
  clock: Clock,
  graceMs: number,
): Promise<void> {
  const timers = [clock.after(graceMs, () => abort.abort(new CrudpError('shutdown', 'the server is closing')))];
  const left = new Promise<void>((resolve) => timers.push(clock.after(2 * graceMs, resolve)));
  await Promise.race([Promise.allSettled(tasks), left]);
  for (const timer of timers) timer.cancel();
}
